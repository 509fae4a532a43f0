use super::{c_string, error_text, string_from, sys, Client};
use crate::error::{code, KafkaError};
use serde::Deserialize;
use std::ffi::c_char;
use std::sync::Arc;
use std::time::Duration;

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

/// Asks the controller to create topics; blocks up to `timeout`. The result has each topic that failed, with the broker's
/// text for it.
pub fn create_topics(
  client: &Arc<Client>,
  topics: &[NewTopic],
  timeout: Duration,
) -> Result<Vec<(String, String)>, KafkaError> {
  let specifications = topics.iter().map(Specification::new).collect::<Result<Vec<_>, _>>()?;
  let mut raw: Vec<_> = specifications.iter().map(|specification| specification.0).collect();
  let wait = timeout.as_millis() as i32;
  // SAFETY: all objects are live through the call and given back below; the answer's parts are read before its event is
  // destroyed. The queue belongs to this call alone, so the only event on it is this request's answer.
  unsafe {
    let options =
      sys::rd_kafka_AdminOptions_new(client.raw(), sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_CREATETOPICS);
    let mut text = [0 as c_char; 128];
    sys::rd_kafka_AdminOptions_set_request_timeout(options, wait, text.as_mut_ptr(), text.len());
    sys::rd_kafka_AdminOptions_set_operation_timeout(options, wait, text.as_mut_ptr(), text.len());
    let queue = sys::rd_kafka_queue_new(client.raw());
    sys::rd_kafka_CreateTopics(client.raw(), raw.as_mut_ptr(), raw.len(), options, queue);
    // The request has its own time-out; a little longer here, so that its own error is the one reported.
    let event = sys::rd_kafka_queue_poll(queue, wait.saturating_add(1000));
    let outcome = if event.is_null() {
      Err(KafkaError::new(code::TIMED_OUT))
    } else if sys::rd_kafka_event_error(event) as i32 != 0 {
      let text = string_from(sys::rd_kafka_event_error_string(event));
      Err(KafkaError::with_text(sys::rd_kafka_event_error(event) as i32, text))
    } else {
      let mut count = 0;
      let results =
        sys::rd_kafka_CreateTopics_result_topics(sys::rd_kafka_event_CreateTopics_result(event), &mut count);
      let failed = (0..count).filter_map(|index| {
        let result = *results.add(index);
        let code = sys::rd_kafka_topic_result_error(result) as i32;
        let text = string_from(sys::rd_kafka_topic_result_error_string(result));
        let text = if text.is_empty() { error_text(code) } else { text };
        (code != 0).then(|| (string_from(sys::rd_kafka_topic_result_name(result)), text))
      });
      Ok(failed.collect())
    };
    if !event.is_null() {
      sys::rd_kafka_event_destroy(event);
    }
    sys::rd_kafka_queue_destroy(queue);
    sys::rd_kafka_AdminOptions_destroy(options);
    outcome
  }
}
