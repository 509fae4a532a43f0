use super::string_from;
use std::ffi::c_char;

/// Where librdkafka writes why it refuses something.
pub(super) struct Reason([c_char; 512]);

impl Reason {
  pub fn new() -> Reason {
    Reason([0; 512])
  }

  /// The buffer and its size, as librdkafka's functions take them.
  pub fn buffer(&mut self) -> (*mut c_char, usize) {
    (self.0.as_mut_ptr(), self.0.len())
  }

  /// What was written; empty if nothing was.
  pub fn read(&self) -> String {
    // SAFETY: librdkafka NUL-terminates the text it writes, and the buffer is all zeros before.
    unsafe { string_from(self.0.as_ptr()) }
  }
}
