//! What a producer handle has handed to librdkafka, and what waits for room there, in order and within limits.

use super::reports::SendTable;
use crate::error::code;
use crate::ffi::{PlainRecords, ProduceRecord, Topic};
use crate::sync::lock;
use crate::wire::sends::{Malformed, ProduceBatch};
use std::collections::VecDeque;
use std::sync::Mutex;

/// How many records memory is kept for between sends.
const SPARE_RECORDS: usize = 4096;
/// What a record costs in librdkafka's queue besides its bytes; counted so that empty records are bounded as well.
pub const RECORD_OVERHEAD: usize = 64;

pub struct Limits {
  pub records: usize,
  pub bytes: usize,
}

/// A produce batch in the backlog, and how many of its records were taken before.
struct Backlogged {
  bytes: Vec<u8>,
  taken: usize,
}

/// The order in which a handle's records go to librdkafka. The table of sends is locked inside the queue, never the
/// other way round.
pub struct SendQueue {
  limits: Limits,
  topics: Vec<Topic>,
  /// What found no room, oldest first.
  backlog: VecDeque<Backlogged>,
  backlog_records: usize,
  backlog_bytes: usize,
  /// Empty, with memory to be reused.
  spare: Vec<PlainRecords<'static>>,
  /// Records and bytes handed over and not reported yet.
  queued_records: usize,
  queued_bytes: usize,
}

/// Records of one block, by topic and partition, in order.
#[derive(Default)]
struct BatchesUnderConstruction<'a>(Vec<(u32, i32, PlainRecords<'a>)>);

impl<'a> BatchesUnderConstruction<'a> {
  fn of(&mut self, topic: u32, partition: i32, spare: &mut Vec<PlainRecords<'static>>) -> &mut PlainRecords<'a> {
    let index = match self.0.iter().position(|entry| (entry.0, entry.1) == (topic, partition)) {
      Some(index) => index,
      None => {
        self.0.push((topic, partition, spare.pop().map(PlainRecords::recycle).unwrap_or_default()));
        self.0.len() - 1
      }
    };
    &mut self.0[index].2
  }
}

impl SendQueue {
  pub fn new(limits: Limits) -> SendQueue {
    SendQueue {
      limits,
      topics: Vec::new(),
      backlog: VecDeque::new(),
      backlog_records: 0,
      backlog_bytes: 0,
      spare: Vec::new(),
      queued_records: 0,
      queued_bytes: 0,
    }
  }

  /// The id that stands for the topic in send blocks.
  pub fn add_topic(&mut self, topic: Topic) -> u32 {
    self.topics.push(topic);
    self.topics.len() as u32 - 1
  }

  pub fn has_backlog(&self) -> bool {
    !self.backlog.is_empty()
  }

  pub fn is_idle(&self) -> bool {
    self.queued_records == 0 && self.backlog.is_empty()
  }

  /// Records have reported: there is room for others.
  pub fn reported(&mut self, records: usize, bytes: usize) {
    self.queued_records = self.queued_records.saturating_sub(records);
    self.queued_bytes = self.queued_bytes.saturating_sub(bytes);
  }

  /// Takes the produce batches of a block, which `sends` expects.
  pub fn send(&mut self, mut block: &[u8], sends: &Mutex<SendTable>) -> Result<(), Malformed> {
    let mut collected = BatchesUnderConstruction::default();
    while let Some(batch) = ProduceBatch::next(&mut block)? {
      if self.collect(&mut collected, &batch) {
        continue;
      }
      self.hand_over_collected(&mut collected, sends);
      let room = if self.backlog.is_empty() { self.limits.records.saturating_sub(self.queued_records) } else { 0 };
      if batch.count > room && !self.may_wait(&batch) {
        // All or nothing: a batch that was refused is not in the log.
        fail(sends, &batch, batch.count, code::QUEUE_FULL);
        continue;
      }
      let taken = if self.backlog.is_empty() { self.hand_over(&batch, 0, sends) } else { 0 };
      if taken < batch.count {
        self.backlog_records += batch.count - taken;
        self.backlog_bytes += batch.bytes.len();
        self.backlog.push_back(Backlogged { bytes: batch.bytes.to_vec(), taken });
      }
    }
    self.hand_over_collected(&mut collected, sends);
    Ok(())
  }

  /// Takes the usual case: a batch that fits, and needs nothing but `rd_kafka_produce_batch`. Many small sends of a tick
  /// reach each partition with one call that way.
  fn collect<'a>(&mut self, collected: &mut BatchesUnderConstruction<'a>, batch: &ProduceBatch<'a>) -> bool {
    let fits = self.backlog.is_empty()
      && batch.is_plain()
      && self.queued_records + batch.count <= self.limits.records
      && self.queued_bytes + batch.bytes.len() + batch.count * RECORD_OVERHEAD <= self.limits.bytes
      && (batch.topic as usize) < self.topics.len();
    if !fits {
      return false;
    }
    let records = collected.of(batch.topic, batch.partition, &mut self.spare);
    for record in batch.records() {
      self.queued_records += 1;
      self.queued_bytes += weight(&record);
      records.push(&record);
    }
    true
  }

  fn hand_over_collected(&mut self, collected: &mut BatchesUnderConstruction<'_>, sends: &Mutex<SendTable>) {
    let SendQueue { topics, spare, queued_records, queued_bytes, .. } = self;
    for (topic, partition, mut records) in collected.0.drain(..) {
      topics[topic as usize].produce_batch(partition, &mut records, |refused| {
        // Refused for good (too large, no such partition), so it never reports.
        *queued_records -= 1;
        *queued_bytes -= refused.bytes + RECORD_OVERHEAD;
        lock(sends).complete(refused.tag, refused.code, -1, 1);
      });
      // one large send must not keep its memory
      if records.capacity() <= SPARE_RECORDS {
        spare.push(records.recycle());
      }
    }
  }

  /// Whether a batch may join the backlog. One that is larger than the bound may if it is the only one, or it never
  /// could.
  fn may_wait(&self, batch: &ProduceBatch<'_>) -> bool {
    self.backlog.is_empty()
      || (self.backlog_records + batch.count <= self.limits.records
        && self.backlog_bytes + batch.bytes.len() <= self.limits.bytes)
  }

  /// Gives librdkafka as many records of the batch as there is room for, from the one at `start` on; returns the index of
  /// the first one that found none.
  fn hand_over(&mut self, batch: &ProduceBatch<'_>, start: usize, sends: &Mutex<SendTable>) -> usize {
    let SendQueue { limits, topics, queued_records, queued_bytes, .. } = self;
    let Some(topic) = topics.get(batch.topic as usize) else {
      fail(sends, batch, batch.count - start, code::INVALID_ARG);
      return batch.count;
    };
    let (mut records, mut bytes) = (0, 0);
    let fitting = batch.records().skip(start).take_while(|record| {
      // A record larger than all the room goes in when nothing else is there, or it never could.
      let size = weight(record);
      let fits = *queued_records + records < limits.records && *queued_bytes + bytes + size <= limits.bytes;
      if fits || *queued_records + records == 0 {
        (records, bytes) = (records + 1, bytes + size);
        return true;
      }
      false
    });
    let fitting: Vec<_> = fitting.collect();
    *queued_records += records;
    *queued_bytes += bytes;
    // Refused for good (too large, no such partition), so it never reports.
    let mut refused = |code, bytes| {
      *queued_records -= 1;
      *queued_bytes -= bytes;
      fail(sends, batch, 1, code);
    };
    if batch.is_plain() {
      let mut plain = PlainRecords::default();
      fitting.iter().for_each(|record| plain.push(record));
      topic.produce_batch(batch.partition, &mut plain, |record| refused(record.code, record.bytes + RECORD_OVERHEAD));
    } else {
      for record in &fitting {
        if let Err(error) = topic.produce(batch.partition, record) {
          refused(error.code, weight(record));
        }
      }
    }
    start + records
  }

  /// Hands over what is in the backlog, oldest first, while there is room.
  pub fn work_off_backlog(&mut self, sends: &Mutex<SendTable>) {
    while let Some(mut waiting) = self.backlog.pop_front() {
      let Ok(Some(batch)) = ProduceBatch::next(&mut &waiting.bytes[..]) else { continue };
      let taken = self.hand_over(&batch, waiting.taken, sends);
      self.backlog_records -= taken - waiting.taken;
      if taken < batch.count {
        waiting.taken = taken;
        self.backlog.push_front(waiting);
        return;
      }
      self.backlog_bytes -= waiting.bytes.len();
    }
  }

  /// Fails what is in the backlog: the handle closes.
  pub fn fail_backlog(&mut self, sends: &Mutex<SendTable>) {
    for waiting in std::mem::take(&mut self.backlog) {
      if let Ok(Some(batch)) = ProduceBatch::next(&mut &waiting.bytes[..]) {
        fail(sends, &batch, batch.count - waiting.taken, code::PURGE_QUEUE);
      }
    }
    (self.backlog_records, self.backlog_bytes) = (0, 0);
  }
}

fn fail(sends: &Mutex<SendTable>, batch: &ProduceBatch<'_>, records: usize, code: i32) {
  lock(sends).complete(batch.tag(), code, -1, records);
}

fn weight(record: &ProduceRecord<'_>) -> usize {
  record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len) + RECORD_OVERHEAD
}
