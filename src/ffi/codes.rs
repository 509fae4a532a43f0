//! Functions of librdkafka that pass on a broker's error code, declared with plain integers.
//!
//! Their prototypes take and give librdkafka's error enum. A broker newer than this librdkafka may send a code that the
//! enum lacks, and an enum value outside its variants is undefined behaviour in Rust.

use super::sys;
use std::ffi::{c_char, c_int, c_void};

/// `rd_kafka_commit_queue`'s callback.
pub type CommitCallback =
  unsafe extern "C" fn(*mut sys::rd_kafka_t, c_int, *mut sys::rd_kafka_topic_partition_list_t, *mut c_void);
/// `rd_kafka_conf_set_rebalance_cb`'s callback.
pub type RebalanceCallback = CommitCallback;
/// `rd_kafka_interceptor_add_on_commit`'s callback.
pub type OnCommit =
  unsafe extern "C" fn(*mut sys::rd_kafka_t, *const sys::rd_kafka_topic_partition_list_t, c_int, *mut c_void) -> c_int;

/// `rd_kafka_interceptor_add_on_response_received`'s callback.
pub type OnResponse = unsafe extern "C" fn(
  *mut sys::rd_kafka_t,
  c_int,
  *const c_char,
  i32,
  i16,
  i16,
  i32,
  usize,
  i64,
  c_int,
  *mut c_void,
) -> c_int;

extern "C" {
  #[link_name = "rd_kafka_err2str"]
  pub fn err2str(code: c_int) -> *const c_char;
  #[link_name = "rd_kafka_err2name"]
  pub fn err2name(code: c_int) -> *const c_char;
  #[link_name = "rd_kafka_error_code"]
  pub fn error_code(error: *const sys::rd_kafka_error_t) -> c_int;
  #[link_name = "rd_kafka_event_error"]
  pub fn event_error(event: *mut sys::rd_kafka_event_t) -> c_int;
  #[link_name = "rd_kafka_fatal_error"]
  pub fn fatal_error(rk: *mut sys::rd_kafka_t, text: *mut c_char, size: usize) -> c_int;
  #[link_name = "rd_kafka_metadata"]
  pub fn metadata(
    rk: *mut sys::rd_kafka_t,
    all_topics: c_int,
    only_topic: *mut sys::rd_kafka_topic_t,
    answer: *mut *const sys::rd_kafka_metadata,
    timeout: c_int,
  ) -> c_int;
  #[link_name = "rd_kafka_committed"]
  pub fn committed(
    rk: *mut sys::rd_kafka_t,
    partitions: *mut sys::rd_kafka_topic_partition_list_t,
    timeout: c_int,
  ) -> c_int;
  #[link_name = "rd_kafka_offsets_for_times"]
  pub fn offsets_for_times(
    rk: *mut sys::rd_kafka_t,
    partitions: *mut sys::rd_kafka_topic_partition_list_t,
    timeout: c_int,
  ) -> c_int;
  #[link_name = "rd_kafka_subscribe"]
  pub fn subscribe(rk: *mut sys::rd_kafka_t, topics: *const sys::rd_kafka_topic_partition_list_t) -> c_int;
  #[link_name = "rd_kafka_unsubscribe"]
  pub fn unsubscribe(rk: *mut sys::rd_kafka_t) -> c_int;
  #[link_name = "rd_kafka_assign"]
  pub fn assign(rk: *mut sys::rd_kafka_t, partitions: *const sys::rd_kafka_topic_partition_list_t) -> c_int;
  #[link_name = "rd_kafka_commit_queue"]
  pub fn commit_queue(
    rk: *mut sys::rd_kafka_t,
    offsets: *const sys::rd_kafka_topic_partition_list_t,
    queue: *mut sys::rd_kafka_queue_t,
    callback: CommitCallback,
    opaque: *mut c_void,
  ) -> c_int;
  #[link_name = "rd_kafka_conf_set_rebalance_cb"]
  pub fn conf_set_rebalance_cb(conf: *mut sys::rd_kafka_conf_t, callback: RebalanceCallback);
  #[link_name = "rd_kafka_interceptor_add_on_commit"]
  pub fn interceptor_add_on_commit(
    rk: *mut sys::rd_kafka_t,
    name: *const c_char,
    callback: OnCommit,
    opaque: *mut c_void,
  ) -> c_int;
  #[link_name = "rd_kafka_interceptor_add_on_response_received"]
  pub fn interceptor_add_on_response_received(
    rk: *mut sys::rd_kafka_t,
    name: *const c_char,
    callback: OnResponse,
    opaque: *mut c_void,
  ) -> c_int;
}
