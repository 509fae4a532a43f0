//! librdkafka's own properties: which exist, and which values they accept. For the option `librdkafka`.

use crate::ffi::{self, Conf, Property};

/// All of librdkafka's properties, each once.
pub fn all() -> Vec<Property> {
  let mut properties: Vec<Property> = Vec::new();
  for property in ffi::properties() {
    // A property of both clients and topics is listed twice, the client's first.
    if !properties.iter().any(|known| known.name == property.name) {
      properties.push(property);
    }
  }
  properties
}

/// Tries a property out: librdkafka's reason when it does not take the value, which may show the value.
pub fn refusal(name: &str, value: &str) -> Option<String> {
  Conf::new().set(name, value).err().map(|error| error.message.trim().to_owned())
}

#[cfg(test)]
mod tests {
  use super::*;

  fn property(name: &str) -> Property {
    all().into_iter().find(|property| property.name == name).unwrap()
  }

  #[test]
  fn the_table_has_the_properties_of_clients_and_topics() {
    assert_eq!(property("bootstrap.servers").scope, '*');
    assert_eq!(property("linger.ms").scope, 'P');
    assert_eq!(property("isolation.level").scope, 'C');
    assert_eq!(property("message.timeout.ms").scope, 'P');
    assert!(all().len() > 150);
  }

  #[test]
  fn another_name_of_a_property_leads_to_it() {
    assert_eq!(property("bootstrap.servers").alias.as_deref(), Some("metadata.broker.list"));
    assert_eq!(property("compression.type").alias.as_deref(), Some("compression.codec"));
    assert_eq!(property("linger.ms").alias.as_deref(), Some("queue.buffering.max.ms"));
  }

  #[test]
  fn a_value_is_tried_out() {
    assert_eq!(refusal("isolation.level", "read_committed"), None);
    assert!(refusal("isolation.level", "x").unwrap().contains("isolation.level"));
    assert!(refusal("no.such.property", "1").unwrap().contains("no.such.property"));
  }
}
