use super::{c_string, read_code, sys, take_error, Client};
use crate::ffi::error::KafkaError;
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::mem::size_of;
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
  /// Comes back in the record's `DeliveryReports`.
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

extern "C" {
  fn kafka_node_produce_batch(
    topic: *mut sys::rd_kafka_topic_t,
    partition: i32,
    records: *mut sys::rd_kafka_message_t,
    count: usize,
  ) -> c_int;
}

const EMPTY: &[u8] = b"";

// A tag has 64 bits and travels as librdkafka's opaque pointer.
const _: () = assert!(size_of::<*mut c_void>() >= size_of::<u64>(), "send tags need 64-bit pointers");

fn as_raw(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
  match bytes {
    None => (std::ptr::null_mut(), 0),
    // An empty slice may have a dangling address; any readable one means "empty, not null".
    Some([]) => (EMPTY.as_ptr() as *mut c_void, 0),
    Some(bytes) => (bytes.as_ptr() as *mut c_void, bytes.len()),
  }
}

/// Records for one partition, without timestamps and headers.
#[derive(Default)]
pub struct PlainRecords<'a> {
  raw: Vec<sys::rd_kafka_message_t>,
  // the records point into slices that live this long
  slices: PhantomData<&'a [u8]>,
}

impl<'a> PlainRecords<'a> {
  pub fn push(&mut self, record: &ProduceRecord<'a>) {
    let (payload, len) = as_raw(record.value);
    let (key, key_len) = as_raw(record.key);
    self.raw.push(sys::rd_kafka_message_t {
      err: sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR,
      // has no meaning for the call
      rkt: std::ptr::null_mut(),
      partition: 0,
      payload,
      len,
      key,
      key_len,
      offset: 0,
      _private: record.tag as usize as *mut c_void,
    });
  }

  /// How many records there is room for.
  pub fn capacity(&self) -> usize {
    self.raw.capacity()
  }

  /// Empties it but keeps the memory for other records.
  pub fn recycle<'b>(mut self) -> PlainRecords<'b> {
    self.raw.clear();
    PlainRecords { raw: self.raw, slices: PhantomData }
  }
}

// SAFETY: the pointers are read while the slices that they point into are borrowed, and slices of bytes are `Send`.
unsafe impl Send for PlainRecords<'_> {}

/// A record that was not taken.
pub struct Refused {
  pub code: i32,
  /// As in `ProduceRecord`.
  pub tag: u64,
  /// Bytes of key and value.
  pub bytes: usize,
}

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

  /// Queues records in order; never blocks. Calls `refused` for each record that was not taken.
  pub fn produce_batch(&self, partition: i32, records: &mut PlainRecords<'_>, mut refused: impl FnMut(Refused)) {
    let PlainRecords { raw, .. } = records;
    // SAFETY: `self.raw` is live; payloads are copied during this call, and the array is ours.
    let taken = unsafe { kafka_node_produce_batch(self.raw, partition, raw.as_mut_ptr(), raw.len()) };
    if taken as usize == raw.len() {
      return;
    }
    for message in raw {
      // SAFETY: initialised by `push`, and perhaps overwritten by librdkafka with a code of its own.
      let code = unsafe { read_code(std::ptr::addr_of!(message.err)) };
      if code != 0 {
        let bytes = message.len + message.key_len;
        refused(Refused { code, tag: message._private as usize as u64, bytes });
      }
    }
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
