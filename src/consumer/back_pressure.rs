//! What happens while JavaScript has all the buffers.

use super::thread::ConsumerThread;
use crate::ffi::{Message, PartitionList};
use crate::sync::lock;
use std::time::{Duration, Instant};

/// Without a free buffer: how often the group is served.
const STALLED_WAIT: Duration = Duration::from_millis(50);
/// Without a free buffer for this long: stop fetching, so that serving the group brings no more records.
const STALLED_PAUSE: Duration = Duration::from_millis(1000);
/// Without a free buffer: stop fetching at once when serving the group has brought so many bytes.
const STALLED_BYTES: usize = 4 << 20;

#[derive(Default)]
pub(super) struct BackPressure {
  since: Option<Instant>,
  /// Bytes that serving the group without a free buffer has added to the overflow since it was empty.
  bytes: usize,
  /// What is not fetched meanwhile.
  paused: Option<PartitionList>,
}

impl BackPressure {
  /// A buffer is free.
  pub fn ends(&mut self) {
    self.since = None;
  }
}

impl ConsumerThread {
  /// Waits for a buffer, and serves the group meanwhile. The odd record that this brings is kept.
  pub fn stall(&mut self) {
    let inbox = lock(&self.shared.inbox);
    if !inbox.commands.is_empty() || !inbox.free_buffers.is_empty() {
      return;
    }
    drop(self.shared.arrived.wait_timeout(inbox, STALLED_WAIT));
    let since = *self.back_pressure.since.get_or_insert_with(Instant::now);
    if self.served.elapsed() < STALLED_WAIT {
      return;
    }
    let is_too_much = since.elapsed() >= STALLED_PAUSE || self.back_pressure.bytes >= STALLED_BYTES;
    if is_too_much && self.back_pressure.paused.is_none() {
      self.pause_fetching();
    }
    let before = self.overflow.as_slice().len();
    self.shared.queue.drain(&mut self.overflow, 1);
    self.back_pressure.bytes += self.overflow.as_slice()[before..].iter().map(bytes_of).sum::<usize>();
    self.served = Instant::now();
  }

  fn pause_fetching(&mut self) {
    let assigned = self.position_list();
    self.client().set_paused(&assigned, true);
    self.back_pressure.paused = Some(assigned);
  }

  /// Partitions that come while fetching is paused are paused, too.
  pub fn keep_paused(&mut self) {
    if self.back_pressure.paused.is_some() {
      self.pause_fetching();
    }
  }

  pub fn resume_fetching(&mut self) {
    self.back_pressure.since = None;
    self.back_pressure.bytes = 0;
    if let Some(paused) = self.back_pressure.paused.take() {
      self.client().set_paused(&paused, false);
    }
  }
}

fn bytes_of(message: &Message) -> usize {
  message.key().map_or(0, <[u8]>::len) + message.value().map_or(0, <[u8]>::len)
}
