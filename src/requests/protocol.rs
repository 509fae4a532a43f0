//! The types of the Kafka protocol, in both encodings: the old one, and that of "flexible" versions (KIP-482).

use crate::error::{code, KafkaError};

/// Writes the body of a request.
pub struct Writer {
  bytes: Vec<u8>,
  is_flexible: bool,
}

impl Writer {
  pub fn new(is_flexible: bool) -> Writer {
    Writer { bytes: Vec::new(), is_flexible }
  }

  /// Without the tags at the end, which librdkafka adds.
  pub fn finish(self) -> Vec<u8> {
    self.bytes
  }

  pub fn int8(&mut self, value: i8) {
    self.bytes.extend(value.to_be_bytes());
  }

  pub fn int32(&mut self, value: i32) {
    self.bytes.extend(value.to_be_bytes());
  }

  pub fn string(&mut self, value: Option<&str>) {
    match value {
      _ if self.is_flexible => self.unsigned(value.map_or(0, |text| text.len() as u32 + 1)),
      // The length is an int16: a longer text is cut off, and refused by the broker as none of its names is that long.
      Some(text) => self.bytes.extend((text.len().min(i16::MAX as usize) as i16).to_be_bytes()),
      None => self.bytes.extend((-1i16).to_be_bytes()),
    }
    let text = value.unwrap_or_default().as_bytes();
    let fits = if self.is_flexible { text.len() } else { text.len().min(i16::MAX as usize) };
    self.bytes.extend(&text[..fits]);
  }

  /// An array; none is the protocol's null. `each` writes an element, and `tags` after its fields.
  pub fn array<T>(&mut self, elements: Option<&[T]>, mut each: impl FnMut(&mut Writer, &T)) {
    match elements {
      _ if self.is_flexible => self.unsigned(elements.map_or(0, |elements| elements.len() as u32 + 1)),
      Some(elements) => self.int32(elements.len() as i32),
      None => self.int32(-1),
    }
    for element in elements.unwrap_or_default() {
      each(self, element);
    }
  }

  /// The end of a structure in an array.
  pub fn tags(&mut self) {
    if self.is_flexible {
      self.bytes.push(0);
    }
  }

  fn unsigned(&mut self, mut value: u32) {
    while value >= 0x80 {
      self.bytes.push(value as u8 | 0x80);
      value >>= 7;
    }
    self.bytes.push(value as u8);
  }
}

/// Reads the body of a response. What is cut off or makes no sense is an error.
pub struct Reader<'a> {
  bytes: &'a [u8],
  is_flexible: bool,
}

type Read<T> = Result<T, KafkaError>;

impl<'a> Reader<'a> {
  pub fn new(bytes: &'a [u8], is_flexible: bool) -> Reader<'a> {
    Reader { bytes, is_flexible }
  }

  fn take(&mut self, count: usize) -> Read<&'a [u8]> {
    if count > self.bytes.len() {
      return Err(malformed());
    }
    let (taken, rest) = self.bytes.split_at(count);
    self.bytes = rest;
    Ok(taken)
  }

  fn fixed<const N: usize>(&mut self) -> Read<[u8; N]> {
    self.take(N)?.try_into().map_err(|_| malformed())
  }

  pub fn int8(&mut self) -> Read<i8> {
    Ok(i8::from_be_bytes(self.fixed()?))
  }

  pub fn int16(&mut self) -> Read<i16> {
    Ok(i16::from_be_bytes(self.fixed()?))
  }

  pub fn int32(&mut self) -> Read<i32> {
    Ok(i32::from_be_bytes(self.fixed()?))
  }

  fn unsigned(&mut self) -> Read<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
      let [byte] = self.fixed()?;
      value |= u32::from(byte & 0x7f) << shift;
      if byte & 0x80 == 0 {
        return Ok(value);
      }
    }
    Err(malformed())
  }

  pub fn string(&mut self) -> Read<Option<String>> {
    let length = match self.is_flexible {
      true => i64::from(self.unsigned()?) - 1,
      false => i64::from(self.int16()?),
    };
    if length < 0 {
      return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(self.take(length as usize)?).into_owned()))
  }

  /// The elements of an array, each of them without the tags after its fields; the protocol's null has none.
  pub fn array<T>(&mut self, mut each: impl FnMut(&mut Reader<'a>) -> Read<T>) -> Read<Vec<T>> {
    let count = match self.is_flexible {
      true => i64::from(self.unsigned()?) - 1,
      false => i64::from(self.int32()?),
    };
    (0..count).map(|_| each(self)).collect()
  }

  /// The end of a structure in an array.
  pub fn tags(&mut self) -> Read<()> {
    if self.is_flexible {
      for _ in 0..self.unsigned()? {
        self.unsigned()?;
        let size = self.unsigned()?;
        self.take(size as usize)?;
      }
    }
    Ok(())
  }
}

fn malformed() -> KafkaError {
  KafkaError::with_text(code::FAIL, "the broker's response cannot be read".into())
}

#[cfg(test)]
mod tests {
  use super::*;
  use proptest::collection::vec;
  use proptest::prelude::*;

  fn write(is_flexible: bool) -> Vec<u8> {
    let mut writer = Writer::new(is_flexible);
    writer.int8(-1);
    writer.string(Some("ab"));
    writer.string(None);
    writer.array(Some(&[1, 200]), |writer, value| {
      writer.int32(*value);
      writer.tags();
    });
    writer.array(None::<&[i32]>, |_, _| ());
    writer.finish()
  }

  type Written = (i8, Option<String>, Option<String>, Vec<i32>, usize);

  fn read(bytes: &[u8], is_flexible: bool) -> Result<Written, KafkaError> {
    let mut reader = Reader::new(bytes, is_flexible);
    let first = reader.int8()?;
    let (text, none) = (reader.string()?, reader.string()?);
    let values = reader.array(|reader| {
      let value = reader.int32()?;
      reader.tags()?;
      Ok(value)
    })?;
    let nothing = reader.array(|reader| reader.int32())?.len();
    Ok((first, text, none, values, nothing))
  }

  #[test]
  fn the_old_encoding_has_fixed_lengths_and_the_flexible_one_has_varints_and_tags() {
    let old =
      [&[0xff, 0, 2, b'a', b'b', 0xff, 0xff, 0, 0, 0, 2][..], &[0, 0, 0, 1, 0, 0, 0, 200], &[0xff, 0xff, 0xff, 0xff]]
        .concat();
    assert_eq!(write(false), old);
    assert_eq!(write(true), [0xff, 3, b'a', b'b', 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 200, 0, 0]);
  }

  #[test]
  fn what_was_written_is_read_and_what_is_cut_off_is_an_error() {
    for is_flexible in [false, true] {
      let bytes = write(is_flexible);
      let expected = (-1, Some("ab".into()), None, vec![1, 200], 0);
      assert_eq!(read(&bytes, is_flexible).unwrap(), expected);
      for length in 0..bytes.len() {
        assert!(read(&bytes[..length], is_flexible).is_err(), "{length} bytes");
      }
    }
  }

  #[test]
  fn long_texts_and_unknown_tags_are_read() {
    let text = "x".repeat(300);
    let mut writer = Writer::new(true);
    writer.string(Some(&text));
    let mut bytes = writer.finish();
    bytes.extend([1, 5, 2, 9, 9, 7]);
    let mut reader = Reader::new(&bytes, true);
    assert_eq!(reader.string().unwrap(), Some(text));
    reader.tags().unwrap();
    assert_eq!(reader.int8().unwrap(), 7);
  }

  fn names() -> impl Strategy<Value = Vec<(Option<String>, i32)>> {
    vec((proptest::option::of(".{0,200}"), any::<i32>()), 0..10)
  }

  fn read_names(reader: &mut Reader) -> Result<Vec<(Option<String>, i32)>, KafkaError> {
    reader.array(|reader| {
      let name = (reader.string()?, reader.int32()?);
      reader.tags()?;
      Ok(name)
    })
  }

  proptest! {
    #[test]
    fn anything_is_read_as_it_was_written(names in names(), number in any::<i8>(), is_flexible in any::<bool>()) {
      let mut writer = Writer::new(is_flexible);
      writer.int8(number);
      writer.array(Some(&names), |writer, (name, value)| {
        writer.string(name.as_deref());
        writer.int32(*value);
        writer.tags();
      });
      let bytes = writer.finish();
      let mut reader = Reader::new(&bytes, is_flexible);
      prop_assert_eq!(reader.int8().unwrap(), number);
      prop_assert_eq!(read_names(&mut reader).unwrap(), names);
      prop_assert!(reader.int8().is_err(), "nothing is left over");
    }

    #[test]
    fn any_response_ends_in_a_result_of_no_more_than_its_bytes_or_an_error(
      bytes in vec(any::<u8>(), 0..200),
      is_flexible in any::<bool>()
    ) {
      if let Ok(names) = read_names(&mut Reader::new(&bytes, is_flexible)) {
        prop_assert!(5 * names.len() <= bytes.len());
      }
      let _ = read(&bytes, is_flexible);
    }
  }
}
