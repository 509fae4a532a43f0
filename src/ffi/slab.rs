use napi::bindgen_prelude::Uint8Array;

/// A block of memory that JavaScript owns and a native thread fills.
///
/// Ownership goes back and forth: the native side writes only while it holds the slab's credit, JavaScript reads only
/// between the frame event and the return of the credit. Both hand-overs go through a mutex, which orders the accesses.
pub struct SharedSlab {
  start: *mut u8,
  length: usize,
}

// SAFETY: an address and a length; who may access the bytes is ruled by the credit protocol above.
unsafe impl Send for SharedSlab {}

impl SharedSlab {
  /// The caller keeps the array alive, unmoved and undetached for as long as the slab may be written: the JS object that
  /// made it holds it, and the gate of the handle is closed before that object goes.
  pub fn of(array: &mut Uint8Array) -> SharedSlab {
    // SAFETY: only takes the address; writes happen under the protocol above.
    let bytes = unsafe { array.as_mut() };
    SharedSlab { start: bytes.as_mut_ptr(), length: bytes.len() }
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
