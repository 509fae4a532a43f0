//! Owner types over librdkafka's C objects.
//!
//! Only this folder contains `unsafe`. Each C object has exactly one owner type whose `Drop` releases it, each block
//! says in its `SAFETY` comment why it is sound, and nothing above this folder sees a raw pointer.

mod admin;
mod assignor;
mod client;
mod codes;
mod conf;
pub mod error;
mod libraries;
mod message;
mod metadata;
mod mock;
mod partitions;
mod process;
mod queue;
mod reason;
#[cfg(test)]
mod replaced;
mod shared_buffer;
mod token;
mod topic;
mod transactions;

pub use admin::{
  alter_configs, ask_controller, commit_group_offsets, create_partitions, create_topics, delete_group_offsets,
  delete_groups, delete_records, delete_topics, describe_configs, describe_group, elect_leaders, group_offsets,
  list_groups, list_offsets, Alteration, Api, FailedTopic, GroupInfo, GroupMember, Isolation, Later, MemberState,
  MorePartitions, NewTopic, PartitionOutcome, ResourceConfig, ResourceKind, Timeouts, Wanted,
};
pub use assignor::{Assignor, AssignorCallbacks, AssignorRequest, MemberAssignment};
pub use client::{Client, ClientKind, RebalanceProtocol};
pub use conf::{properties, Answered, ClientEvent, Conf, EventSink, Property, RebalanceKind};
pub use libraries::linked_libraries;
pub use message::{Message, MessageBatch};
pub use metadata::{fetch as fetch_metadata, ClusterMetadata};
pub use mock::{LogSink, MockCluster, MockError};
pub use partitions::{PartitionList, PartitionOffset};
pub use process::keep_openssl_alive_at_exit;
pub use queue::{DeliveryReports, Queue};
pub use shared_buffer::SharedBuffer;
pub use token::Token;
pub use topic::{PlainRecords, ProduceRecord, Topic};
pub use transactions::GroupIdentity;

use kafka_node_librdkafka::bindings as sys;
use reason::Reason;
use std::ffi::{c_char, CStr, CString};

/// librdkafka's text for an error code, e.g. `Local: Timed out`.
pub fn error_text(code: i32) -> String {
  // SAFETY: both functions return static, NUL-terminated strings for every integer.
  unsafe { CStr::from_ptr(codes::err2str(code)) }.to_string_lossy().into_owned()
}

/// librdkafka's name for an error code, e.g. `_TIMED_OUT`.
pub fn error_name(code: i32) -> String {
  // SAFETY: as for `error_text`.
  unsafe { CStr::from_ptr(codes::err2name(code)) }.to_string_lossy().into_owned()
}

/// A C string made from `text`; everything from the first NUL on is dropped, because C would not see it.
fn c_string(text: &str) -> CString {
  let end = text.find('\0').unwrap_or(text.len());
  CString::new(&text[..end]).unwrap_or_default()
}

/// Copies a C string; null gives an empty one.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string that stays valid during the call.
unsafe fn string_from(text: *const c_char) -> String {
  if text.is_null() {
    return String::new();
  }
  // SAFETY: not null, and NUL-terminated by the caller's promise.
  unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// Reads an error field as the integer it is, without making an enum of a code that the enum may lack.
///
/// # Safety
/// `field` points to an initialised `rd_kafka_resp_err_t`.
unsafe fn read_code(field: *const sys::rd_kafka_resp_err_t) -> i32 {
  // SAFETY: the enum is `repr(i32)`, so the same four bytes are a valid i32.
  unsafe { field.cast::<i32>().read() }
}

/// Takes ownership of an error object and turns it into our own error; null is success.
///
/// # Safety
/// `error` is null or an error object that the caller owns and does not use afterwards.
unsafe fn take_error(error: *mut sys::rd_kafka_error_t) -> Result<(), crate::ffi::error::KafkaError> {
  if error.is_null() {
    return Ok(());
  }
  // SAFETY: the object is live until the destroy call, which is its last use.
  unsafe {
    let code = codes::error_code(error);
    let text = string_from(sys::rd_kafka_error_string(error));
    let fatal = sys::rd_kafka_error_is_fatal(error) != 0;
    let abortable = sys::rd_kafka_error_txn_requires_abort(error) != 0;
    let may_pass = sys::rd_kafka_error_is_retriable(error) != 0;
    sys::rd_kafka_error_destroy(error);
    let error = crate::ffi::error::KafkaError::with_text(code, text);
    // A transaction that has to be aborted is not saved by the same call.
    let retriable = (may_pass || error.retriable) && !abortable && !fatal;
    Err(crate::ffi::error::KafkaError { fatal, abortable, retriable, ..error })
  }
}
