//! What happens while JavaScript has all the buffers.

use super::thread::ConsumerThread;
use super::PartitionKey;
use crate::ffi::{Message, PartitionList};
use crate::requests::Partition;
use crate::sync::lock;
use std::time::{Duration, Instant};

/// Without a free buffer: how often the group is served.
const STALLED_WAIT: Duration = Duration::from_millis(50);
/// Without a free buffer for this long: stop fetching, so that serving the group brings no more records.
const STALLED_PAUSE: Duration = Duration::from_millis(1000);
/// Without a free buffer: stop fetching at once when serving the group has brought in this many bytes.
const STALLED_BYTES: usize = 4 << 20;

#[derive(Default)]
pub(super) struct BackPressure {
  since: Option<Instant>,
  /// Bytes that serving the group without a free buffer has added to the overflow since it was empty.
  bytes: usize,
}

impl BackPressure {
  /// A buffer is free.
  pub fn ends(&mut self) {
    self.since = None;
  }
}

impl ConsumerThread {
  /// Waits for a buffer, and serves the group meanwhile. The odd record that this brings in is kept.
  pub fn stall(&mut self) {
    let inbox = lock(&self.shared.inbox);
    if !inbox.commands.is_empty() || inbox.has_free_buffer() {
      return;
    }
    drop(self.shared.arrived.wait_timeout(inbox, STALLED_WAIT));
    let since = *self.back_pressure.since.get_or_insert_with(Instant::now);
    if self.served.elapsed() < STALLED_WAIT {
      return;
    }
    let is_too_much = since.elapsed() >= STALLED_PAUSE || self.back_pressure.bytes >= STALLED_BYTES;
    if is_too_much && !self.pauses.are_all() {
      self.pause_fetching();
    }
    let before = self.overflow.as_slice().len();
    self.shared.queue.drain(&mut self.overflow, 1);
    self.back_pressure.bytes += self.overflow.as_slice()[before..].iter().map(bytes_of).sum::<usize>();
    self.served = Instant::now();
  }

  fn pause_fetching(&mut self) {
    let paused = self.pauses.pause_all(self.assigned());
    self.set_paused(paused, true);
  }

  pub fn resume_fetching(&mut self) {
    self.back_pressure.since = None;
    self.back_pressure.bytes = 0;
    let resumed = self.pauses.resume_all(self.assigned());
    self.set_paused(resumed, false);
  }

  /// JavaScript pauses partitions, or resumes them.
  pub fn pause(&mut self, partitions: &[Partition], paused: bool, assignment_version: Option<u32>) {
    let mut keys: Vec<PartitionKey> =
      partitions.iter().map(|each| (self.topic_id(&each.topic), each.partition)).collect();
    keys.retain(|key| self.positions.contains_key(key) && !self.membership.is_newer(*key, assignment_version));
    let told = if paused { self.pauses.pause(keys) } else { self.pauses.resume(keys) };
    self.set_paused(told, paused);
  }

  /// Pauses or resumes what has just been assigned.
  pub fn set_pauses(&mut self, list: &PartitionList) {
    let keys = list.to_vec().iter().map(|each| (self.topic_id(&each.topic), each.partition)).collect();
    let (paused, resumed) = self.pauses.assigned(keys);
    self.set_paused(paused, true);
    self.set_paused(resumed, false);
  }

  fn set_paused(&self, partitions: Vec<PartitionKey>, paused: bool) {
    if !partitions.is_empty() {
      self.client().set_paused(&self.list_of(partitions), paused);
    }
  }

  fn assigned(&self) -> Vec<PartitionKey> {
    self.positions.keys().copied().collect()
  }
}

fn bytes_of(message: &Message) -> usize {
  message.key().map_or(0, <[u8]>::len) + message.value().map_or(0, <[u8]>::len)
}
