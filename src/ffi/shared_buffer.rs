use napi::bindgen_prelude::Uint8Array;

/// Memory that JavaScript owns and a native thread fills.
///
/// Ownership goes back and forth: the native side writes only while it holds the buffer's credit, JavaScript reads only
/// between the event that announces it and the return of the credit. Both hand-overs go through a mutex, for ordering.
pub struct SharedBuffer {
  start: *mut u8,
  length: usize,
}

// SAFETY: an address and a length; who may access the bytes is ruled by the credit protocol above.
unsafe impl Send for SharedBuffer {}

impl SharedBuffer {
  /// The caller keeps the array alive, unmoved and undetached for as long as the buffer may be written: the JS object
  /// that made it holds it, and the handle's gate is closed before that object goes away.
  pub fn of(array: &mut Uint8Array) -> SharedBuffer {
    // SAFETY: only takes the address; writes happen under the protocol above.
    let bytes = unsafe { array.as_mut() };
    SharedBuffer { start: bytes.as_mut_ptr(), length: bytes.len() }
  }

  pub fn len(&self) -> usize {
    self.length
  }

  /// The bytes, to be filled. `&mut self` and the credit make this the only access.
  pub fn bytes(&mut self) -> &mut [u8] {
    // SAFETY: `start` points to `length` bytes that outlive this borrow, by the promise to `of`.
    unsafe { std::slice::from_raw_parts_mut(self.start, self.length) }
  }
}
