//! The native half of kafka-node-native.
//!
//! JavaScript sees two handles, `NativeProducer` and `NativeConsumer`, and `NativeDevBroker` for development. Records
//! cross in blocks (`frame`), everything else as JSON text (`bridge`, `control`). `docs/architecture.md` has the whole
//! picture.

mod bridge;
mod config;
mod consumer;
mod control;
mod dev_broker;
mod error;
mod ffi;
mod frame;
mod offsets;
mod producer;

/// The version of the librdkafka that is linked in, e.g. `2.12.1`.
#[napi_derive::napi]
pub fn librdkafka_version() -> String {
  rdkafka::util::get_rdkafka_version().1
}
