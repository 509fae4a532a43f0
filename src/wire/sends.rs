//! Records bound for Kafka: what `core/wire/sends.js` packs in one tick, over any number of `send` calls.
//!
//! All integers are little endian. The block is a sequence of produce batches, each the records of one send for one partition:
//!
//! | part | content |
//! |---|---|
//! | batch header | 7 i32: send id, index of the batch in its send, topic id, partition, record count, flags, data bytes |
//! | key lengths | i32 per record, -1 is null; a single one with `SAME_KEY`: every record has that key |
//! | value lengths | i32 per record, -1 is null |
//! | timestamps | f64 per record, ms since the epoch; only with `HAS_TIMESTAMPS` |
//! | header lengths | i32 per record, bytes; only with `HAS_HEADERS` |
//! | data | keys, then values, then headers, one record after the other; filled up to a multiple of 4 |
//!
//! A record's headers are pairs of i32 length, name, i32 length (-1 null), value.

use crate::ffi::ProduceRecord;

const BATCH_HEADER_BYTES: usize = 28;
const SAME_KEY: i32 = 1;
const HAS_TIMESTAMPS: i32 = 2;
const HAS_HEADERS: i32 = 4;

/// The records of one send for one partition.
pub struct ProduceBatch<'a> {
  /// Which send of the handle.
  pub send: u32,
  /// Which of the send's batches.
  pub index: u32,
  pub topic: u32,
  pub partition: i32,
  pub count: usize,
  flags: i32,
  key_lengths: &'a [u8],
  value_lengths: &'a [u8],
  timestamps: &'a [u8],
  header_lengths: &'a [u8],
  data: &'a [u8],
  /// The whole batch as it came, for the backlog.
  pub bytes: &'a [u8],
}

/// The block does not have the format above: a defect of this package, not of the user's input.
#[derive(Debug, PartialEq)]
pub struct Malformed;

fn i32_at(bytes: &[u8], index: usize) -> i32 {
  i32::from_le_bytes(bytes[4 * index..4 * index + 4].try_into().expect("four bytes"))
}

/// Takes `count` bytes off the front.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Result<&'a [u8], Malformed> {
  let (front, back) = rest.split_at_checked(count).ok_or(Malformed)?;
  *rest = back;
  Ok(front)
}

impl<'a> ProduceBatch<'a> {
  /// Takes the next batch off the front of `block`; `None` at its end.
  pub fn next(block: &mut &'a [u8]) -> Result<Option<ProduceBatch<'a>>, Malformed> {
    if block.is_empty() {
      return Ok(None);
    }
    let whole = *block;
    let header = take(block, BATCH_HEADER_BYTES)?;
    let word = |index| i32_at(header, index);
    let size = |index| usize::try_from(word(index)).map_err(|_| Malformed);
    let (count, flags, data_bytes) = (size(4)?, word(5), size(6)?);
    let column = |present: bool, width: usize, rows: usize| if present { width * rows } else { 0 };
    let key_rows = if flags & SAME_KEY != 0 { 1 } else { count };
    let key_lengths = take(block, 4 * key_rows)?;
    let value_lengths = take(block, 4 * count)?;
    let timestamps = take(block, column(flags & HAS_TIMESTAMPS != 0, 8, count))?;
    let header_lengths = take(block, column(flags & HAS_HEADERS != 0, 4, count))?;
    let data = take(block, data_bytes)?;
    let bytes = &whole[..whole.len() - block.len()];
    Ok(Some(ProduceBatch {
      send: word(0) as u32,
      index: word(1) as u32,
      topic: word(2) as u32,
      partition: word(3),
      count,
      flags,
      key_lengths,
      value_lengths,
      timestamps,
      header_lengths,
      data,
      bytes,
    }))
  }

  /// Neither timestamps nor headers: the whole batch can be handed over in one call.
  pub fn is_plain(&self) -> bool {
    self.flags & (HAS_TIMESTAMPS | HAS_HEADERS) == 0
  }

  /// Send and batch as one number, to be given back with each delivery report.
  pub fn tag(&self) -> u64 {
    u64::from(self.send) << 32 | u64::from(self.index)
  }

  #[cfg(test)]
  pub fn for_test(send: u32, count: usize) -> ProduceBatch<'static> {
    const NONE: &[u8] = &[];
    ProduceBatch {
      send,
      index: 0,
      topic: 0,
      partition: 0,
      count,
      flags: 0,
      key_lengths: NONE,
      value_lengths: NONE,
      timestamps: NONE,
      header_lengths: NONE,
      data: NONE,
      bytes: NONE,
    }
  }

  pub fn records(&self) -> Records<'a> {
    let same_key = self.flags & SAME_KEY != 0;
    let key_bytes: usize = lengths(self.key_lengths).sum();
    let value_bytes: usize = lengths(self.value_lengths).sum();
    let (keys, rest) = self.data.split_at(key_bytes.min(self.data.len()));
    let (values, headers) = rest.split_at(value_bytes.min(rest.len()));
    Records {
      index: 0,
      count: self.count,
      same_key,
      key_lengths: self.key_lengths,
      value_lengths: self.value_lengths,
      timestamps: self.timestamps,
      header_lengths: self.header_lengths,
      keys,
      values,
      headers,
      tag: self.tag(),
    }
  }
}

fn lengths(column: &[u8]) -> impl Iterator<Item = usize> + '_ {
  (0..column.len() / 4).map(|index| i32_at(column, index).max(0) as usize)
}

/// The records of a batch, in order. Stops early should the data be shorter than its lengths say.
pub struct Records<'a> {
  index: usize,
  count: usize,
  same_key: bool,
  key_lengths: &'a [u8],
  value_lengths: &'a [u8],
  timestamps: &'a [u8],
  header_lengths: &'a [u8],
  keys: &'a [u8],
  values: &'a [u8],
  headers: &'a [u8],
  tag: u64,
}

/// Takes a value of the given length word off the front; -1 is null.
fn take_nullable<'a>(rest: &mut &'a [u8], length: i32) -> Option<Option<&'a [u8]>> {
  match usize::try_from(length) {
    Err(_) => Some(None),
    Ok(length) => take(rest, length).ok().map(Some),
  }
}

impl<'a> Iterator for Records<'a> {
  type Item = ProduceRecord<'a>;

  #[inline]
  fn next(&mut self) -> Option<ProduceRecord<'a>> {
    if self.index == self.count {
      return None;
    }
    let key = if self.same_key {
      take_nullable(&mut { self.keys }, i32_at(self.key_lengths, 0))?
    } else {
      take_nullable(&mut self.keys, i32_at(self.key_lengths, self.index))?
    };
    let value = take_nullable(&mut self.values, i32_at(self.value_lengths, self.index))?;
    let timestamp = (!self.timestamps.is_empty()).then(|| {
      let at = 8 * self.index;
      f64::from_le_bytes(self.timestamps[at..at + 8].try_into().expect("eight bytes")) as i64
    });
    let mut headers = Vec::new();
    if !self.header_lengths.is_empty() {
      let mut rest = take(&mut self.headers, i32_at(self.header_lengths, self.index).max(0) as usize).ok()?;
      while rest.len() >= 4 {
        let name_length = i32_at(take(&mut rest, 4).ok()?, 0);
        let name = take_nullable(&mut rest, name_length)?.unwrap_or_default();
        let value_length = i32_at(take(&mut rest, 4).ok()?, 0);
        headers.push((std::str::from_utf8(name).ok()?, take_nullable(&mut rest, value_length)?));
      }
    }
    self.index += 1;
    Some(ProduceRecord { key, value, timestamp, headers, tag: self.tag })
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use proptest::collection::vec;
  use proptest::prelude::*;

  fn words(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
  }

  fn batch(header: [i32; 6], columns: &[u8], data: &[u8]) -> Vec<u8> {
    let mut block = words(&header);
    block.extend(words(&[data.len() as i32]));
    block.extend(columns);
    block.extend(data);
    block
  }

  fn texts<'a>(records: Records<'a>) -> Vec<(Option<&'a str>, Option<&'a str>)> {
    let text = |bytes: Option<&'a [u8]>| bytes.map(|bytes| std::str::from_utf8(bytes).unwrap());
    records.map(|record| (text(record.key), text(record.value))).collect()
  }

  #[test]
  fn batches_follow_each_other_and_null_differs_from_empty() {
    let mut block = batch([5, 0, 2, 1, 3, 0], &words(&[1, -1, 0, 2, 0, -1]), b"kv1\0");
    block.extend(batch([6, 1, 0, 4, 1, 0], &words(&[-1, 1]), b"w\0\0\0"));
    let mut rest = &block[..];
    let first = ProduceBatch::next(&mut rest).unwrap().unwrap();
    assert_eq!((first.send, first.index, first.topic, first.partition, first.count), (5, 0, 2, 1, 3));
    assert_eq!(texts(first.records()), [(Some("k"), Some("v1")), (None, Some("")), (Some(""), None)]);
    let second = ProduceBatch::next(&mut rest).unwrap().unwrap();
    assert_eq!(second.tag(), 6 << 32 | 1);
    assert_eq!(texts(second.records()), [(None, Some("w"))]);
    assert!(ProduceBatch::next(&mut rest).unwrap().is_none());
  }

  #[test]
  fn one_key_can_serve_all_records() {
    let block = batch([1, 0, 0, 0, 2, SAME_KEY], &words(&[2, 1, 1]), b"kkab");
    let batch = ProduceBatch::next(&mut &block[..]).unwrap().unwrap();
    assert!(batch.is_plain());
    assert_eq!(texts(batch.records()), [(Some("kk"), Some("a")), (Some("kk"), Some("b"))]);
  }

  #[test]
  fn timestamps_and_headers_come_with_their_record() {
    let mut columns = words(&[-1, 1]);
    columns.extend(1_700_000_000_123f64.to_le_bytes());
    let mut headers = words(&[1]);
    headers.extend(b"n");
    headers.extend(words(&[-1]));
    columns.extend(words(&[headers.len() as i32]));
    let mut data = b"v".to_vec();
    data.extend(&headers);
    let block = batch([1, 0, 0, 0, 1, HAS_TIMESTAMPS | HAS_HEADERS], &columns, &data);
    let batch = ProduceBatch::next(&mut &block[..]).unwrap().unwrap();
    assert!(!batch.is_plain());
    let record = batch.records().next().unwrap();
    assert_eq!(record.timestamp, Some(1_700_000_000_123));
    assert_eq!(record.headers, [("n", None)]);
  }

  #[test]
  fn a_block_that_ends_too_early_is_refused() {
    let block = batch([1, 0, 0, 0, 1, 0], &words(&[-1, 4]), b"full");
    for end in 1..block.len() {
      assert!(matches!(ProduceBatch::next(&mut &block[..end]), Err(Malformed)), "{end}");
    }
  }

  /// What a record may have: key, value, timestamp, headers.
  type Row = (Option<Vec<u8>>, Option<Vec<u8>>, u32, Vec<(String, Option<Vec<u8>>)>);

  fn value() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(vec(any::<u8>(), 0..20))
  }

  fn rows() -> impl Strategy<Value = Vec<Row>> {
    vec((value(), value(), any::<u32>(), vec((".{0,6}", value()), 0..3)), 0..12)
  }

  fn length(bytes: Option<&[u8]>) -> i32 {
    bytes.map_or(-1, |bytes| bytes.len() as i32)
  }

  /// Packs rows as `core/wire/sends.js` does.
  fn packed(rows: &[Row], key: Option<&Option<Vec<u8>>>, with_times: bool, with_headers: bool) -> Vec<u8> {
    let keys: Vec<_> = match key {
      Some(key) => vec![key.as_deref()],
      None => rows.iter().map(|row| row.0.as_deref()).collect(),
    };
    let values: Vec<_> = rows.iter().map(|row| row.1.as_deref()).collect();
    let headers: Vec<Vec<u8>> = rows
      .iter()
      .map(|row| {
        let mut bytes = Vec::new();
        for (name, value) in &row.3 {
          bytes.extend(words(&[name.len() as i32]));
          bytes.extend(name.as_bytes());
          bytes.extend(words(&[length(value.as_deref())]));
          bytes.extend(value.as_deref().unwrap_or_default());
        }
        bytes
      })
      .collect();
    let mut columns: Vec<u8> = keys.iter().chain(&values).flat_map(|bytes| words(&[length(*bytes)])).collect();
    let mut data: Vec<u8> = keys.iter().chain(&values).flat_map(|bytes| bytes.unwrap_or_default().to_vec()).collect();
    if with_times {
      columns.extend(rows.iter().flat_map(|row| f64::from(row.2).to_le_bytes()));
    }
    if with_headers {
      columns.extend(headers.iter().flat_map(|bytes| words(&[bytes.len() as i32])));
      data.extend(headers.concat());
    }
    data.resize(data.len().next_multiple_of(4), 0);
    let flag = |is_set: bool, flag: i32| if is_set { flag } else { 0 };
    let flags = flag(key.is_some(), SAME_KEY) | flag(with_times, HAS_TIMESTAMPS) | flag(with_headers, HAS_HEADERS);
    batch([7, 1, 2, 3, rows.len() as i32, flags], &columns, &data)
  }

  /// Reads a block to its end, or to where it is malformed; how many bytes its records have.
  fn read_through(mut block: &[u8]) -> usize {
    let mut bytes = 0;
    while let Ok(Some(batch)) = ProduceBatch::next(&mut block) {
      for record in batch.records() {
        let headers: usize = record.headers.iter().map(|(name, value)| name.len() + value.map_or(0, <[u8]>::len)).sum();
        bytes += record.value.map_or(0, <[u8]>::len) + headers;
      }
    }
    bytes
  }

  proptest! {
    #[test]
    fn records_are_read_as_they_were_packed(
      rows in rows(),
      key in proptest::option::of(value()),
      with_times in any::<bool>(),
      with_headers in any::<bool>()
    ) {
      let mut block = packed(&rows, key.as_ref(), with_times, with_headers);
      block.extend(packed(&[], None, false, false));
      let mut rest = &block[..];
      let batch = ProduceBatch::next(&mut rest).unwrap().unwrap();
      prop_assert_eq!((batch.tag(), batch.topic, batch.partition, batch.count), (7 << 32 | 1, 2, 3, rows.len()));
      let read: Vec<_> = batch.records().collect();
      prop_assert_eq!(read.len(), rows.len());
      for (record, row) in read.iter().zip(&rows) {
        prop_assert_eq!(record.key, key.as_ref().unwrap_or(&row.0).as_deref());
        prop_assert_eq!(record.value, row.1.as_deref());
        prop_assert_eq!(record.timestamp, with_times.then_some(i64::from(row.2)));
        let headers: Vec<_> = row.3.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        prop_assert_eq!(&record.headers, &(if with_headers { headers } else { Vec::new() }));
      }
      prop_assert_eq!(ProduceBatch::next(&mut rest).unwrap().map(|batch| batch.count), Some(0));
      prop_assert!(rest.is_empty());
    }

    #[test]
    fn any_bytes_end_in_records_or_a_refusal(block in vec(any::<u8>(), 0..400)) {
      prop_assert!(read_through(&block) <= block.len());
    }

    #[test]
    fn a_block_with_a_wrong_word_ends_in_records_or_a_refusal(rows in rows(), at in any::<usize>(), word in any::<i32>()) {
      let mut block = packed(&rows, None, true, true);
      let at = at % (block.len() / 4) * 4;
      block[at..at + 4].copy_from_slice(&word.to_le_bytes());
      prop_assert!(read_through(&block) <= block.len());
    }
  }
}
