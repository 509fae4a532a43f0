//! Records bound for JavaScript: record batches with columns instead of objects.
//!
//! All integers are little endian. Positions are bytes from the start of the batch.
//!
//! | part | content |
//! |---|---|
//! | header | 16 i32, see `Header` |
//! | partition ranges | 32 bytes each, see `PartitionRange`: i32 topic id, partition, index of the first record, count; f64 high watermark; i32 version, spare |
//! | offsets | f64 per record |
//! | timestamps | f64 per record, ms since the epoch, -1 when there is none |
//! | key lengths | i32 per record, see `length_word` |
//! | value lengths | i32 per record |
//! | header lengths | i32 per record, bytes; only with the `HAS_HEADERS` flag |
//! | keys, values, headers | the bytes, one record after the other |
//!
//! A partition range is a run of records of one partition. Keys and values are stored separately so that JavaScript can
//! decode many of them with one call. A record's headers are pairs of i32 length, name, i32 length (-1 null), value.

/// What the encoder needs to know about a record.
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

/// What the encoder needs to know about a range, in the order of `BatchLayout::ranges`.
pub struct PartitionRange {
  pub topic_id: u32,
  pub high_watermark: i64,
  /// Of the assignment that the partition is fetched under: JavaScript drops what is left of an older one.
  pub assignment_version: u32,
}

/// Numbers that go into the batch's header unchanged.
#[derive(Clone, Copy)]
pub struct BatchHeader {
  /// JavaScript's last seek that had been carried out when the records were taken.
  pub seek_version: u32,
  /// The buffer to give back when the records have been dealt with, also by a batch that is too large for any buffer.
  pub buffer: u32,
}

/// Header words, by index.
struct Header;

impl Header {
  const COUNT: usize = 0;
  const RANGES: usize = 1;
  const FLAGS: usize = 2;
  /// Bytes that the batch has.
  const SIZE: usize = 3;
  const SEEK_VERSION: usize = 4;
  const OFFSETS_AT: usize = 5;
  const TIMESTAMPS_AT: usize = 6;
  const KEY_LENGTHS_AT: usize = 7;
  const VALUE_LENGTHS_AT: usize = 8;
  const HEADER_LENGTHS_AT: usize = 9;
  const KEYS_AT: usize = 10;
  const VALUES_AT: usize = 11;
  const HEADERS_AT: usize = 12;
  const BUFFER: usize = 13;
}

const HEADER_BYTES: usize = 64;
const RANGE_BYTES: usize = 32;
const HAS_HEADERS: i32 = 1;
/// Two f64 and three i32 columns.
const COLUMN_BYTES: usize = 2 * 8 + 3 * 4;

/// A length and whether the bytes are all ASCII, in one i32: -1 is null, else `length << 1`, plus 1 if they are not.
/// JavaScript takes a faster path for ASCII.
fn length_word(bytes: Option<&[u8]>) -> i32 {
  match bytes {
    None => -1,
    Some(bytes) => ((bytes.len() as i32) << 1) | i32::from(!bytes.is_ascii()),
  }
}

fn same_range(a: &impl Record, b: &impl Record) -> bool {
  a.topic_tag() == b.topic_tag() && a.partition() == b.partition()
}

fn header_bytes(record: &impl Record) -> usize {
  let mut bytes = 0;
  record.headers(|name, value| bytes += 8 + name.len() + value.map_or(0, <[u8]>::len));
  bytes
}

/// How many of the first `records` a batch of `capacity` bytes holds.
pub struct BatchLayout {
  pub count: usize,
  ranges: usize,
  key_bytes: usize,
  value_bytes: usize,
  header_bytes: usize,
}

impl BatchLayout {
  pub fn of<R: Record>(records: &[R], capacity: usize) -> BatchLayout {
    let mut layout = BatchLayout { count: 0, ranges: 0, key_bytes: 0, value_bytes: 0, header_bytes: 0 };
    let mut used = HEADER_BYTES;
    for (index, record) in records.iter().enumerate() {
      let new_range = index == 0 || !same_range(&records[index - 1], record);
      let key = record.key().map_or(0, <[u8]>::len);
      let value = record.value().map_or(0, <[u8]>::len);
      let headers = header_bytes(record);
      used += COLUMN_BYTES + key + value + headers + if new_range { RANGE_BYTES } else { 0 };
      if used > capacity {
        break;
      }
      layout.count += 1;
      layout.ranges += usize::from(new_range);
      layout.key_bytes += key;
      layout.value_bytes += value;
      layout.header_bytes += headers;
    }
    layout
  }

  /// The first record of each range of the layout.
  pub fn ranges<'a, R: Record>(&self, records: &'a [R]) -> impl Iterator<Item = &'a R> {
    let records = &records[..self.count];
    (0..records.len()).filter(|&i| i == 0 || !same_range(&records[i - 1], &records[i])).map(|index| &records[index])
  }

  /// Bytes that the batch has.
  pub fn size(&self) -> usize {
    self.positions().end
  }

  fn positions(&self) -> Positions {
    let offsets = HEADER_BYTES + self.ranges * RANGE_BYTES;
    let timestamps = offsets + 8 * self.count;
    let key_lengths = timestamps + 8 * self.count;
    let value_lengths = key_lengths + 4 * self.count;
    let header_lengths = value_lengths + 4 * self.count;
    let keys = header_lengths + if self.header_bytes > 0 { 4 * self.count } else { 0 };
    let values = keys + self.key_bytes;
    let headers = values + self.value_bytes;
    Positions {
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

struct Positions {
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

fn put_i32(batch: &mut [u8], at: usize, value: i32) {
  batch[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn put_f64(batch: &mut [u8], at: usize, value: i64) {
  // Exact up to 2^53, which is also what kafka-node's numbers can hold.
  batch[at..at + 8].copy_from_slice(&(value as f64).to_le_bytes());
}

fn put_bytes(batch: &mut [u8], at: &mut usize, bytes: &[u8]) {
  batch[*at..*at + bytes.len()].copy_from_slice(bytes);
  *at += bytes.len();
}

/// Writes the records of the layout into `batch`, which has at least `layout.size()` bytes.
pub fn encode<R: Record>(
  records: &[R],
  layout: &BatchLayout,
  ranges: &[PartitionRange],
  header: BatchHeader,
  batch: &mut [u8],
) {
  let positions = layout.positions();
  let records = &records[..layout.count];
  let with_headers = layout.header_bytes > 0;
  let (mut key_at, mut value_at, mut header_at) = (positions.keys, positions.values, positions.headers);
  let mut range = 0;
  let mut range_first = 0;

  for (index, record) in records.iter().enumerate() {
    if index == 0 || !same_range(&records[index - 1], record) {
      let at = HEADER_BYTES + range * RANGE_BYTES;
      put_i32(batch, at, ranges[range].topic_id as i32);
      put_i32(batch, at + 4, record.partition());
      put_i32(batch, at + 8, index as i32);
      put_f64(batch, at + 16, ranges[range].high_watermark);
      put_i32(batch, at + 24, ranges[range].assignment_version as i32);
      put_i32(batch, at + 28, 0);
      if range > 0 {
        put_i32(batch, at - RANGE_BYTES + 12, (index - range_first) as i32);
      }
      range += 1;
      range_first = index;
    }
    put_f64(batch, positions.offsets + 8 * index, record.offset());
    put_f64(batch, positions.timestamps + 8 * index, record.timestamp());
    let (key, value) = (record.key(), record.value());
    put_i32(batch, positions.key_lengths + 4 * index, length_word(key));
    put_i32(batch, positions.value_lengths + 4 * index, length_word(value));
    put_bytes(batch, &mut key_at, key.unwrap_or_default());
    put_bytes(batch, &mut value_at, value.unwrap_or_default());
    if with_headers {
      let start = header_at;
      record.headers(|name, value| {
        put_i32(batch, header_at, name.len() as i32);
        header_at += 4;
        put_bytes(batch, &mut header_at, name);
        put_i32(batch, header_at, value.map_or(-1, |value| value.len() as i32));
        header_at += 4;
        put_bytes(batch, &mut header_at, value.unwrap_or_default());
      });
      put_i32(batch, positions.header_lengths + 4 * index, (header_at - start) as i32);
    }
  }
  if range > 0 {
    put_i32(batch, HEADER_BYTES + (range - 1) * RANGE_BYTES + 12, (records.len() - range_first) as i32);
  }

  let words = [
    (Header::COUNT, records.len()),
    (Header::RANGES, range),
    (Header::FLAGS, if with_headers { HAS_HEADERS as usize } else { 0 }),
    (Header::SIZE, positions.end),
    (Header::SEEK_VERSION, header.seek_version as usize),
    (Header::OFFSETS_AT, positions.offsets),
    (Header::TIMESTAMPS_AT, positions.timestamps),
    (Header::KEY_LENGTHS_AT, positions.key_lengths),
    (Header::VALUE_LENGTHS_AT, positions.value_lengths),
    (Header::HEADER_LENGTHS_AT, positions.header_lengths),
    (Header::KEYS_AT, positions.keys),
    (Header::VALUES_AT, positions.values),
    (Header::HEADERS_AT, positions.headers),
    (Header::BUFFER, header.buffer as usize),
  ];
  for (word, value) in words {
    put_i32(batch, 4 * word, value as i32);
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use proptest::collection::vec;
  use proptest::prelude::*;

  /// A record whose bytes are `B`: texts in examples, anything in properties.
  #[derive(Clone, Debug, Default, PartialEq)]
  struct Fake<B = &'static str> {
    topic: usize,
    partition: i32,
    offset: i64,
    timestamp: i64,
    key: Option<B>,
    value: Option<B>,
    headers: Vec<(B, Option<B>)>,
  }

  impl<B: AsRef<[u8]>> Record for Fake<B> {
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
      self.key.as_ref().map(B::as_ref)
    }
    fn value(&self) -> Option<&[u8]> {
      self.value.as_ref().map(B::as_ref)
    }
    fn headers(&self, mut each: impl FnMut(&[u8], Option<&[u8]>)) {
      for (name, value) in &self.headers {
        each(name.as_ref(), value.as_ref().map(B::as_ref));
      }
    }
  }

  fn i32_at(batch: &[u8], at: usize) -> i32 {
    i32::from_le_bytes(batch[at..at + 4].try_into().unwrap())
  }

  fn f64_at(batch: &[u8], at: usize) -> f64 {
    f64::from_le_bytes(batch[at..at + 8].try_into().unwrap())
  }

  fn word(batch: &[u8], index: usize) -> usize {
    i32_at(batch, 4 * index) as usize
  }

  fn encoded(records: &[Fake]) -> Vec<u8> {
    let layout = BatchLayout::of(records, 1 << 20);
    let mut batch = vec![0xAA; layout.size()];
    let ranges: Vec<_> = layout
      .ranges(records)
      .map(|first| PartitionRange {
        topic_id: first.topic as u32 * 10,
        high_watermark: 100 + i64::from(first.partition),
        assignment_version: 6 + first.topic as u32,
      })
      .collect();
    encode(records, &layout, &ranges, BatchHeader { seek_version: 3, buffer: 2 }, &mut batch);
    batch
  }

  fn record(topic: usize, partition: i32, offset: i64) -> Fake {
    Fake { topic, partition, offset, timestamp: -1, value: Some("v"), ..Fake::default() }
  }

  #[test]
  fn records_of_one_partition_in_a_row_are_one_run() {
    let batch = encoded(&[record(1, 0, 5), record(1, 0, 6), record(1, 1, 9), record(2, 1, 0), record(1, 0, 7)]);
    assert_eq!(word(&batch, Header::COUNT), 5);
    assert_eq!(word(&batch, Header::SIZE), batch.len());
    assert_eq!((word(&batch, Header::SEEK_VERSION), word(&batch, Header::BUFFER)), (3, 2));
    assert_eq!(word(&batch, Header::RANGES), 4);
    let ranges: Vec<_> = (0..4)
      .map(|range| {
        let at = HEADER_BYTES + range * RANGE_BYTES;
        let column = |index: usize| i32_at(&batch, at + 4 * index);
        (column(0), column(1), column(2), column(3), f64_at(&batch, at + 16), column(6))
      })
      .collect();
    assert_eq!(
      ranges,
      [(10, 0, 0, 2, 100.0, 7), (10, 1, 2, 1, 101.0, 7), (20, 1, 3, 1, 101.0, 8), (10, 0, 4, 1, 100.0, 7)]
    );
  }

  #[test]
  fn columns_keep_the_order_and_tell_null_from_empty() {
    let mut records = [record(1, 0, 5), record(1, 0, 6), record(1, 0, 7)];
    records[0].key = Some("key");
    records[1].value = None;
    records[1].timestamp = 1_700_000_000_123;
    records[2].value = Some("");
    let batch = encoded(&records);
    let column = |at: usize, index: usize| i32_at(&batch, word(&batch, at) + 4 * index);
    assert_eq!([0, 1, 2].map(|index| column(Header::KEY_LENGTHS_AT, index)), [3 << 1, -1, -1]);
    assert_eq!([0, 1, 2].map(|index| column(Header::VALUE_LENGTHS_AT, index)), [1 << 1, -1, 0]);
    let number = |at: usize, index: usize| f64_at(&batch, word(&batch, at) + 8 * index);
    assert_eq!([0, 1, 2].map(|index| number(Header::OFFSETS_AT, index)), [5.0, 6.0, 7.0]);
    assert_eq!(number(Header::TIMESTAMPS_AT, 1), 1_700_000_000_123.0);
    assert_eq!(&batch[word(&batch, Header::KEYS_AT)..][..3], b"key");
    assert_eq!(&batch[word(&batch, Header::VALUES_AT)..][..1], b"v");
  }

  #[test]
  fn bytes_beyond_ascii_are_marked() {
    let mut records = [record(1, 0, 0), record(1, 0, 1)];
    records[1].value = Some("é");
    let batch = encoded(&records);
    let at = word(&batch, Header::VALUE_LENGTHS_AT);
    assert_eq!((i32_at(&batch, at), i32_at(&batch, at + 4)), (1 << 1, (2 << 1) | 1));
  }

  #[test]
  fn headers_take_room_only_when_there_are_any() {
    let plain = encoded(&[record(1, 0, 0)]);
    assert_eq!(word(&plain, Header::FLAGS), 0);
    let mut with = record(1, 0, 1);
    with.headers = vec![("a", Some("bc")), ("null", None)];
    let batch = encoded(&[record(1, 0, 0), with]);
    assert_eq!(word(&batch, Header::FLAGS), HAS_HEADERS as usize);
    let lengths = word(&batch, Header::HEADER_LENGTHS_AT);
    assert_eq!((i32_at(&batch, lengths), i32_at(&batch, lengths + 4)), (0, 8 + 1 + 2 + 8 + 4));
    let at = word(&batch, Header::HEADERS_AT);
    assert_eq!((i32_at(&batch, at), &batch[at + 4..at + 5]), (1, &b"a"[..]));
    assert_eq!(i32_at(&batch, at + 8 + 1 + 2 + 4 + 4), -1);
  }

  #[test]
  fn number_columns_are_aligned_for_typed_arrays() {
    for count in 1..6 {
      let records: Vec<_> = (0..count).map(|offset| record(1, offset as i32 % 2, offset)).collect();
      let batch = encoded(&records);
      assert_eq!(word(&batch, Header::OFFSETS_AT) % 8, 0);
      assert_eq!(word(&batch, Header::TIMESTAMPS_AT) % 8, 0);
      assert_eq!(word(&batch, Header::HEADER_LENGTHS_AT) % 4, 0);
    }
  }

  #[test]
  fn a_layout_stops_before_the_block_is_full() {
    let records: Vec<_> = (0..100).map(|offset| record(1, 0, offset)).collect();
    let all = BatchLayout::of(&records, 1 << 20);
    assert_eq!(all.count, 100);
    let some = BatchLayout::of(&records, 1000);
    assert!(some.count > 0 && some.count < 100);
    assert!(some.size() <= 1000);
    assert_eq!(BatchLayout::of(&records, 80).count, 0);
  }

  type Anything = Fake<Vec<u8>>;

  fn anything() -> impl Strategy<Value = Anything> {
    let bytes = || vec(any::<u8>(), 0..20);
    let value = move || proptest::option::of(bytes());
    // Exact as f64.
    let number = || 0i64..1 << 53;
    (0usize..3, 0i32..3, number(), number(), value(), value(), vec((bytes(), value()), 0..3)).prop_map(
      |(topic, partition, offset, timestamp, key, value, headers)| Fake {
        topic,
        partition,
        offset,
        timestamp,
        key,
        value,
        headers,
      },
    )
  }

  fn take<'a>(batch: &'a [u8], at: &mut usize, length: usize) -> &'a [u8] {
    *at += length;
    &batch[*at - length..*at]
  }

  fn take_nullable(batch: &[u8], at: &mut usize, length: i32) -> Option<Vec<u8>> {
    usize::try_from(length).ok().map(|length| take(batch, at, length).to_vec())
  }

  /// Reads a batch as `core/wire/records.js` does.
  fn decoded(batch: &[u8]) -> Vec<Anything> {
    let column = |header: usize, index: usize| i32_at(batch, word(batch, header) + 4 * index);
    let number = |header: usize, index: usize| f64_at(batch, word(batch, header) + 8 * index) as i64;
    let has_headers = word(batch, Header::FLAGS) as i32 & HAS_HEADERS != 0;
    let [mut keys, mut values, mut headers] =
      [Header::KEYS_AT, Header::VALUES_AT, Header::HEADERS_AT].map(|header| word(batch, header));
    let mut records = Vec::new();
    for range in 0..word(batch, Header::RANGES) {
      let at = HEADER_BYTES + range * RANGE_BYTES;
      let [topic, partition, first, count] = [0, 4, 8, 12].map(|offset| i32_at(batch, at + offset));
      assert_eq!(first as usize, records.len(), "ranges follow each other");
      for index in first as usize..(first + count) as usize {
        let key = take_nullable(batch, &mut keys, column(Header::KEY_LENGTHS_AT, index) >> 1);
        let value = take_nullable(batch, &mut values, column(Header::VALUE_LENGTHS_AT, index) >> 1);
        let mut pairs = Vec::new();
        if has_headers {
          let end = headers + column(Header::HEADER_LENGTHS_AT, index) as usize;
          while headers < end {
            let name_length = i32_at(take(batch, &mut headers, 4), 0);
            let name = take(batch, &mut headers, name_length as usize).to_vec();
            let value_length = i32_at(take(batch, &mut headers, 4), 0);
            pairs.push((name, take_nullable(batch, &mut headers, value_length)));
          }
          assert_eq!(headers, end);
        }
        records.push(Fake {
          topic: topic as usize,
          partition,
          offset: number(Header::OFFSETS_AT, index),
          timestamp: number(Header::TIMESTAMPS_AT, index),
          key,
          value,
          headers: pairs,
        });
      }
    }
    assert_eq!(headers.max(values), batch.len(), "nothing is left over");
    records
  }

  proptest! {
    #[test]
    fn a_batch_has_the_first_records_that_fit_as_they_were(
      records in vec(anything(), 0..40),
      capacity in 0usize..3000
    ) {
      let layout = BatchLayout::of(&records, capacity);
      let ranges: Vec<_> = layout
        .ranges(&records)
        .map(|first| PartitionRange { topic_id: first.topic as u32, high_watermark: 0, assignment_version: 0 })
        .collect();
      let mut batch = vec![0xAA; layout.size()];
      encode(&records, &layout, &ranges, BatchHeader { seek_version: 0, buffer: 0 }, &mut batch);
      prop_assert_eq!(word(&batch, Header::SIZE), batch.len());
      prop_assert!(layout.count == 0 || batch.len() <= capacity);
      prop_assert_eq!(decoded(&batch), &records[..layout.count]);
      // Not a record less than would fit.
      let one_more = BatchLayout::of(&records[..records.len().min(layout.count + 1)], usize::MAX);
      prop_assert!(layout.count == records.len() || one_more.size() + 4 * one_more.count > capacity);
    }
  }
}
