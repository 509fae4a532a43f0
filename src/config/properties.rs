//! librdkafka's own properties: which exist, and which values they accept. For the option `librdkafka`.

use crate::ffi::{properties_table, Conf};
use serde::Serialize;

/// One of librdkafka's properties.
#[derive(Debug, PartialEq, Serialize)]
pub struct Property {
  pub name: String,
  /// `P` for producers only, `C` for consumers only, `*` for both.
  pub scope: char,
  /// The property that this is an alias of.
  pub alias: Option<String>,
}

/// Reads the rows of librdkafka's table: `name | scope | range | default | importance | description`.
fn parse(table: &str) -> Vec<Property> {
  let mut properties: Vec<Property> = Vec::new();
  for line in table.lines() {
    let columns: Vec<&str> = line.split(" | ").map(str::trim).collect();
    let [name, scope, .., description] = columns.as_slice() else { continue };
    let scope = match *scope {
      "P" => 'P',
      "C" => 'C',
      "*" => '*',
      _ => continue,
    };
    let alias = description.strip_prefix("Alias for `").and_then(|rest| rest.split('`').next()).map(str::to_owned);
    // A property of both clients and topics is listed twice, the client's first.
    if !properties.iter().any(|known| known.name == *name) {
      properties.push(Property { name: (*name).to_owned(), scope, alias });
    }
  }
  properties
}

/// All of librdkafka's properties.
pub fn all() -> Vec<Property> {
  parse(&properties_table())
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
