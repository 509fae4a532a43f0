use super::{error_text, read_code, string_from, sys};
use std::ffi::{c_int, CStr};

/// One header of a record; laid out as `kafka_node_header_t` of src/ffi/shims/headers.c.
#[repr(C)]
struct Header {
  name: *const u8,
  value: *const u8,
  name_size: usize,
  value_size: usize,
}

extern "C" {
  fn kafka_node_header(list: *const sys::rd_kafka_headers_t, index: usize, header: *mut Header) -> c_int;
}

/// Owner of one record or consumer error (`rd_kafka_message_t`).
///
/// librdkafka cannot be destroyed while one is held, so none may leave the consumer's thread.
pub struct Message {
  raw: *mut sys::rd_kafka_message_t,
}

impl Message {
  pub(super) fn from_raw(raw: *mut sys::rd_kafka_message_t) -> Option<Message> {
    (!raw.is_null()).then(|| Message { raw })
  }

  fn get(&self) -> &sys::rd_kafka_message_t {
    // SAFETY: owned and live until drop.
    unsafe { &*self.raw }
  }

  /// 0 for a record, else the error's code.
  pub fn error_code(&self) -> i32 {
    // SAFETY: owned and live.
    unsafe { read_code(std::ptr::addr_of!((*self.raw).err)) }
  }

  pub fn error_text(&self) -> String {
    // SAFETY: owned and live; the text belongs to the message.
    let text = unsafe { string_from(sys::rd_kafka_message_errstr(self.raw)) };
    if text.is_empty() {
      error_text(self.error_code())
    } else {
      text
    }
  }

  /// An address that is the same for records of one topic while they are held; for comparison only.
  pub fn topic_tag(&self) -> usize {
    self.get().rkt as usize
  }

  /// The topic's name; empty for an error that belongs to no topic.
  pub fn topic(&self) -> &CStr {
    let topic = self.get().rkt;
    if topic.is_null() {
      return c"";
    }
    // SAFETY: the message holds a reference to its topic, whose name lives as long.
    unsafe { CStr::from_ptr(sys::rd_kafka_topic_name(topic)) }
  }

  pub fn partition(&self) -> i32 {
    self.get().partition
  }

  pub fn offset(&self) -> i64 {
    self.get().offset
  }

  /// `None` is a null value (tombstone); an empty value is `Some(&[])`.
  pub fn value(&self) -> Option<&[u8]> {
    let message = self.get();
    // SAFETY: the message owns (or keeps alive) `len` bytes at `payload`.
    (!message.payload.is_null())
      .then(|| unsafe { std::slice::from_raw_parts(message.payload.cast::<u8>(), message.len) })
  }

  pub fn key(&self) -> Option<&[u8]> {
    let message = self.get();
    // SAFETY: as for `value`.
    (!message.key.is_null()).then(|| unsafe { std::slice::from_raw_parts(message.key.cast::<u8>(), message.key_len) })
  }

  /// Milliseconds since the epoch; -1 when the record has none.
  pub fn timestamp(&self) -> i64 {
    // SAFETY: owned and live; a null type pointer is allowed.
    unsafe { sys::rd_kafka_message_timestamp(self.raw, std::ptr::null_mut()) }
  }

  /// Calls `each` with every header in order; a null header value is `None`.
  pub fn headers(&self, mut each: impl FnMut(&[u8], Option<&[u8]>)) {
    let mut list = std::ptr::null_mut();
    // SAFETY: owned and live; the list stays the message's.
    let code = unsafe { sys::rd_kafka_message_headers(self.raw, &mut list) };
    if code as i32 != 0 || list.is_null() {
      return;
    }
    for index in 0.. {
      let mut header = Header { name: std::ptr::null(), value: std::ptr::null(), name_size: 0, value_size: 0 };
      // SAFETY: `list` is live; the return value says whether the index exists.
      if unsafe { kafka_node_header(list, index, &mut header) } == 0 {
        return;
      }
      // SAFETY: `name` and, unless it is null, `value` point to as many bytes, valid with the message.
      unsafe {
        let value = (!header.value.is_null()).then(|| std::slice::from_raw_parts(header.value, header.value_size));
        each(std::slice::from_raw_parts(header.name, header.name_size), value);
      }
    }
  }
}

impl Drop for Message {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_message_destroy(self.raw) }
  }
}

/// Records taken from a queue in one call.
#[derive(Default)]
pub struct MessageBatch {
  messages: Vec<Message>,
  raw: Vec<*mut sys::rd_kafka_message_t>,
}

// SAFETY: the scratch pointers are only used inside `fill`; the messages are owned. Only moved as a whole into the thread.
unsafe impl Send for MessageBatch {}

impl MessageBatch {
  pub(super) fn fill(&mut self, max: usize, take: impl FnOnce(*mut *mut sys::rd_kafka_message_t, usize) -> isize) {
    self.raw.resize(max, std::ptr::null_mut());
    let taken = usize::try_from(take(self.raw.as_mut_ptr(), max)).unwrap_or(0);
    self.messages.extend(self.raw[..taken].iter().filter_map(|&raw| Message::from_raw(raw)));
  }

  pub fn push(&mut self, message: Message) {
    self.messages.push(message);
  }

  pub fn as_slice(&self) -> &[Message] {
    &self.messages
  }

  pub fn is_empty(&self) -> bool {
    self.messages.is_empty()
  }

  pub fn clear(&mut self) {
    self.messages.clear();
  }

  /// Destroys the first `count` messages.
  pub fn drop_front(&mut self, count: usize) {
    self.messages.drain(..count);
  }

  /// Keeps the messages for which `keep` is true, in order.
  pub fn retain(&mut self, keep: impl FnMut(&Message) -> bool) {
    self.messages.retain(keep);
  }
}
