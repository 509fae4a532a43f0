use super::super::{c_string, error_text, string_from, sys, Client};
use super::{millis, pointers, send, Answer, Asked, Options, GRACE};
use crate::error::{code, KafkaError};
use serde::{Deserialize, Serialize};
use std::ffi::{c_char, c_int};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A topic to create.
#[derive(Deserialize)]
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
  pub replica_assignment: Vec<Vec<i32>>,
}

/// Owner of a topic specification (`rd_kafka_NewTopic_t`).
struct Specification(*mut sys::rd_kafka_NewTopic_t);

impl Specification {
  fn new(topic: &NewTopic) -> Result<Specification, KafkaError> {
    let name = c_string(&topic.topic);
    let mut text = [0 as c_char; 512];
    let assigned = !topic.replica_assignment.is_empty();
    let partitions = if assigned { topic.replica_assignment.len() as i32 } else { topic.partitions };
    let factor = if assigned { -1 } else { topic.replication_factor };
    // SAFETY: NUL-terminated name, the buffer's true size.
    let raw = unsafe { sys::rd_kafka_NewTopic_new(name.as_ptr(), partitions, factor, text.as_mut_ptr(), text.len()) };
    if raw.is_null() {
      // SAFETY: librdkafka NUL-terminates the text it writes.
      return Err(KafkaError::invalid_config(unsafe { string_from(text.as_ptr()) }));
    }
    let specification = Specification(raw);
    for (partition, brokers) in topic.replica_assignment.iter().enumerate() {
      let mut brokers = brokers.clone();
      // SAFETY: live specification; the array is copied.
      let result = unsafe {
        sys::rd_kafka_NewTopic_set_replica_assignment(
          raw,
          partition as i32,
          brokers.as_mut_ptr(),
          brokers.len(),
          text.as_mut_ptr(),
          text.len(),
        )
      };
      if result as i32 != 0 {
        // SAFETY: as above.
        return Err(KafkaError::invalid_config(unsafe { string_from(text.as_ptr()) }));
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

/// A topic that was not created.
#[derive(Serialize)]
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

/// Topics that the controller has been asked to create.
pub struct CreatingTopics {
  asked: Asked,
  deadline: Instant,
}

/// Asks the controller to create topics; never blocks.
pub fn create_topics(
  client: &Arc<Client>,
  topics: &[NewTopic],
  timeout: Duration,
) -> Result<CreatingTopics, KafkaError> {
  let specifications = topics.iter().map(Specification::new).collect::<Result<Vec<_>, _>>()?;
  let mut raw: Vec<_> = specifications.iter().map(|specification| specification.0).collect();
  let wait = millis(timeout);
  let options = Options::new(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATETOPICS, wait);
  options.wait_for_effect(wait);
  let asked = send(client, &options, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the specifications.
    unsafe { sys::rd_kafka_CreateTopics(rk, raw.as_mut_ptr(), raw.len(), options, queue) }
  });
  let deadline = Instant::now() + Duration::from_millis((wait + GRACE) as u64);
  Ok(CreatingTopics { asked, deadline })
}

impl CreatingTopics {
  /// The answer, once it is there: each topic that failed. Never blocks.
  pub fn failed(&self) -> Option<Result<Vec<FailedTopic>, KafkaError>> {
    let Some(answer) = self.asked.poll(0) else {
      return (Instant::now() >= self.deadline).then(|| Err(KafkaError::new(code::TIMED_OUT)));
    };
    Some(answer.map(|answer| failed_topics(&answer)))
  }
}

fn failed_topics(answer: &Answer) -> Vec<FailedTopic> {
  let mut count = 0;
  // SAFETY: the answer is this operation's, and its parts are read while it is live.
  unsafe {
    let result = sys::rd_kafka_event_CreateTopics_result(answer.raw);
    let results = pointers(sys::rd_kafka_CreateTopics_result_topics(result, &mut count), count);
    let failed = results.filter_map(|result| {
      let code = topic_result_error(result);
      let text = string_from(sys::rd_kafka_topic_result_error_string(result));
      let error = if text.is_empty() { error_text(code) } else { text };
      (code != 0).then(|| FailedTopic { topic: string_from(sys::rd_kafka_topic_result_name(result)), code, error })
    });
    failed.collect()
  }
}
