//! The native half of kafka-node-native.
//!
//! JavaScript sees what `napi` exports: two handles, `NativeProducer` and `NativeConsumer`, and `NativeDevBroker` for
//! development. Records cross in blocks (`wire`), everything else as JSON text (`napi::bridge`, `requests`).
//! `docs/architecture.md` has the whole picture.

mod config;
mod consumer;
mod error;
mod ffi;
pub mod napi;
mod producer;
mod requests;
mod sync;
mod wire;
