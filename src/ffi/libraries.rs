use super::string_from;
use std::ffi::c_char;

extern "C" {
  fn zlibVersion() -> *const c_char;
  fn ZSTD_versionString() -> *const c_char;
  fn LZ4_versionString() -> *const c_char;
}

/// The C libraries that are linked in, by the names that `scripts/lib/notices.js` has for them, with the versions that
/// they tell themselves.
pub fn linked_libraries() -> Vec<(&'static str, String)> {
  let openssl = openssl::version::version();
  // SAFETY: each takes nothing and returns a static, NUL-terminated string (zlib.h, zstd.h, lz4.h).
  let (zlib, zstd, lz4) =
    unsafe { (string_from(zlibVersion()), string_from(ZSTD_versionString()), string_from(LZ4_versionString())) };
  vec![
    ("librdkafka", rdkafka::util::get_rdkafka_version().1),
    // `OpenSSL 3.6.3 9 Jun 2026`
    ("OpenSSL", openssl.split(' ').nth(1).unwrap_or(openssl).to_owned()),
    ("zlib", zlib),
    ("Zstandard", zstd),
    ("lz4", lz4),
  ]
}
