//! What happens while JavaScript has all the buffers.

use super::thread::ConsumerThread;
use super::PartitionKey;
use crate::ffi::Message;
use crate::requests::Partition;
use crate::sync::lock;
use std::collections::BTreeSet;
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
  /// What is not fetched meanwhile.
  paused: Option<Vec<PartitionKey>>,
  /// What JavaScript has paused, apart from that.
  by_javascript: BTreeSet<PartitionKey>,
}

impl BackPressure {
  /// A buffer is free.
  pub fn ends(&mut self) {
    self.since = None;
  }

  /// The partition is not this consumer's any more.
  pub fn forget(&mut self, partition: PartitionKey) {
    self.by_javascript.remove(&partition);
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
    if is_too_much && self.back_pressure.paused.is_none() {
      self.pause_fetching();
    }
    let before = self.overflow.as_slice().len();
    self.shared.queue.drain(&mut self.overflow, 1);
    self.back_pressure.bytes += self.overflow.as_slice()[before..].iter().map(bytes_of).sum::<usize>();
    self.served = Instant::now();
  }

  fn pause_fetching(&mut self) {
    let assigned: Vec<PartitionKey> = self.positions.keys().copied().collect();
    self.client().set_paused(&self.list_of(assigned.iter().copied()), true);
    self.back_pressure.paused = Some(assigned);
  }

  /// Partitions that come while fetching is paused are paused, too; assigning resumes what was paused.
  pub fn keep_paused(&mut self) {
    if self.back_pressure.paused.is_some() {
      self.pause_fetching();
    } else if !self.back_pressure.by_javascript.is_empty() {
      let paused = self.list_of(self.back_pressure.by_javascript.iter().copied());
      self.client().set_paused(&paused, true);
    }
  }

  /// JavaScript pauses partitions, or resumes them.
  pub fn pause(&mut self, partitions: &[Partition], paused: bool) {
    let mut keys = Vec::with_capacity(partitions.len());
    for partition in partitions {
      let key = (self.topic_id(&partition.topic), partition.partition);
      let changes = self.positions.contains_key(&key)
        && if paused {
          self.back_pressure.by_javascript.insert(key)
        } else {
          self.back_pressure.by_javascript.remove(&key)
        };
      if changes {
        keys.push(key);
      }
    }
    // While nothing at all is fetched, the end of that state sees to it.
    if !keys.is_empty() && self.back_pressure.paused.is_none() {
      self.client().set_paused(&self.list_of(keys), paused);
    }
  }

  pub fn resume_fetching(&mut self) {
    self.back_pressure.since = None;
    self.back_pressure.bytes = 0;
    if let Some(paused) = self.back_pressure.paused.take() {
      let resumed = paused.into_iter().filter(|key| !self.back_pressure.by_javascript.contains(key));
      self.client().set_paused(&self.list_of(resumed), false);
    }
  }
}

fn bytes_of(message: &Message) -> usize {
  message.key().map_or(0, <[u8]>::len) + message.value().map_or(0, <[u8]>::len)
}
