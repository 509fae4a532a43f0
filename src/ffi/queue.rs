use super::{sys, Client, Event, Message, MessageBatch};
use std::ffi::c_void;
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
