//! Records on their way into the shared buffers.

use super::thread::ConsumerThread;
use super::PartitionKey;
use crate::bridge::{Event, ToJs};
use crate::error::KafkaError;
use crate::ffi::{Message, SharedBuffer};
use crate::sync::lock;
use crate::wire::records::{encode, BatchHeader, BatchLayout, PartitionRange, Record};
use std::time::{Duration, Instant};

/// How long one wait for a record lasts; commands end it early.
const POLL_WAIT: Duration = Duration::from_millis(100);
/// The most records per batch.
const MAX_RECORDS: usize = 1024;
/// librdkafka's code for "the offset is out of range and there is no reset policy" (`_AUTO_OFFSET_RESET`).
const OFFSET_OUT_OF_RANGE: i32 = -140;

impl Record for Message {
  fn topic_tag(&self) -> usize {
    Message::topic_tag(self)
  }
  fn partition(&self) -> i32 {
    Message::partition(self)
  }
  fn offset(&self) -> i64 {
    Message::offset(self)
  }
  fn timestamp(&self) -> i64 {
    Message::timestamp(self)
  }
  fn key(&self) -> Option<&[u8]> {
    Message::key(self)
  }
  fn value(&self) -> Option<&[u8]> {
    Message::value(self)
  }
  fn headers(&self, each: impl FnMut(&[u8], Option<&[u8]>)) {
    Message::headers(self, each);
  }
}

impl ConsumerThread {
  /// Fills a buffer with what is there, waiting a little for the first record. Returns the buffer if it was not used.
  pub fn deliver(&mut self, number: u32, buffer: SharedBuffer) -> Option<SharedBuffer> {
    if self.overflow.is_empty() {
      self.served = Instant::now();
      let Some(first) = self.shared.queue.poll_message(POLL_WAIT) else { return Some(buffer) };
      self.batch.push(first);
      let max = (buffer.len() / self.record_bytes.max(1)).clamp(1, MAX_RECORDS) - 1;
      if max > 0 {
        self.shared.queue.drain(&mut self.batch, max);
      }
    } else {
      std::mem::swap(&mut self.batch, &mut self.overflow);
    }
    self.take_notes();
    self.sort_out();
    if self.batch.is_empty() {
      return Some(buffer);
    }
    self.hand_over(number, buffer);
    None
  }

  /// Takes errors out of the batch and reports them; drops what belongs to partitions that are no longer assigned.
  fn sort_out(&mut self) {
    if self.membership.is_giving_up() {
      self.batch.clear();
      return;
    }
    let (bridge, positions, topics) = (&self.shared.bridge, &self.positions, &self.topic_ids);
    let is_assigned = |message: &Message| {
      let topic = topics.get(&*message.topic().to_string_lossy());
      topic.is_some_and(|id| positions.contains_key(&(*id, message.partition())))
    };
    // Records come in runs of one partition.
    let mut last = (0, -1, false);
    self.batch.retain(|message| {
      let code = message.error_code();
      if code == 0 {
        if (last.0, last.1) != (message.topic_tag(), message.partition()) {
          last = (message.topic_tag(), message.partition(), is_assigned(message));
        }
        return last.2;
      }
      if code == OFFSET_OUT_OF_RANGE && !is_assigned(message) {
        return false;
      }
      let topic = message.topic().to_string_lossy().into_owned();
      let error = KafkaError::with_text(code, message.error_text());
      bridge.event(error_event(error, topic, message.partition(), message.offset()));
      false
    });
  }

  /// Encodes the batch into the buffer, and keeps what does not fit for the next one.
  fn hand_over(&mut self, number: u32, mut buffer: SharedBuffer) {
    let capacity = buffer.len();
    let messages = std::mem::take(&mut self.batch);
    let mut layout = BatchLayout::of(messages.as_slice(), capacity);
    let too_large = layout.count == 0;
    if too_large {
      layout = BatchLayout::of(&messages.as_slice()[..1], usize::MAX);
    }
    let ranges: Vec<PartitionRange> = layout.ranges(messages.as_slice()).map(|first| self.describe(first)).collect();
    let taken = &messages.as_slice()[..layout.count];
    for pair in taken.windows(2).filter(|pair| !same_partition(&pair[0], &pair[1])) {
      self.advance(&pair[0]);
    }
    if let Some(last) = taken.last() {
      self.advance(last);
    }
    let size = layout.size();
    self.record_bytes = (3 * self.record_bytes + size / layout.count.max(1)) / 4;
    let header = BatchHeader { seek_version: self.seek_version, buffer: number };
    self.shared.bridge.post_made_by(|| {
      let made = if too_large {
        // The buffer cannot hold it, but it takes up the credit of one, so that large records are bounded, too.
        let mut large = vec![0; size];
        encode(taken, &layout, &ranges, header, &mut large);
        ToJs::LargeBatch(large)
      } else {
        encode(taken, &layout, &ranges, header, buffer.bytes());
        ToJs::SharedBuffer(number)
      };
      lock(&self.shared.inbox).filled(number, buffer);
      made
    });
    let count = layout.count;
    self.batch = messages;
    self.batch.drop_front(count);
    if !self.batch.is_empty() {
      std::mem::swap(&mut self.batch, &mut self.overflow);
    }
  }

  fn key_of(&mut self, message: &Message) -> PartitionKey {
    (self.topic_id(&message.topic().to_string_lossy()), message.partition())
  }

  fn describe(&mut self, message: &Message) -> PartitionRange {
    let high_watermark = self.client().high_watermark(message.topic(), message.partition());
    let key = self.key_of(message);
    let assignment_version = self.membership.version_of(key).unwrap_or_default();
    PartitionRange { topic_id: key.0, high_watermark, assignment_version }
  }

  fn advance(&mut self, message: &Message) {
    let key = self.key_of(message);
    if let Some(position) = self.positions.get_mut(&key) {
      *position = message.offset() + 1;
    }
  }

  /// Drops the records of these partitions that have been taken from librdkafka and not handed over.
  pub fn forget(&mut self, partitions: &[PartitionKey]) {
    for partition in partitions {
      self.positions.remove(partition);
      self.pauses.taken(*partition);
    }
    if self.positions.is_empty() {
      self.overflow.clear();
      self.batch.clear();
      self.resume_fetching();
      return;
    }
    let (positions, topics) = (&self.positions, &self.topic_ids);
    for batch in [&mut self.overflow, &mut self.batch] {
      batch.retain(|message| {
        let topic = topics.get(&*message.topic().to_string_lossy());
        message.error_code() != 0 || topic.is_some_and(|id| positions.contains_key(&(*id, message.partition())))
      });
    }
  }
}

/// An error with what it is about. librdkafka names partition 0 in errors about the group, too.
fn error_event(error: KafkaError, topic: String, partition: i32, offset: i64) -> Event {
  let has_topic = !topic.is_empty();
  Event::Error {
    error,
    topic: has_topic.then_some(topic),
    partition: (has_topic && partition >= 0).then_some(partition),
    offset: (has_topic && offset >= 0).then_some(offset),
  }
}

fn same_partition(a: &Message, b: &Message) -> bool {
  a.topic_tag() == b.topic_tag() && a.partition() == b.partition()
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn an_error_about_the_group_names_no_partition() {
    let told =
      |topic: &str, partition, offset| match error_event(KafkaError::new(-199), topic.into(), partition, offset) {
        Event::Error { topic, partition, offset, .. } => (topic, partition, offset),
        _ => panic!("no error"),
      };
    assert_eq!(told("", 0, -1001), (None, None, None));
    assert_eq!(told("t", 0, 7), (Some("t".into()), Some(0), Some(7)));
    assert_eq!(told("t", -1, -1001), (Some("t".into()), None, None));
  }
}
