use super::super::{c_string, error_text, string_from, sys, Client, Reason};
use super::{later, millis, pointers, Answer, Later, Options};
use crate::ffi::error::KafkaError;
use serde::{Deserialize, Serialize};
use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

/// A topic to create.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct NewTopic {
  pub topic: String,
  /// -1 leaves it to the broker's default.
  pub partitions: i32,
  /// -1 leaves it to the broker's default, or to `replica_assignment`.
  pub replication_factor: i32,
  #[serde(default)]
  pub config_entries: Vec<(String, Option<String>)>,
  /// Broker ids for partition 0, 1, ...; empty lets the controller choose.
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub replica_assignment: Vec<Vec<i32>>,
}

/// Owner of a topic specification (`rd_kafka_NewTopic_t`).
struct Specification(*mut sys::rd_kafka_NewTopic_t);

impl Specification {
  fn new(topic: &NewTopic) -> Result<Specification, KafkaError> {
    let name = c_string(&topic.topic);
    let mut reason = Reason::new();
    let assigned = !topic.replica_assignment.is_empty();
    let partitions = if assigned { topic.replica_assignment.len() as i32 } else { topic.partitions };
    let factor = if assigned { -1 } else { topic.replication_factor };
    let (text, size) = reason.buffer();
    // SAFETY: NUL-terminated name, the buffer's true size.
    let raw = unsafe { sys::rd_kafka_NewTopic_new(name.as_ptr(), partitions, factor, text, size) };
    if raw.is_null() {
      return Err(KafkaError::invalid_config(reason.read()));
    }
    let specification = Specification(raw);
    for (partition, brokers) in topic.replica_assignment.iter().enumerate() {
      let mut brokers = brokers.clone();
      let (ids, count) = (brokers.as_mut_ptr(), brokers.len());
      let (text, size) = reason.buffer();
      // SAFETY: live specification, the buffer's true size; the array is copied.
      let result =
        unsafe { sys::rd_kafka_NewTopic_set_replica_assignment(raw, partition as i32, ids, count, text, size) };
      if result as i32 != 0 {
        return Err(KafkaError::invalid_config(reason.read()));
      }
    }
    for (name, value) in &topic.config_entries {
      let (name, value) = (c_string(name), value.as_deref().map(c_string));
      let value = value.as_ref().map_or(std::ptr::null(), |value| value.as_ptr());
      // SAFETY: live specification; the strings are copied, a null value stands for the default.
      unsafe { sys::rd_kafka_NewTopic_set_config(raw, name.as_ptr(), value) };
    }
    Ok(specification)
  }
}

impl Drop for Specification {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_NewTopic_destroy(self.0) }
  }
}

/// A topic that was not created, changed or deleted.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FailedTopic {
  pub topic: String,
  /// The broker's code.
  pub code: i32,
  /// The broker's text, or librdkafka's if the broker gave none.
  pub error: String,
}

extern "C" {
  // As plain integers, for the reason given in `ffi`.
  #[link_name = "rd_kafka_topic_result_error"]
  fn topic_result_error(result: *const sys::rd_kafka_topic_result_t) -> c_int;
}

/// Asks the controller to create topics; never blocks. The answer has each topic that failed.
pub fn create_topics(
  client: &Arc<Client>,
  topics: &[NewTopic],
  validate_only: bool,
  timeout: Timeouts,
) -> Result<Later<Vec<FailedTopic>>, KafkaError> {
  let specifications = topics.iter().map(Specification::new).collect::<Result<Vec<_>, _>>()?;
  let mut raw: Vec<_> = specifications.iter().map(|specification| specification.0).collect();
  let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATETOPICS;
  let (options, wait) = options(client, operation, validate_only, timeout);
  let read = |answer: &Answer| {
    let mut count = 0;
    // SAFETY: the answer is this operation's, and its parts are read while it is live.
    unsafe {
      let result = sys::rd_kafka_event_CreateTopics_result(answer.raw);
      Ok(failed_topics(sys::rd_kafka_CreateTopics_result_topics(result, &mut count), count))
    }
  };
  Ok(later(client, &options, wait, read, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the specifications.
    unsafe { sys::rd_kafka_CreateTopics(rk, raw.as_mut_ptr(), raw.len(), options, queue) }
  }))
}

/// Owner of a topic to delete (`rd_kafka_DeleteTopic_t`).
struct Deletion(*mut sys::rd_kafka_DeleteTopic_t);

impl Drop for Deletion {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_DeleteTopic_destroy(self.0) }
  }
}

/// Asks the controller to delete topics; never blocks. The answer has each topic that failed.
pub fn delete_topics(client: &Arc<Client>, topics: &[String], timeout: Timeouts) -> Later<Vec<FailedTopic>> {
  let deletions: Vec<_> = topics
    .iter()
    .map(|topic| {
      let name = c_string(topic);
      // SAFETY: NUL-terminated name, which is copied.
      Deletion(unsafe { sys::rd_kafka_DeleteTopic_new(name.as_ptr()) })
    })
    .collect();
  let mut raw: Vec<_> = deletions.iter().map(|deletion| deletion.0).collect();
  let (options, wait) = options(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DELETETOPICS, false, timeout);
  let read = |answer: &Answer| {
    let mut count = 0;
    // SAFETY: the answer is this operation's, and its parts are read while it is live.
    unsafe {
      let result = sys::rd_kafka_event_DeleteTopics_result(answer.raw);
      Ok(failed_topics(sys::rd_kafka_DeleteTopics_result_topics(result, &mut count), count))
    }
  };
  later(client, &options, wait, read, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the names.
    unsafe { sys::rd_kafka_DeleteTopics(rk, raw.as_mut_ptr(), raw.len(), options, queue) }
  })
}

/// A topic that is to have more partitions.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct MorePartitions {
  pub topic: String,
  /// How many it shall have, together with those that it has.
  pub count: usize,
  /// Broker ids for each new partition; empty lets the controller choose.
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub assignments: Vec<Vec<i32>>,
}

/// Owner of a topic's new partitions (`rd_kafka_NewPartitions_t`).
struct NewPartitions(*mut sys::rd_kafka_NewPartitions_t);

impl NewPartitions {
  fn new(wanted: &MorePartitions) -> Result<NewPartitions, KafkaError> {
    let name = c_string(&wanted.topic);
    let mut reason = Reason::new();
    let (text, size) = reason.buffer();
    // SAFETY: NUL-terminated name, the buffer's true size.
    let raw = unsafe { sys::rd_kafka_NewPartitions_new(name.as_ptr(), wanted.count, text, size) };
    if raw.is_null() {
      return Err(KafkaError::invalid_config(reason.read()));
    }
    let partitions = NewPartitions(raw);
    for (index, brokers) in wanted.assignments.iter().enumerate() {
      let mut brokers = brokers.clone();
      let (ids, count) = (brokers.as_mut_ptr(), brokers.len());
      let (text, size) = reason.buffer();
      // SAFETY: live object, the buffer's true size; the array is copied.
      let result =
        unsafe { sys::rd_kafka_NewPartitions_set_replica_assignment(raw, index as i32, ids, count, text, size) };
      if result as i32 != 0 {
        return Err(KafkaError::invalid_config(reason.read()));
      }
    }
    Ok(partitions)
  }
}

impl Drop for NewPartitions {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_NewPartitions_destroy(self.0) }
  }
}

/// Asks the controller to give topics more partitions; never blocks. The answer has each topic that failed.
pub fn create_partitions(
  client: &Arc<Client>,
  topics: &[MorePartitions],
  validate_only: bool,
  timeout: Timeouts,
) -> Result<Later<Vec<FailedTopic>>, KafkaError> {
  let partitions = topics.iter().map(NewPartitions::new).collect::<Result<Vec<_>, _>>()?;
  let mut raw: Vec<_> = partitions.iter().map(|partitions| partitions.0).collect();
  let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATEPARTITIONS;
  let (options, wait) = options(client, operation, validate_only, timeout);
  let read = |answer: &Answer| {
    let mut count = 0;
    // SAFETY: the answer is this operation's, and its parts are read while it is live.
    unsafe {
      let result = sys::rd_kafka_event_CreatePartitions_result(answer.raw);
      Ok(failed_topics(sys::rd_kafka_CreatePartitions_result_topics(result, &mut count), count))
    }
  };
  Ok(later(client, &options, wait, read, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the objects.
    unsafe { sys::rd_kafka_CreatePartitions(rk, raw.as_mut_ptr(), raw.len(), options, queue) }
  }))
}

/// How long to wait for an answer, and how long the broker is to wait until what it promises is in effect.
#[derive(Clone, Copy)]
pub struct Timeouts {
  pub answer: Duration,
  pub effect: Duration,
}

fn options(
  client: &Client,
  operation: sys::rd_kafka_admin_op_t,
  validate_only: bool,
  timeout: Timeouts,
) -> (Options, c_int) {
  let wait = millis(timeout.answer);
  let options = Options::new(client, operation, wait);
  options.wait_for_effect(millis(timeout.effect));
  if validate_only {
    options.validate_only();
  }
  (options, wait)
}

/// # Safety
/// `results` are `count` results that are live during the call.
unsafe fn failed_topics(results: *mut *const sys::rd_kafka_topic_result_t, count: usize) -> Vec<FailedTopic> {
  // SAFETY: live by the caller's promise; strings are the results' own and copied.
  unsafe {
    let failed = pointers(results, count).filter_map(|result| {
      let code = topic_result_error(result);
      let text = string_from(sys::rd_kafka_topic_result_error_string(result));
      let error = if text.is_empty() { error_text(code) } else { text };
      (code != 0).then(|| FailedTopic { topic: string_from(sys::rd_kafka_topic_result_name(result)), code, error })
    });
    failed.collect()
  }
}
