use std::ffi::c_int;
use std::sync::Once;

extern "C" {
  fn OPENSSL_init_crypto(options: u64, settings: *const std::ffi::c_void) -> c_int;
}

/// OpenSSL's `OPENSSL_INIT_NO_ATEXIT` (openssl/crypto.h).
const INIT_NO_ATEXIT: u64 = 0x0008_0000;

/// Initialises the statically linked OpenSSL without its exit handler.
///
/// `process.exit()` may come while librdkafka's threads are in the middle of a TLS record. OpenSSL's exit handler would
/// free its tables under them. The operating system takes the memory back anyway.
pub fn keep_openssl_alive_at_exit() {
  static ONCE: Once = Once::new();
  // SAFETY: callable at any time before other use of this OpenSSL copy; null settings are its documented default.
  ONCE.call_once(|| unsafe {
    OPENSSL_init_crypto(INIT_NO_ATEXIT, std::ptr::null());
  });
}
