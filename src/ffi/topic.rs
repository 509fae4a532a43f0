use super::{c_string, read_code, sys, take_error, Client};
use crate::error::KafkaError;
use std::ffi::c_void;
use std::sync::Arc;

/// One record to produce. Slices are only read during the call: librdkafka copies them.
pub struct ProduceRecord<'a> {
  /// `None` is no key; `Some(&[])` an empty one.
  pub key: Option<&'a [u8]>,
  /// `None` is a null value (tombstone).
  pub value: Option<&'a [u8]>,
  /// Milliseconds since the epoch; `None` is now.
  pub timestamp: Option<i64>,
  pub headers: Vec<(&'a str, Option<&'a [u8]>)>,
  /// Comes back in the record's `DeliveryReport`.
  pub tag: u64,
}

/// Owner of a topic handle (`rd_kafka_topic_t`).
pub struct Topic {
  raw: *mut sys::rd_kafka_topic_t,
  client: Arc<Client>,
}

// SAFETY: librdkafka's topic functions are thread-safe.
unsafe impl Send for Topic {}
// SAFETY: as above.
unsafe impl Sync for Topic {}

const EMPTY: &[u8] = b"";

fn as_raw(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
  match bytes {
    None => (std::ptr::null_mut(), 0),
    // An empty slice may have a dangling address; any readable one says "empty, not null".
    Some([]) => (EMPTY.as_ptr() as *mut c_void, 0),
    Some(bytes) => (bytes.as_ptr() as *mut c_void, bytes.len()),
  }
}

/// Reused between calls so that a send of many records allocates nothing.
#[derive(Default)]
pub struct Scratch(Vec<sys::rd_kafka_message_t>);

// SAFETY: the pointers inside are only used within one `produce` call, which clears them.
unsafe impl Send for Scratch {}

impl Topic {
  pub fn new(client: &Arc<Client>, name: &str) -> Result<Topic, KafkaError> {
    let name = c_string(name);
    // SAFETY: the client is live, the name NUL-terminated, a null configuration means the client's defaults.
    let raw = unsafe { sys::rd_kafka_topic_new(client.raw(), name.as_ptr(), std::ptr::null_mut()) };
    if raw.is_null() {
      return Err(KafkaError::new(sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__INVALID_ARG as i32));
    }
    Ok(Topic { raw, client: Arc::clone(client) })
  }

  pub(super) fn raw(&self) -> *mut sys::rd_kafka_topic_t {
    self.raw
  }

  /// Queues records that have neither timestamps nor headers, in order; never blocks. Calls `refused` with the index and
  /// the code of each record that was not taken.
  pub fn produce_batch<'a, 'b: 'a>(
    &self,
    partition: i32,
    records: impl Iterator<Item = &'a ProduceRecord<'b>>,
    scratch: &mut Scratch,
    mut refused: impl FnMut(usize, i32),
  ) {
    let batch = &mut scratch.0;
    batch.clear();
    for record in records {
      let (payload, len) = as_raw(record.value);
      let (key, key_len) = as_raw(record.key);
      batch.push(sys::rd_kafka_message_t {
        err: sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
        rkt: self.raw,
        partition,
        payload,
        len,
        key,
        key_len,
        offset: 0,
        _private: record.tag as usize as *mut c_void,
      });
    }
    // SAFETY: `raw` is live; with F_COPY librdkafka only reads the payloads, during this call, and the array is ours.
    let taken = unsafe {
      sys::rd_kafka_produce_batch(self.raw, partition, sys::RD_KAFKA_MSG_F_COPY, batch.as_mut_ptr(), batch.len() as i32)
    };
    if taken as usize != batch.len() {
      for (index, message) in batch.iter().enumerate() {
        // SAFETY: initialised above, and perhaps overwritten by librdkafka with a code of its own.
        let code = unsafe { read_code(std::ptr::addr_of!(message.err)) };
        if code != 0 {
          refused(index, code);
        }
      }
    }
    batch.clear();
  }

  /// Queues one record with its timestamp and headers; never blocks.
  pub fn produce(&self, partition: i32, record: &ProduceRecord<'_>) -> Result<(), KafkaError> {
    use sys::rd_kafka_vtype_t::*;
    let mut parts: Vec<sys::rd_kafka_vu_t> = Vec::with_capacity(8 + record.headers.len());
    let names: Vec<_> = record.headers.iter().map(|(name, _)| c_string(name)).collect();
    let mut part = |vtype, fill: &dyn Fn(&mut sys::rd_kafka_vu_s__bindgen_ty_1)| {
      // SAFETY: plain old data of integers and pointers, for which zero bytes are valid.
      let mut u: sys::rd_kafka_vu_s__bindgen_ty_1 = unsafe { std::mem::zeroed() };
      fill(&mut u);
      parts.push(sys::rd_kafka_vu_t { vtype, u });
    };
    let memory = |bytes| {
      let (ptr, size) = as_raw(bytes);
      sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr, size }
    };
    part(RD_KAFKA_VTYPE_RKT, &|u| u.rkt = self.raw);
    part(RD_KAFKA_VTYPE_PARTITION, &|u| u.i32_ = partition);
    part(RD_KAFKA_VTYPE_MSGFLAGS, &|u| u.i = sys::RD_KAFKA_MSG_F_COPY);
    part(RD_KAFKA_VTYPE_VALUE, &|u| u.mem = memory(record.value));
    part(RD_KAFKA_VTYPE_KEY, &|u| u.mem = memory(record.key));
    part(RD_KAFKA_VTYPE_OPAQUE, &|u| u.ptr = record.tag as usize as *mut c_void);
    if let Some(timestamp) = record.timestamp {
      part(RD_KAFKA_VTYPE_TIMESTAMP, &|u| u.i64_ = timestamp);
    }
    for (name, (_, value)) in names.iter().zip(&record.headers) {
      let (val, size) = as_raw(*value);
      part(RD_KAFKA_VTYPE_HEADER, &|u| {
        u.header = sys::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_2 { name: name.as_ptr(), val, size: size as isize };
      });
    }
    // SAFETY: the array and everything it points to live through the call; with F_COPY nothing is kept.
    unsafe { take_error(sys::rd_kafka_produceva(self.client.raw(), parts.as_ptr(), parts.len())) }
  }
}

impl Drop for Topic {
  fn drop(&mut self) {
    // SAFETY: our own reference, given back once, while the client is still live.
    unsafe { sys::rd_kafka_topic_destroy(self.raw) }
  }
}
