//! `NativeConsumer`, the JavaScript object of a consumer handle.

use crate::bridge::{Bridge, Callback};
use crate::config::ConsumerOptions;
use crate::consumer::Consumer;
use crate::ffi::{self, SharedBuffer};
use napi::bindgen_prelude::Uint8Array;
use napi::Env;
use napi_derive::napi;
use serde::de::DeserializeOwned;
use std::cell::RefCell;

/// A consumer handle of librdkafka. Made, used and closed on one JS thread.
#[napi]
pub struct NativeConsumer {
  // Given up by `close`, so that the handle's own thread drops the last share: destroying a client blocks.
  consumer: RefCell<Option<Consumer>>,
  // Strong references: the memory must be there until `drop` has closed the bridge's gate.
  buffers: RefCell<Vec<Uint8Array>>,
}

fn parse<T: DeserializeOwned>(text: &str) -> napi::Result<T> {
  serde_json::from_str(text).map_err(|error| napi::Error::from_reason(error.to_string()))
}

#[napi]
impl NativeConsumer {
  /// `options` is the JSON text of `ConsumerOptions` (src/config/mod.rs). The buffers are lent to the thread, all of them
  /// at once; they must not be resized, transferred or dropped before the `closed` event. Throws on a value that
  /// librdkafka refuses.
  #[napi(constructor)]
  pub fn new(
    env: Env,
    options: String,
    mut buffers: Vec<Uint8Array>,
    #[napi(ts_arg_type = "(kind: number, payload: any) => void")] callback: Callback<'_>,
  ) -> napi::Result<NativeConsumer> {
    ffi::keep_openssl_alive_at_exit();
    let options: ConsumerOptions = parse(&options)?;
    let bridge = Bridge::new(&env, &callback)?;
    let consumer = Consumer::start(&options, buffers.iter_mut().map(SharedBuffer::of).collect(), bridge)?;
    Ok(NativeConsumer { consumer: RefCell::new(Some(consumer)), buffers: RefCell::new(buffers) })
  }

  fn with<T>(&self, call: impl FnOnce(&Consumer) -> T) -> Option<T> {
    self.consumer.borrow().as_ref().map(call)
  }

  fn while_open<T>(&self, call: impl FnOnce(&Consumer) -> napi::Result<T>) -> napi::Result<T> {
    self.with(call).unwrap_or_else(|| Err(napi::Error::from_reason("the consumer is closed")))
  }

  /// Gives a buffer back to be refilled.
  #[napi]
  pub fn credit(&self, buffer: u32) {
    self.with(|consumer| consumer.credit(buffer));
  }

  /// Changes the memory of a buffer that is not lent to the thread: one that JavaScript has been told of and has not
  /// given back. Like the others, it must not be resized, transferred or dropped before the `closed` event.
  #[napi]
  pub fn replace_buffer(&self, buffer: u32, mut memory: Uint8Array) -> napi::Result<()> {
    self.while_open(|consumer| {
      if !consumer.replace_buffer(buffer, SharedBuffer::of(&mut memory)) {
        return Err(napi::Error::from_reason("the buffer is lent to the thread"));
      }
      self.buffers.borrow_mut()[buffer as usize] = memory;
      Ok(())
    })
  }

  /// The version of the last change of the assignment. Records of partitions that were assigned with it are current.
  #[napi]
  pub fn assignment_version(&self) -> u32 {
    self.with(Consumer::assignment_version).unwrap_or(u32::MAX)
  }

  /// Whether records of this partition that carry this version are current, although the assignment has changed since.
  #[napi]
  pub fn is_assigned(&self, topic_id: u32, partition: i32, assignment_version: u32) -> bool {
    self.with(|consumer| consumer.is_assigned((topic_id, partition), assignment_version)).unwrap_or(false)
  }

  /// Gives the thread a command, as JSON text of `Command` (src/consumer/commands.rs).
  #[napi]
  pub fn command(&self, command: String) -> napi::Result<()> {
    let command = parse(&command)?;
    self.while_open(|consumer| {
      consumer.command(command);
      Ok(())
    })
  }

  /// Starts a request of the control plane (`src/requests`); its reply comes as an event with the same id.
  #[napi]
  pub fn request(&self, id: u32, request: String) -> napi::Result<()> {
    self.while_open(|consumer| consumer.request(id, &request))
  }

  /// What this member tells the group's leader when it next joins, for the given one of its assignors.
  #[napi]
  pub fn set_subscription_metadata(&self, assignor: u32, metadata: Uint8Array) {
    self.with(|consumer| consumer.set_subscription_metadata(assignor as usize, metadata.to_vec()));
  }

  /// True as long as librdkafka waits for the assignment with this number (event `assignorRequested`).
  #[napi]
  pub fn assignment_wanted(&self, number: u32) -> bool {
    self.with(|consumer| consumer.assignment_wanted(number)).unwrap_or(false)
  }

  /// Gives the assignment with this number, as JSON text of a list of `MemberAssignment` (src/consumer/assignor.rs); null
  /// if there is none: the group rebalances again. False if it comes too late.
  #[napi]
  pub fn complete_assignment(&self, number: u32, assignments: Option<String>) -> napi::Result<bool> {
    let assignments = assignments.map(|text| parse(&text)).transpose()?;
    Ok(self.with(|consumer| consumer.complete_assignment(number, assignments)).unwrap_or(false))
  }

  /// Leaves the group and ends. The `closed` event is the last one.
  #[napi]
  pub fn close(&self) {
    if let Some(consumer) = self.consumer.take() {
      consumer.close();
    }
  }
}

impl Drop for NativeConsumer {
  fn drop(&mut self) {
    // Collected without `close`: nobody can receive anything any more, and the thread does the rest.
    if let Some(consumer) = self.consumer.take() {
      consumer.abandon();
    }
  }
}
