//! Shows that librdkafka really calls our replacements for its own functions (see `shims/replaced.h`).

use super::{c_string, sys};
use std::ffi::{c_char, c_int};
use std::ptr;
use std::time::{Duration, Instant};

#[derive(Clone, Copy)]
enum Replaced {
  ProduceRequest,
  MsgbatchDestroy,
  JoinGroupRequest,
  DrMsgq0,
  OffsetCommitRequest,
  BufRetry,
  CgrpOp,
  BrokerDecommission,
}

extern "C" {
  fn kafka_node_replaced_calls(function: c_int) -> u64;
}

fn calls(function: Replaced) -> u64 {
  // SAFETY: the number is one of the C enum's.
  unsafe { kafka_node_replaced_calls(function as c_int) }
}

/// A client with a broker of its own inside.
struct SelfContained(*mut sys::rd_kafka_t);

impl SelfContained {
  fn new(kind: sys::rd_kafka_type_t, properties: &[(&str, &str)]) -> SelfContained {
    let mut text = [0 as c_char; 256];
    // SAFETY: the strings are NUL-terminated, the buffer's size is given; the client takes the configuration.
    unsafe {
      let conf = sys::rd_kafka_conf_new();
      for (name, value) in [("test.mock.num.brokers", "1")].iter().chain(properties) {
        let (name, value) = (c_string(name), c_string(value));
        sys::rd_kafka_conf_set(conf, name.as_ptr(), value.as_ptr(), text.as_mut_ptr(), text.len());
      }
      let client = sys::rd_kafka_new(kind, conf, text.as_mut_ptr(), text.len());
      assert!(!client.is_null());
      SelfContained(client)
    }
  }

  /// Polls until `function` has been called, for a minute at most.
  fn poll_until_called(&self, function: Replaced, before: u64) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while calls(function) == before {
      assert!(Instant::now() < deadline, "librdkafka does not call it");
      // SAFETY: the client is live.
      unsafe { sys::rd_kafka_poll(self.0, 50) };
    }
  }
}

impl Drop for SelfContained {
  fn drop(&mut self) {
    // SAFETY: still owned here.
    unsafe { sys::rd_kafka_destroy(self.0) };
  }
}

#[test]
fn a_record_goes_out_by_our_produce_request_and_its_report_and_the_end_of_its_batch_are_ours() {
  let before = [Replaced::ProduceRequest, Replaced::MsgbatchDestroy, Replaced::DrMsgq0].map(calls);
  let client = SelfContained::new(sys::rd_kafka_type_t::RD_KAFKA_PRODUCER, &[]);
  let mut payload = *b"x";
  // SAFETY: the client is live, the name NUL-terminated; librdkafka copies the payload.
  unsafe {
    let topic = sys::rd_kafka_topic_new(client.0, c_string("replaced").as_ptr(), ptr::null_mut());
    let copy = sys::RD_KAFKA_MSG_F_COPY as c_int;
    let queued = sys::rd_kafka_produce(topic, 0, copy, payload.as_mut_ptr().cast(), 1, ptr::null(), 0, ptr::null_mut());
    assert_eq!(queued, 0);
    sys::rd_kafka_topic_destroy(topic);
  }
  client.poll_until_called(Replaced::ProduceRequest, before[0]);
  client.poll_until_called(Replaced::MsgbatchDestroy, before[1]);
  client.poll_until_called(Replaced::DrMsgq0, before[2]);
}

#[test]
fn a_member_joins_its_group_by_our_request() {
  let before = calls(Replaced::JoinGroupRequest);
  let client = SelfContained::new(
    sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
    &[("group.id", "replaced"), ("allow.auto.create.topics", "true")],
  );
  // SAFETY: the client and the list are live; the client copies the list.
  unsafe {
    // A member without a topic does not join.
    sys::rd_kafka_mock_topic_create(sys::rd_kafka_handle_mock_cluster(client.0), c_string("replaced").as_ptr(), 1, 1);
    let topics = sys::rd_kafka_topic_partition_list_new(1);
    sys::rd_kafka_topic_partition_list_add(topics, c_string("replaced").as_ptr(), -1);
    assert_eq!(sys::rd_kafka_subscribe(client.0, topics) as i32, 0);
    sys::rd_kafka_topic_partition_list_destroy(topics);
  }
  client.poll_until_called(Replaced::JoinGroupRequest, before);
}

#[test]
fn a_commit_goes_out_by_our_request_and_is_repeated_by_ours() {
  const OFFSET_COMMIT: i16 = 8;
  let before = [Replaced::OffsetCommitRequest, Replaced::BufRetry].map(calls);
  let client = SelfContained::new(sys::rd_kafka_type_t::RD_KAFKA_CONSUMER, &[("group.id", "replaced")]);
  // SAFETY: the client and the list are live; the client copies the list.
  unsafe {
    let cluster = sys::rd_kafka_handle_mock_cluster(client.0);
    let refusal = sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS;
    sys::rd_kafka_mock_push_request_errors_array(cluster, OFFSET_COMMIT, 1, &refusal);
    let offsets = sys::rd_kafka_topic_partition_list_new(1);
    (*sys::rd_kafka_topic_partition_list_add(offsets, c_string("replaced").as_ptr(), 0)).offset = 1;
    assert_eq!(sys::rd_kafka_commit(client.0, offsets, 1) as i32, 0);
    sys::rd_kafka_topic_partition_list_destroy(offsets);
  }
  client.poll_until_called(Replaced::OffsetCommitRequest, before[0]);
  client.poll_until_called(Replaced::BufRetry, before[1]);
}

/// The Kafka protocol's key of OffsetFetch, and its code for a group that another broker coordinates.
const OFFSET_FETCH: i16 = 9;
const NOT_COORDINATOR: i32 = 16;

#[test]
fn a_producer_that_asks_for_a_groups_offsets_where_they_are_not_any_more_lives_on() {
  extern "C" {
    // As plain integers, for the reason given in `super`.
    fn rd_kafka_mock_push_request_errors_array(
      cluster: *mut sys::rd_kafka_mock_cluster_t,
      api: i16,
      count: usize,
      errors: *const c_int,
    );
  }
  let before = calls(Replaced::CgrpOp);
  let client = SelfContained::new(sys::rd_kafka_type_t::RD_KAFKA_PRODUCER, &[]);
  // SAFETY: everything is live until it is destroyed, once, and before the client.
  unsafe {
    let cluster = sys::rd_kafka_handle_mock_cluster(client.0);
    rd_kafka_mock_push_request_errors_array(cluster, OFFSET_FETCH, 1, &NOT_COORDINATOR);
    let queue = sys::rd_kafka_queue_new(client.0);
    let mut question = sys::rd_kafka_ListConsumerGroupOffsets_new(c_string("g").as_ptr(), ptr::null());
    sys::rd_kafka_ListConsumerGroupOffsets(client.0, &mut question, 1, ptr::null(), queue);
    sys::rd_kafka_ListConsumerGroupOffsets_destroy(question);
    let answer = sys::rd_kafka_queue_poll(queue, 60_000);
    assert!(!answer.is_null(), "librdkafka does not answer");
    sys::rd_kafka_event_destroy(answer);
    sys::rd_kafka_queue_destroy(queue);
  }
  assert!(calls(Replaced::CgrpOp) > before);
}

#[test]
fn a_broker_that_is_not_listed_any_more_is_removed_by_ours() {
  let before = calls(Replaced::BrokerDecommission);
  // The end of a client removes them, too.
  drop(SelfContained::new(sys::rd_kafka_type_t::RD_KAFKA_PRODUCER, &[]));
  assert!(calls(Replaced::BrokerDecommission) > before);
}
