//! Records bound for JavaScript: one block per batch, columns instead of objects.
//!
//! All integers are little endian. Positions are bytes from the start of the block.
//!
//! | part | content |
//! |---|---|
//! | header | 16 i32, see `Header` |
//! | runs | 32 bytes each: i32 topic id, partition, index of the first record, count; f64 high watermark, spare |
//! | offsets | f64 per record |
//! | timestamps | f64 per record, ms since the epoch, -1 when there is none |
//! | key lengths | i32 per record, see `length_word` |
//! | value lengths | i32 per record |
//! | header lengths | i32 per record, bytes; only with the `HAS_HEADERS` flag |
//! | keys, values, headers | the bytes, one record after the other |
//!
//! A run is a stretch of records of one partition. Keys and values lie in separate stretches so that JavaScript can
//! decode many of them with one call. A record's headers are pairs of i32 length, name, i32 length (-1 null), value.

/// What the encoder wants to know of a record.
pub trait Record {
  /// Equal for records of the same topic.
  fn topic_tag(&self) -> usize;
  fn partition(&self) -> i32;
  fn offset(&self) -> i64;
  fn timestamp(&self) -> i64;
  fn key(&self) -> Option<&[u8]>;
  fn value(&self) -> Option<&[u8]>;
  fn headers(&self, each: impl FnMut(&[u8], Option<&[u8]>));
}

/// What the encoder is told about a run, in the order of `Plan::runs`.
pub struct Run {
  pub topic_id: u32,
  pub high_watermark: i64,
}

/// Numbers that go into the block's header as they are.
#[derive(Clone, Copy)]
pub struct Stamp {
  /// Changes with each assignment: JavaScript drops what is left of an older one.
  pub epoch: u32,
  /// The last command of JavaScript that had been carried out when the records were taken.
  pub sequence: u32,
  /// The slab to give back when the records have been dealt with, also by a block that is too large for any slab.
  pub slab: u32,
}

/// Header words, by index.
struct Header;

impl Header {
  const COUNT: usize = 0;
  const RUNS: usize = 1;
  const FLAGS: usize = 2;
  const EPOCH: usize = 3;
  const SEQUENCE: usize = 4;
  const OFFSETS_AT: usize = 5;
  const TIMESTAMPS_AT: usize = 6;
  const KEY_LENGTHS_AT: usize = 7;
  const VALUE_LENGTHS_AT: usize = 8;
  const HEADER_LENGTHS_AT: usize = 9;
  const KEYS_AT: usize = 10;
  const VALUES_AT: usize = 11;
  const HEADERS_AT: usize = 12;
  const SLAB: usize = 13;
}

const HEADER_BYTES: usize = 64;
const RUN_BYTES: usize = 32;
const HAS_HEADERS: i32 = 1;
/// Two f64 and three i32 columns.
const COLUMN_BYTES: usize = 2 * 8 + 3 * 4;

/// A length and whether the bytes are all ASCII, in one i32: -1 is null, else `length << 1`, plus 1 when they are not.
/// JavaScript takes a faster path for ASCII.
fn length_word(bytes: Option<&[u8]>) -> i32 {
  match bytes {
    None => -1,
    Some(bytes) => ((bytes.len() as i32) << 1) | i32::from(!bytes.is_ascii()),
  }
}

fn same_run(a: &impl Record, b: &impl Record) -> bool {
  a.topic_tag() == b.topic_tag() && a.partition() == b.partition()
}

fn header_bytes(record: &impl Record) -> usize {
  let mut bytes = 0;
  record.headers(|name, value| bytes += 8 + name.len() + value.map_or(0, <[u8]>::len));
  bytes
}

/// How much of the front of `records` a block of `capacity` bytes holds.
pub struct Plan {
  pub count: usize,
  runs: usize,
  key_bytes: usize,
  value_bytes: usize,
  header_bytes: usize,
}

impl Plan {
  pub fn of<R: Record>(records: &[R], capacity: usize) -> Plan {
    let mut plan = Plan { count: 0, runs: 0, key_bytes: 0, value_bytes: 0, header_bytes: 0 };
    let mut used = HEADER_BYTES;
    for (index, record) in records.iter().enumerate() {
      let new_run = index == 0 || !same_run(&records[index - 1], record);
      let key = record.key().map_or(0, <[u8]>::len);
      let value = record.value().map_or(0, <[u8]>::len);
      let headers = header_bytes(record);
      used += COLUMN_BYTES + key + value + headers + if new_run { RUN_BYTES } else { 0 };
      if used > capacity {
        break;
      }
      plan.count += 1;
      plan.runs += usize::from(new_run);
      plan.key_bytes += key;
      plan.value_bytes += value;
      plan.header_bytes += headers;
    }
    plan
  }

  /// The first record of each run of the plan.
  pub fn runs<'a, R: Record>(&self, records: &'a [R]) -> impl Iterator<Item = &'a R> {
    let records = &records[..self.count];
    (0..records.len()).filter(|&i| i == 0 || !same_run(&records[i - 1], &records[i])).map(|index| &records[index])
  }

  /// Bytes that a block for this plan has.
  pub fn size(&self) -> usize {
    self.layout().end
  }

  fn layout(&self) -> Layout {
    let offsets = HEADER_BYTES + self.runs * RUN_BYTES;
    let timestamps = offsets + 8 * self.count;
    let key_lengths = timestamps + 8 * self.count;
    let value_lengths = key_lengths + 4 * self.count;
    let header_lengths = value_lengths + 4 * self.count;
    let keys = header_lengths + if self.header_bytes > 0 { 4 * self.count } else { 0 };
    let values = keys + self.key_bytes;
    let headers = values + self.value_bytes;
    Layout {
      offsets,
      timestamps,
      key_lengths,
      value_lengths,
      header_lengths,
      keys,
      values,
      headers,
      end: headers + self.header_bytes,
    }
  }
}

struct Layout {
  offsets: usize,
  timestamps: usize,
  key_lengths: usize,
  value_lengths: usize,
  header_lengths: usize,
  keys: usize,
  values: usize,
  headers: usize,
  end: usize,
}

fn put_i32(block: &mut [u8], at: usize, value: i32) {
  block[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn put_f64(block: &mut [u8], at: usize, value: i64) {
  // Exact up to 2^53, which is also what kafka-node's numbers can hold.
  block[at..at + 8].copy_from_slice(&(value as f64).to_le_bytes());
}

fn put_bytes(block: &mut [u8], at: &mut usize, bytes: &[u8]) {
  block[*at..*at + bytes.len()].copy_from_slice(bytes);
  *at += bytes.len();
}

/// Writes the planned records into `block`, which has at least `plan.size()` bytes.
pub fn encode<R: Record>(records: &[R], plan: &Plan, runs: &[Run], stamp: Stamp, block: &mut [u8]) {
  let layout = plan.layout();
  let records = &records[..plan.count];
  let with_headers = plan.header_bytes > 0;
  let (mut key_at, mut value_at, mut header_at) = (layout.keys, layout.values, layout.headers);
  let mut run = 0;
  let mut run_first = 0;

  for (index, record) in records.iter().enumerate() {
    if index == 0 || !same_run(&records[index - 1], record) {
      let at = HEADER_BYTES + run * RUN_BYTES;
      put_i32(block, at, runs[run].topic_id as i32);
      put_i32(block, at + 4, record.partition());
      put_i32(block, at + 8, index as i32);
      put_f64(block, at + 16, runs[run].high_watermark);
      put_f64(block, at + 24, 0);
      if run > 0 {
        put_i32(block, at - RUN_BYTES + 12, (index - run_first) as i32);
      }
      run += 1;
      run_first = index;
    }
    put_f64(block, layout.offsets + 8 * index, record.offset());
    put_f64(block, layout.timestamps + 8 * index, record.timestamp());
    let (key, value) = (record.key(), record.value());
    put_i32(block, layout.key_lengths + 4 * index, length_word(key));
    put_i32(block, layout.value_lengths + 4 * index, length_word(value));
    put_bytes(block, &mut key_at, key.unwrap_or_default());
    put_bytes(block, &mut value_at, value.unwrap_or_default());
    if with_headers {
      let start = header_at;
      record.headers(|name, value| {
        put_i32(block, header_at, name.len() as i32);
        header_at += 4;
        put_bytes(block, &mut header_at, name);
        put_i32(block, header_at, value.map_or(-1, |value| value.len() as i32));
        header_at += 4;
        put_bytes(block, &mut header_at, value.unwrap_or_default());
      });
      put_i32(block, layout.header_lengths + 4 * index, (header_at - start) as i32);
    }
  }
  if run > 0 {
    put_i32(block, HEADER_BYTES + (run - 1) * RUN_BYTES + 12, (records.len() - run_first) as i32);
  }

  let words = [
    (Header::COUNT, records.len()),
    (Header::RUNS, run),
    (Header::FLAGS, if with_headers { HAS_HEADERS as usize } else { 0 }),
    (Header::EPOCH, stamp.epoch as usize),
    (Header::SEQUENCE, stamp.sequence as usize),
    (Header::OFFSETS_AT, layout.offsets),
    (Header::TIMESTAMPS_AT, layout.timestamps),
    (Header::KEY_LENGTHS_AT, layout.key_lengths),
    (Header::VALUE_LENGTHS_AT, layout.value_lengths),
    (Header::HEADER_LENGTHS_AT, layout.header_lengths),
    (Header::KEYS_AT, layout.keys),
    (Header::VALUES_AT, layout.values),
    (Header::HEADERS_AT, layout.headers),
    (Header::SLAB, stamp.slab as usize),
  ];
  for (word, value) in words {
    put_i32(block, 4 * word, value as i32);
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  type Headers = Vec<(&'static str, Option<&'static str>)>;

  #[derive(Default, Clone)]
  struct Fake {
    topic: usize,
    partition: i32,
    offset: i64,
    timestamp: i64,
    key: Option<&'static str>,
    value: Option<&'static str>,
    headers: Headers,
  }

  impl Record for Fake {
    fn topic_tag(&self) -> usize {
      self.topic
    }
    fn partition(&self) -> i32 {
      self.partition
    }
    fn offset(&self) -> i64 {
      self.offset
    }
    fn timestamp(&self) -> i64 {
      self.timestamp
    }
    fn key(&self) -> Option<&[u8]> {
      self.key.map(str::as_bytes)
    }
    fn value(&self) -> Option<&[u8]> {
      self.value.map(str::as_bytes)
    }
    fn headers(&self, mut each: impl FnMut(&[u8], Option<&[u8]>)) {
      for (name, value) in &self.headers {
        each(name.as_bytes(), value.map(str::as_bytes));
      }
    }
  }

  fn i32_at(block: &[u8], at: usize) -> i32 {
    i32::from_le_bytes(block[at..at + 4].try_into().unwrap())
  }

  fn f64_at(block: &[u8], at: usize) -> f64 {
    f64::from_le_bytes(block[at..at + 8].try_into().unwrap())
  }

  fn word(block: &[u8], index: usize) -> usize {
    i32_at(block, 4 * index) as usize
  }

  fn encoded(records: &[Fake]) -> Vec<u8> {
    let plan = Plan::of(records, 1 << 20);
    let mut block = vec![0xAA; plan.size()];
    let runs: Vec<_> = plan
      .runs(records)
      .map(|first| Run { topic_id: first.topic as u32 * 10, high_watermark: 100 + i64::from(first.partition) })
      .collect();
    encode(records, &plan, &runs, Stamp { epoch: 7, sequence: 3, slab: 2 }, &mut block);
    block
  }

  fn record(topic: usize, partition: i32, offset: i64) -> Fake {
    Fake { topic, partition, offset, timestamp: -1, value: Some("v"), ..Fake::default() }
  }

  #[test]
  fn records_of_one_partition_in_a_row_are_one_run() {
    let block = encoded(&[record(1, 0, 5), record(1, 0, 6), record(1, 1, 9), record(2, 1, 0), record(1, 0, 7)]);
    assert_eq!(word(&block, Header::COUNT), 5);
    assert_eq!(word(&block, Header::RUNS), 4);
    let runs: Vec<_> = (0..4)
      .map(|run| {
        let at = HEADER_BYTES + run * RUN_BYTES;
        let column = |index: usize| i32_at(&block, at + 4 * index);
        (column(0), column(1), column(2), column(3), f64_at(&block, at + 16))
      })
      .collect();
    assert_eq!(runs, [(10, 0, 0, 2, 100.0), (10, 1, 2, 1, 101.0), (20, 1, 3, 1, 101.0), (10, 0, 4, 1, 100.0)]);
  }

  #[test]
  fn columns_keep_the_order_and_tell_null_from_empty() {
    let mut records = [record(1, 0, 5), record(1, 0, 6), record(1, 0, 7)];
    records[0].key = Some("key");
    records[1].value = None;
    records[1].timestamp = 1_700_000_000_123;
    records[2].value = Some("");
    let block = encoded(&records);
    let column = |at: usize, index: usize| i32_at(&block, word(&block, at) + 4 * index);
    assert_eq!([0, 1, 2].map(|index| column(Header::KEY_LENGTHS_AT, index)), [3 << 1, -1, -1]);
    assert_eq!([0, 1, 2].map(|index| column(Header::VALUE_LENGTHS_AT, index)), [1 << 1, -1, 0]);
    let number = |at: usize, index: usize| f64_at(&block, word(&block, at) + 8 * index);
    assert_eq!([0, 1, 2].map(|index| number(Header::OFFSETS_AT, index)), [5.0, 6.0, 7.0]);
    assert_eq!(number(Header::TIMESTAMPS_AT, 1), 1_700_000_000_123.0);
    assert_eq!(&block[word(&block, Header::KEYS_AT)..][..3], b"key");
    assert_eq!(&block[word(&block, Header::VALUES_AT)..][..1], b"v");
  }

  #[test]
  fn bytes_beyond_ascii_are_marked() {
    let mut records = [record(1, 0, 0), record(1, 0, 1)];
    records[1].value = Some("é");
    let block = encoded(&records);
    let at = word(&block, Header::VALUE_LENGTHS_AT);
    assert_eq!((i32_at(&block, at), i32_at(&block, at + 4)), (1 << 1, (2 << 1) | 1));
  }

  #[test]
  fn headers_take_room_only_when_there_are_any() {
    let plain = encoded(&[record(1, 0, 0)]);
    assert_eq!(word(&plain, Header::FLAGS), 0);
    let mut with = record(1, 0, 1);
    with.headers = vec![("a", Some("bc")), ("null", None)];
    let block = encoded(&[record(1, 0, 0), with]);
    assert_eq!(word(&block, Header::FLAGS), HAS_HEADERS as usize);
    let lengths = word(&block, Header::HEADER_LENGTHS_AT);
    assert_eq!((i32_at(&block, lengths), i32_at(&block, lengths + 4)), (0, 8 + 1 + 2 + 8 + 4));
    let at = word(&block, Header::HEADERS_AT);
    assert_eq!((i32_at(&block, at), &block[at + 4..at + 5]), (1, &b"a"[..]));
    assert_eq!(i32_at(&block, at + 8 + 1 + 2 + 4 + 4), -1);
  }

  #[test]
  fn number_columns_are_aligned_for_typed_arrays() {
    for count in 1..6 {
      let records: Vec<_> = (0..count).map(|offset| record(1, offset as i32 % 2, offset)).collect();
      let block = encoded(&records);
      assert_eq!(word(&block, Header::OFFSETS_AT) % 8, 0);
      assert_eq!(word(&block, Header::TIMESTAMPS_AT) % 8, 0);
      assert_eq!(word(&block, Header::HEADER_LENGTHS_AT) % 4, 0);
    }
  }

  #[test]
  fn a_plan_stops_before_the_block_is_full() {
    let records: Vec<_> = (0..100).map(|offset| record(1, 0, offset)).collect();
    let all = Plan::of(&records, 1 << 20);
    assert_eq!(all.count, 100);
    let some = Plan::of(&records, 1000);
    assert!(some.count > 0 && some.count < 100);
    assert!(some.size() <= 1000);
    assert_eq!(Plan::of(&records, 80).count, 0);
  }
}
