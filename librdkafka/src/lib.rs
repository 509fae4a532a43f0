//! librdkafka as a static library: see `build.rs` for how it is compiled and `config.h` for what is in it.

use {libz_sys as _, openssl_sys as _, zstd_sys as _};

pub use rdkafka_sys::bindings;
