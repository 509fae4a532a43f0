//! `NativeProducer`: what JavaScript sees of a producer handle.

use crate::bridge::{Bridge, Callback};
use crate::config::ProducerOptions;
use crate::ffi;
use crate::producer::Producer;
use crate::requests;
use crate::wire::sends::Malformed;
use napi::bindgen_prelude::{Float64Array, Uint8Array};
use napi::Env;
use napi_derive::napi;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

/// A producer handle of librdkafka. Made, used and closed on one JS thread.
#[napi]
pub struct NativeProducer {
  // Given up by `close`, so that the handle's own thread drops the last share: destroying a client blocks.
  producer: RefCell<Option<Arc<Producer>>>,
}

#[napi]
impl NativeProducer {
  /// `options` is the JSON text of `config.rs`'s `ProducerOptions`. Throws on a value that librdkafka refuses.
  #[napi(constructor)]
  pub fn new(
    env: Env,
    options: String,
    #[napi(ts_arg_type = "(kind: number, payload: any) => void")] callback: Callback<'_>,
  ) -> napi::Result<NativeProducer> {
    ffi::keep_openssl_alive_at_exit();
    let options: ProducerOptions =
      serde_json::from_str(&options).map_err(|error| napi::Error::from_reason(error.to_string()))?;
    let producer = Producer::start(&options, Bridge::new(&env, &callback)?)?;
    Ok(NativeProducer { producer: RefCell::new(Some(producer)) })
  }

  fn with<T>(&self, call: impl FnOnce(&Arc<Producer>) -> napi::Result<T>) -> napi::Result<T> {
    match &*self.producer.borrow() {
      Some(producer) => call(producer),
      None => Err(napi::Error::from_reason("the producer is closed")),
    }
  }

  /// The id that stands for a topic in send blocks.
  #[napi]
  pub fn topic(&self, name: String) -> napi::Result<u32> {
    self.with(|producer| Ok(producer.topic(&name)?))
  }

  /// Hands over the first `length` bytes of `block`: produce batches as `core/wire/sends.js` packs them. Never blocks.
  #[napi]
  pub fn send(&self, block: Uint8Array, length: u32) -> napi::Result<()> {
    self.with(|producer| {
      let block = block.get(..length as usize).ok_or_else(|| napi::Error::from_reason("length beyond the block"))?;
      producer.send(block).map_err(|Malformed| napi::Error::from_reason("malformed send block"))
    })
  }

  /// Takes what librdkafka has to report, after a `ready`; returns finished sends, as in `ToJs::Reports`.
  #[napi]
  pub fn drain(&self) -> Option<Float64Array> {
    let producer = self.producer.borrow();
    let reports = producer.as_ref()?.drain();
    (!reports.is_empty()).then(|| Float64Array::new(reports))
  }

  /// Starts a request of the control plane (`requests`); its reply comes as an event with the same id.
  #[napi]
  pub fn request(&self, id: u32, request: String) -> napi::Result<()> {
    self.with(|producer| requests::start(id, &request, producer.client(), &producer.bridge, &producer.pool))
  }

  /// Delivers what was sent, for at most `timeout` ms, fails the rest, and ends. The `closed` event is the last one.
  #[napi]
  pub fn close(&self, timeout: u32) {
    if let Some(producer) = self.producer.take() {
      producer.close(Duration::from_millis(timeout.into()));
    }
  }
}

impl Drop for NativeProducer {
  fn drop(&mut self) {
    // Collected without `close`.
    if let Some(producer) = self.producer.take() {
      producer.abandon();
    }
  }
}
