//! Requests of librdkafka's admin API, each with a queue of its own for its one answer. Questions block until it is there.
//! What changes something is sent once, and its answer is looked for by the caller (`Later`).

mod broker_request;
mod configs;
mod group_offsets;
mod groups;
mod records;
mod topics;

pub use broker_request::{ask_controller, Api};
pub use configs::{alter_configs, describe_configs, Alteration, ResourceConfig, ResourceKind, Wanted};
pub use group_offsets::{commit_group_offsets, delete_group_offsets, group_offsets, list_offsets, Isolation};
pub use groups::{delete_groups, describe_group, list_groups, GroupInfo, GroupMember, MemberState};
pub use records::{delete_records, elect_leaders, PartitionOutcome};
pub use topics::{create_partitions, create_topics, delete_topics, FailedTopic, MorePartitions, NewTopic, Timeouts};

use super::{string_from, sys, take_error, Client};
use crate::ffi::error::{code, KafkaError};
use std::ffi::{c_char, c_int};
use std::sync::Arc;
use std::time::{Duration, Instant};

extern "C" {
  // As plain integers, for the reason given in `super`.
  #[link_name = "rd_kafka_event_error"]
  fn event_error(event: *mut sys::rd_kafka_event_t) -> c_int;
}

/// librdkafka's upper limit for the time-outs of a request, ms.
const LONGEST_TIMEOUT: u128 = 3_600_000;

/// How much longer than its own time-out a request is waited for, ms.
const GRACE: c_int = 100;

/// Owner of a request's options (`rd_kafka_AdminOptions_t`).
struct Options(*mut sys::rd_kafka_AdminOptions_t);

impl Options {
  fn new(client: &Client, operation: sys::rd_kafka_admin_op_t, wait: c_int) -> Options {
    let mut text = [0 as c_char; 128];
    // SAFETY: the client is live, the buffer's true size is given. The time-out is within librdkafka's limits.
    unsafe {
      let options = sys::rd_kafka_AdminOptions_new(client.raw(), operation);
      sys::rd_kafka_AdminOptions_set_request_timeout(options, wait, text.as_mut_ptr(), text.len());
      Options(options)
    }
  }

  /// Also waits so long for what the answer promises to be in effect. Only some operations know it.
  fn wait_for_effect(&self, wait: c_int) {
    let mut text = [0 as c_char; 128];
    // SAFETY: live options, the buffer's true size.
    unsafe { sys::rd_kafka_AdminOptions_set_operation_timeout(self.0, wait, text.as_mut_ptr(), text.len()) };
  }

  /// Lets the broker check the change without making it. Only some operations know it.
  fn validate_only(&self) {
    let mut text = [0 as c_char; 128];
    // SAFETY: live options, the buffer's true size.
    unsafe { sys::rd_kafka_AdminOptions_set_validate_only(self.0, 1, text.as_mut_ptr(), text.len()) };
  }

  fn isolation(&self, isolation: Isolation) -> Result<(), KafkaError> {
    let level = match isolation {
      Isolation::ReadUncommitted => sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED,
      Isolation::ReadCommitted => sys::rd_kafka_IsolationLevel_t::RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED,
    };
    // SAFETY: live options; the error object, if any, becomes ours.
    unsafe { take_error(sys::rd_kafka_AdminOptions_set_isolation_level(self.0, level)) }
  }
}

impl Drop for Options {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_AdminOptions_destroy(self.0) }
  }
}

/// Owner of a queue for one answer (`rd_kafka_queue_t`).
struct AnswerQueue(*mut sys::rd_kafka_queue_t);

impl AnswerQueue {
  fn new(client: &Client) -> AnswerQueue {
    // SAFETY: the client is live.
    AnswerQueue(unsafe { sys::rd_kafka_queue_new(client.raw()) })
  }
}

impl Drop for AnswerQueue {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once; an answer that is still on its way is dropped by librdkafka.
    unsafe { sys::rd_kafka_queue_destroy(self.0) }
  }
}

/// Owner of an answer (`rd_kafka_event_t`). What is read from it lives as long as it does.
struct Answer {
  raw: *mut sys::rd_kafka_event_t,
  // An event of a destroyed client must not be touched.
  _client: Arc<Client>,
}

impl Drop for Answer {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once, before the client reference beside it.
    unsafe { sys::rd_kafka_event_destroy(self.raw) }
  }
}

/// A time-out as librdkafka takes it.
fn millis(timeout: Duration) -> c_int {
  timeout.as_millis().min(LONGEST_TIMEOUT) as c_int
}

/// A request that is on its way.
struct Asked {
  // Before the client that it belongs to.
  queue: AnswerQueue,
  client: Arc<Client>,
}

// SAFETY: librdkafka's queues may be used from any thread.
unsafe impl Send for Asked {}
// SAFETY: as above.
unsafe impl Sync for Asked {}

/// Sends a request. `send` gets the client, the options and the queue for the answer; all three are valid during the
/// call.
fn send(
  client: &Arc<Client>,
  options: &Options,
  send: impl FnOnce(*mut sys::rd_kafka_t, *const sys::rd_kafka_AdminOptions_t, *mut sys::rd_kafka_queue_t),
) -> Asked {
  let queue = AnswerQueue::new(client);
  send(client.raw(), options.0, queue.0);
  Asked { queue, client: Arc::clone(client) }
}

impl Asked {
  /// The answer, if it comes within `wait` ms.
  fn poll(&self, wait: c_int) -> Option<Result<Answer, KafkaError>> {
    // SAFETY: the queue is live, and belongs to this request alone: the only event on it is its answer.
    let raw = unsafe { sys::rd_kafka_queue_poll(self.queue.0, wait) };
    if raw.is_null() {
      return None;
    }
    let answer = Answer { raw, _client: Arc::clone(&self.client) };
    // SAFETY: the event is live; its text is copied.
    unsafe {
      Some(match event_error(answer.raw) {
        0 => Ok(answer),
        code => Err(KafkaError::with_text(code, string_from(sys::rd_kafka_event_error_string(answer.raw)))),
      })
    }
  }
}

/// Sends a request and waits for its answer.
fn ask(
  client: &Arc<Client>,
  options: &Options,
  wait: c_int,
  start: impl FnOnce(*mut sys::rd_kafka_t, *const sys::rd_kafka_AdminOptions_t, *mut sys::rd_kafka_queue_t),
) -> Result<Answer, KafkaError> {
  // The request has its own time-out, whose error is the better one; but librdkafka may notice it a second late.
  let answer = send(client, options, start).poll(wait.saturating_add(GRACE));
  answer.unwrap_or_else(|| Err(KafkaError::new(code::TIMED_OUT)))
}

/// A change that has been asked for, once: sending it again could do it twice.
pub struct Later<T> {
  asked: Asked,
  deadline: Instant,
  read: fn(&Answer) -> Result<T, KafkaError>,
}

/// Sends a request whose answer is to be looked for; never blocks. `start` as for `send`.
fn later<T>(
  client: &Arc<Client>,
  options: &Options,
  wait: c_int,
  read: fn(&Answer) -> Result<T, KafkaError>,
  start: impl FnOnce(*mut sys::rd_kafka_t, *const sys::rd_kafka_AdminOptions_t, *mut sys::rd_kafka_queue_t),
) -> Later<T> {
  let asked = send(client, options, start);
  // The request has its own time-out, whose error is the better one; but librdkafka may notice it a second late.
  let deadline = Instant::now() + Duration::from_millis(wait.saturating_add(GRACE) as u64);
  Later { asked, deadline, read }
}

impl<T> Later<T> {
  /// The answer, once it is there. Never blocks.
  pub fn answer(&self) -> Option<Result<T, KafkaError>> {
    match self.asked.poll(0) {
      Some(answer) => Some(answer.and_then(|answer| (self.read)(&answer))),
      None => (Instant::now() >= self.deadline).then(|| Err(KafkaError::new(code::TIMED_OUT))),
    }
  }
}

/// The error object of a part of an answer; null is success.
///
/// # Safety
/// `error` is null or live during the call; it stays the answer's.
unsafe fn error_of(error: *const sys::rd_kafka_error_t) -> Option<KafkaError> {
  extern "C" {
    #[link_name = "rd_kafka_error_code"]
    fn error_code(error: *const sys::rd_kafka_error_t) -> c_int;
  }
  if error.is_null() {
    return None;
  }
  // SAFETY: live by the caller's promise.
  unsafe {
    let code = error_code(error);
    (code != 0).then(|| KafkaError::with_text(code, string_from(sys::rd_kafka_error_string(error))))
  }
}

/// The elements of an array of pointers that a result lends.
///
/// # Safety
/// `first` points to `count` pointers that stay valid while the iterator is used; null stands for none.
unsafe fn pointers<T>(first: *mut *const T, count: usize) -> impl Iterator<Item = *const T> {
  let count = if first.is_null() { 0 } else { count };
  // SAFETY: in bounds by the caller's promise.
  (0..count).map(move |index| unsafe { *first.add(index) }).filter(|pointer| !pointer.is_null())
}
