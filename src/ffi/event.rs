use super::{read_code, string_from, sys, Client, ClientEvent};
use crate::error::KafkaError;
use std::ffi::c_char;
use std::sync::Arc;

/// The outcome of one produced record.
pub struct DeliveryReport {
  /// 0 for success, else why the record is not (known to be) in the log.
  pub code: i32,
  pub offset: i64,
  /// What `ProduceRecord::tag` carried.
  pub tag: u64,
  /// Bytes of key and value.
  pub bytes: usize,
}

/// Owner of an event (`rd_kafka_event_t`).
pub struct Event {
  raw: *mut sys::rd_kafka_event_t,
  // An event of a destroyed client must not be touched.
  _client: Arc<Client>,
}

impl Event {
  pub(super) fn from_raw(raw: *mut sys::rd_kafka_event_t, client: &Arc<Client>) -> Option<Event> {
    (!raw.is_null()).then(|| Event { raw, _client: Arc::clone(client) })
  }

  /// What the event tells about the client as a whole; `None` for delivery reports and answers to requests.
  pub fn client_event(&self) -> Option<ClientEvent> {
    // SAFETY: the event is live, the accessors match its type, and the texts are valid until it is destroyed.
    unsafe {
      match sys::rd_kafka_event_type(self.raw) {
        sys::RD_KAFKA_EVENT_ERROR => {
          let code = sys::rd_kafka_event_error(self.raw) as i32;
          let fatal = sys::rd_kafka_event_error_is_fatal(self.raw) != 0;
          let text = string_from(sys::rd_kafka_event_error_string(self.raw));
          Some(ClientEvent::Error(KafkaError { fatal, ..KafkaError::with_text(code, text) }))
        }
        sys::RD_KAFKA_EVENT_LOG => {
          let (mut facility, mut text, mut level) = (std::ptr::null::<c_char>(), std::ptr::null::<c_char>(), 0);
          sys::rd_kafka_event_log(self.raw, &mut facility, &mut text, &mut level);
          Some(ClientEvent::Log { level, facility: string_from(facility), text: string_from(text) })
        }
        sys::RD_KAFKA_EVENT_STATS => Some(ClientEvent::Statistics(string_from(sys::rd_kafka_event_stats(self.raw)))),
        _ => None,
      }
    }
  }

  /// Calls `each` for every delivery report in the event, in the order of the log within a partition.
  pub fn delivery_reports(&self, scratch: &mut Vec<usize>, mut each: impl FnMut(DeliveryReport)) {
    // SAFETY: the event is live.
    if unsafe { sys::rd_kafka_event_type(self.raw) } != sys::RD_KAFKA_EVENT_DR {
      return;
    }
    scratch.resize(1024, 0);
    loop {
      let space = scratch.as_mut_ptr().cast::<*const sys::rd_kafka_message_t>();
      // SAFETY: `scratch` has room for that many pointers; the messages stay the event's.
      let count = unsafe { sys::rd_kafka_event_message_array(self.raw, space, scratch.len()) };
      if count == 0 {
        return;
      }
      for &address in &scratch[..count] {
        let message = address as *const sys::rd_kafka_message_t;
        // SAFETY: valid until the event is destroyed.
        let report = unsafe {
          DeliveryReport {
            code: read_code(std::ptr::addr_of!((*message).err)),
            offset: (*message).offset,
            tag: (*message)._private as usize as u64,
            bytes: (*message).len + (*message).key_len,
          }
        };
        each(report);
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
