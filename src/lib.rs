//! The native half of kafka-node-native.
//!
//! JavaScript sees what `napi` exports: two handles, `NativeProducer` and `NativeConsumer`, and `NativeDevBroker` for
//! development. Records cross in blocks (`wire`), everything else as JSON text (`bridge`, `requests`).
//! `docs/architecture.md` has the whole picture.

mod bridge;
mod config;
mod consumer;
mod ffi;
pub mod napi;
mod producer;
mod requests;
mod sync;
#[cfg(test)]
mod typescript;
mod wire;

// What failed is said in librdkafka's codes everywhere.
use ffi::error;
