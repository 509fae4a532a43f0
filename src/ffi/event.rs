use super::{codes, string_from, sys, Client, ClientEvent};
use crate::ffi::error::KafkaError;
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::sync::Arc;

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
  pub(super) fn from_raw(raw: *mut sys::rd_kafka_event_t, client: &Arc<Client>) -> Option<Event> {
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
