//! librdkafka's queues, and the events in them.

use super::{codes, string_from, sys, Client, ClientEvent, Message, MessageBatch};
use crate::ffi::error::KafkaError;
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Owner of a queue reference (`rd_kafka_queue_t`).
pub struct Queue {
  raw: *mut sys::rd_kafka_queue_t,
  client: Arc<Client>,
  ready: OnceLock<Box<ReadyCallback>>,
}

/// Called when a queue is no longer empty. Called on librdkafka's threads, under the queue's lock: it must be
/// quick and must not call librdkafka.
pub type ReadyCallback = Box<dyn Fn() + Send + Sync>;

// SAFETY: librdkafka's queue functions are thread-safe.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
  /// The queue that carries a consumer's records, rebalances, errors and replies.
  pub fn consumer(client: &Arc<Client>) -> Queue {
    Queue {
      // SAFETY: the client is live and a consumer; the reference is ours until drop.
      raw: unsafe { sys::rd_kafka_queue_get_consumer(client.raw()) },
      client: Arc::clone(client),
      ready: OnceLock::new(),
    }
  }

  /// The queue that carries a producer's delivery reports and events.
  pub fn main(client: &Arc<Client>) -> Queue {
    Queue {
      // SAFETY: the client is live; the reference is ours until drop.
      raw: unsafe { sys::rd_kafka_queue_get_main(client.raw()) },
      client: Arc::clone(client),
      ready: OnceLock::new(),
    }
  }

  pub(super) fn raw(&self) -> *mut sys::rd_kafka_queue_t {
    self.raw
  }

  pub fn client(&self) -> &Arc<Client> {
    &self.client
  }

  /// Calls `callback` each time the queue receives something after being empty. Can be set once.
  pub fn when_ready(&self, callback: ReadyCallback) {
    let callback = self.ready.get_or_init(|| Box::new(callback));
    let opaque = std::ptr::from_ref::<ReadyCallback>(callback).cast_mut().cast::<c_void>();
    // SAFETY: `raw` is live; the boxed callback lives as long as `self`, whose drop ends the calls first.
    unsafe { sys::rd_kafka_queue_cb_event_enable(self.raw, Some(on_ready), opaque) }
  }

  /// Wakes the thread that waits in one of the calls below. Any thread may call it.
  pub fn wake(&self) {
    // SAFETY: `raw` is live.
    unsafe { sys::rd_kafka_queue_yield(self.raw) }
  }

  /// Waits for the next event; callbacks (errors, log lines, statistics) are served meanwhile.
  pub fn poll_event(&self, timeout: Duration) -> Option<Event> {
    // SAFETY: `raw` is live; the event, if any, becomes ours.
    let raw = unsafe { sys::rd_kafka_queue_poll(self.raw, timeout.as_millis() as i32) };
    Event::from_raw(raw, &self.client)
  }

  /// Waits for the next record or consumer error of this consumer; callbacks are served meanwhile.
  pub fn poll_message(&self, timeout: Duration) -> Option<Message> {
    // SAFETY: the client is live; the message, if any, becomes ours.
    let raw = unsafe { sys::rd_kafka_consumer_poll(self.client.raw(), timeout.as_millis() as i32) };
    Message::from_raw(raw)
  }

  /// Appends up to `max` records that are already there; never waits.
  pub fn drain(&self, batch: &mut MessageBatch, max: usize) {
    batch.fill(max, |space, size| {
      // SAFETY: `space` has room for `size` pointers; the returned messages become the batch's.
      unsafe { sys::rd_kafka_consume_batch_queue(self.raw, 0, space, size) }
    });
  }
}

impl Drop for Queue {
  fn drop(&mut self) {
    // SAFETY: our own reference, given back once, while the client is still live. Disabling takes the queue's lock, under
    // which the callback is called, so no call is in progress when the callback is freed after this.
    unsafe {
      if self.ready.get().is_some() {
        sys::rd_kafka_queue_cb_event_enable(self.raw, None, std::ptr::null_mut());
      }
      sys::rd_kafka_queue_destroy(self.raw);
    }
  }
}

unsafe extern "C" fn on_ready(_: *mut sys::rd_kafka_t, opaque: *mut c_void) {
  // SAFETY: the callback given to `when_ready`, which outlives its registration.
  let callback = unsafe { &*opaque.cast::<ReadyCallback>() };
  // A panic must not unwind into C.
  let _ = catch_unwind(AssertUnwindSafe(callback));
}

/// The outcome of consecutive records with the same tag; laid out as `kafka_node_reports_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct DeliveryReports {
  opaque: *mut c_void,
  /// Of the first record.
  pub offset: i64,
  pub records: usize,
  /// Bytes of their keys and values.
  pub bytes: usize,
  /// 0 for success, otherwise why the records are not (known to be) in the log.
  pub code: i32,
}

impl DeliveryReports {
  /// What `ProduceRecord::tag` carried.
  pub fn tag(&self) -> u64 {
    self.opaque as usize as u64
  }

  #[cfg(test)]
  pub fn for_test(tag: u64, code: i32, offset: i64, records: usize) -> DeliveryReports {
    DeliveryReports { opaque: tag as usize as *mut c_void, offset, records, bytes: records, code }
  }
}

extern "C" {
  fn kafka_node_event_reports(
    event: *mut sys::rd_kafka_event_t,
    reports: *mut MaybeUninit<DeliveryReports>,
    size: usize,
  ) -> usize;
}

/// How many groups of reports one call takes.
const REPORTS_PER_CALL: usize = 64;

/// Owner of an event (`rd_kafka_event_t`).
pub struct Event {
  raw: *mut sys::rd_kafka_event_t,
  // An event of a destroyed client must not be touched.
  _client: Arc<Client>,
}

impl Event {
  fn from_raw(raw: *mut sys::rd_kafka_event_t, client: &Arc<Client>) -> Option<Event> {
    (!raw.is_null()).then(|| Event { raw, _client: Arc::clone(client) })
  }

  /// What the event says about the client as a whole; `None` for delivery reports and answers to requests.
  pub fn client_event(&self) -> Option<ClientEvent> {
    // SAFETY: the event is live, the accessors match its type, and the texts are valid until it is destroyed.
    unsafe {
      match sys::rd_kafka_event_type(self.raw) {
        sys::RD_KAFKA_EVENT_ERROR => {
          let code = codes::event_error(self.raw);
          let fatal = sys::rd_kafka_event_error_is_fatal(self.raw) != 0;
          let text = string_from(sys::rd_kafka_event_error_string(self.raw));
          Some(ClientEvent::Error(KafkaError { fatal, ..KafkaError::with_text(code, text) }))
        }
        sys::RD_KAFKA_EVENT_LOG => {
          let (mut facility, mut text, mut level) = (std::ptr::null::<c_char>(), std::ptr::null::<c_char>(), 0);
          sys::rd_kafka_event_log(self.raw, &mut facility, &mut text, &mut level);
          Some(ClientEvent::Log { level, facility: string_from(facility), text: string_from(text) })
        }
        sys::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH => Some(ClientEvent::TokenWanted),
        sys::RD_KAFKA_EVENT_STATS => Some(ClientEvent::Statistics(string_from(sys::rd_kafka_event_stats(self.raw)))),
        _ => None,
      }
    }
  }

  /// Calls `each` for the delivery reports in the event, in the order of the log within a partition.
  pub fn delivery_reports(&self, mut each: impl FnMut(&DeliveryReports)) {
    // SAFETY: the event is live.
    if unsafe { sys::rd_kafka_event_type(self.raw) } != sys::RD_KAFKA_EVENT_DR {
      return;
    }
    let mut reports = [MaybeUninit::uninit(); REPORTS_PER_CALL];
    loop {
      // SAFETY: the event is live and of the right type; there is room for that many.
      let count = unsafe { kafka_node_event_reports(self.raw, reports.as_mut_ptr(), reports.len()) };
      if count == 0 {
        return;
      }
      for report in &reports[..count] {
        // SAFETY: the call has filled the first `count` of them.
        each(unsafe { report.assume_init_ref() });
      }
    }
  }
}

impl Drop for Event {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once, before the client reference beside it.
    unsafe { sys::rd_kafka_event_destroy(self.raw) }
  }
}
