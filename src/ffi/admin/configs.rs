use super::super::{c_string, string_from, sys, take_error, Client};
use super::{ask, later, millis, pointers, Answer, Later, Options};
use crate::ffi::error::KafkaError;
use serde::{Deserialize, Serialize};
use std::ffi::c_int;
use std::sync::Arc;
use std::time::Duration;

extern "C" {
  // As plain integers, for the reason given in `ffi`.
  #[link_name = "rd_kafka_ConfigResource_error"]
  fn resource_error(resource: *const sys::rd_kafka_ConfigResource_t) -> c_int;
  #[link_name = "rd_kafka_ConfigEntry_source"]
  fn entry_source(entry: *const sys::rd_kafka_ConfigEntry_t) -> c_int;
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum ResourceKind {
  Topic,
  Broker,
}

/// What to describe.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Wanted {
  pub name: String,
  /// The entries to describe; empty for all.
  pub entries: Vec<String>,
}

/// The configuration of one resource, or why it could not be read.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ResourceConfig {
  pub name: String,
  /// 0, or the broker's code.
  pub code: i32,
  pub error: String,
  pub entries: Vec<ConfigEntry>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ConfigEntry {
  pub name: String,
  /// Empty if it is not set or not to be seen.
  pub value: String,
  /// It is not set, or not to be seen.
  pub is_null: bool,
  pub read_only: bool,
  /// Where the value comes from (Kafka protocol, DescribeConfigs), e.g. 1 the topic, 5 the default.
  pub source: i32,
  pub sensitive: bool,
  pub synonyms: Vec<Synonym>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Synonym {
  pub name: String,
  pub value: String,
  pub is_null: bool,
  pub source: i32,
}

/// Owner of a resource to describe (`rd_kafka_ConfigResource_t`).
struct Resource(*mut sys::rd_kafka_ConfigResource_t);

impl Resource {
  fn new(kind: ResourceKind, name: &str) -> Result<Resource, KafkaError> {
    let kind = match kind {
      ResourceKind::Topic => sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC,
      ResourceKind::Broker => sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_BROKER,
    };
    let name = c_string(name);
    // SAFETY: NUL-terminated name, which is copied.
    let raw = unsafe { sys::rd_kafka_ConfigResource_new(kind, name.as_ptr()) };
    if raw.is_null() {
      return Err(KafkaError::invalid_config("the name of a resource must not be empty".into()));
    }
    Ok(Resource(raw))
  }

  fn wanted(kind: ResourceKind, wanted: &Wanted) -> Result<Resource, KafkaError> {
    let resource = Resource::new(kind, &wanted.name)?;
    for entry in &wanted.entries {
      // A value must be given, but only names are sent.
      resource.set(entry, Some(""));
    }
    Ok(resource)
  }

  fn altered(kind: ResourceKind, alteration: &Alteration, incremental: bool) -> Result<Resource, KafkaError> {
    let resource = Resource::new(kind, &alteration.name)?;
    for Entry { name, value, operation } in &alteration.entries {
      match incremental {
        true => resource.add(name, value.as_deref(), *operation)?,
        false => resource.set(name, value.as_deref()),
      }
    }
    Ok(resource)
  }

  fn set(&self, name: &str, value: Option<&str>) {
    let (name, value) = (c_string(name), value.map(c_string));
    let value = value.as_ref().map_or(std::ptr::null(), |value| value.as_ptr());
    // SAFETY: live resource; the strings are copied, a null value stands for the default.
    unsafe { sys::rd_kafka_ConfigResource_set_config(self.0, name.as_ptr(), value) };
  }

  fn add(&self, name: &str, value: Option<&str>, operation: Operation) -> Result<(), KafkaError> {
    use sys::rd_kafka_AlterConfigOpType_t as Kind;
    let (name, value) = (c_string(name), value.map(c_string));
    let value = value.as_ref().map_or(std::ptr::null(), |value| value.as_ptr());
    let operation = match operation {
      Operation::Set => Kind::RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET,
      Operation::Delete => Kind::RD_KAFKA_ALTER_CONFIG_OP_TYPE_DELETE,
      Operation::Append => Kind::RD_KAFKA_ALTER_CONFIG_OP_TYPE_APPEND,
      Operation::Subtract => Kind::RD_KAFKA_ALTER_CONFIG_OP_TYPE_SUBTRACT,
    };
    // SAFETY: live resource; the strings are copied, the error object, if any, becomes ours.
    unsafe { take_error(sys::rd_kafka_ConfigResource_add_incremental_config(self.0, name.as_ptr(), operation, value)) }
  }
}

/// What to change about one resource's configuration.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Alteration {
  pub name: String,
  pub entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Entry {
  pub name: String,
  pub value: Option<String>,
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub operation: Operation,
}

/// What an incremental change does to an entry.
#[derive(Clone, Copy, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Operation {
  #[default]
  Set,
  /// Back to the default.
  Delete,
  /// Adds to a list.
  Append,
  /// Takes out of a list.
  Subtract,
}

/// Asks for changes: of any number of different topics, or of one broker, by its id; never blocks. Without `incremental`
/// the entries replace all that are set. The answer has each resource, with the error if it was refused.
pub fn alter_configs(
  client: &Arc<Client>,
  kind: ResourceKind,
  alterations: &[Alteration],
  incremental: bool,
  validate_only: bool,
  timeout: Duration,
) -> Result<Later<Vec<ResourceConfig>>, KafkaError> {
  let resources = alterations
    .iter()
    .map(|alteration| Resource::altered(kind, alteration, incremental))
    .collect::<Result<Vec<_>, _>>()?;
  let mut raw: Vec<_> = resources.iter().map(|resource| resource.0).collect();
  let wait = millis(timeout);
  let operation = match incremental {
    true => sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS,
    false => sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ALTERCONFIGS,
  };
  let options = Options::new(client, operation, wait);
  if validate_only {
    options.validate_only();
  }
  let read = match incremental {
    true => read_incrementally_altered,
    false => read_altered,
  };
  Ok(later(client, &options, wait, read, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the resources.
    unsafe {
      match incremental {
        true => sys::rd_kafka_IncrementalAlterConfigs(rk, raw.as_mut_ptr(), raw.len(), options, queue),
        false => sys::rd_kafka_AlterConfigs(rk, raw.as_mut_ptr(), raw.len(), options, queue),
      }
    }
  }))
}

fn read_altered(answer: &Answer) -> Result<Vec<ResourceConfig>, KafkaError> {
  let mut count = 0;
  // SAFETY: the answer is this operation's, and its parts are read while it is live.
  unsafe {
    let result = sys::rd_kafka_event_AlterConfigs_result(answer.raw);
    let resources = pointers(sys::rd_kafka_AlterConfigs_result_resources(result, &mut count), count);
    Ok(resources.map(|resource| read_resource(resource)).collect())
  }
}

fn read_incrementally_altered(answer: &Answer) -> Result<Vec<ResourceConfig>, KafkaError> {
  let mut count = 0;
  // SAFETY: as above.
  unsafe {
    let result = sys::rd_kafka_event_IncrementalAlterConfigs_result(answer.raw);
    let resources = pointers(sys::rd_kafka_IncrementalAlterConfigs_result_resources(result, &mut count), count);
    Ok(resources.map(|resource| read_resource(resource)).collect())
  }
}

impl Drop for Resource {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_ConfigResource_destroy(self.0) }
  }
}

/// Reads configurations: of any number of different topics, or of one broker, by its id. Blocks up to `timeout`.
pub fn describe_configs(
  client: &Arc<Client>,
  kind: ResourceKind,
  wanted: &[Wanted],
  timeout: Duration,
) -> Result<Vec<ResourceConfig>, KafkaError> {
  let resources = wanted.iter().map(|wanted| Resource::wanted(kind, wanted)).collect::<Result<Vec<_>, _>>()?;
  let mut raw: Vec<_> = resources.iter().map(|resource| resource.0).collect();
  let wait = millis(timeout);
  let options = Options::new(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, wait);
  let answer = ask(client, &options, wait, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the resources.
    unsafe { sys::rd_kafka_DescribeConfigs(rk, raw.as_mut_ptr(), raw.len(), options, queue) }
  })?;
  let mut count = 0;
  // SAFETY: the answer is this operation's, and its parts are read while it is live.
  unsafe {
    let result = sys::rd_kafka_event_DescribeConfigs_result(answer.raw);
    let resources = pointers(sys::rd_kafka_DescribeConfigs_result_resources(result, &mut count), count);
    Ok(resources.map(|resource| read_resource(resource)).collect())
  }
}

/// # Safety
/// `resource` is live during the call.
unsafe fn read_resource(resource: *const sys::rd_kafka_ConfigResource_t) -> ResourceConfig {
  let mut count = 0;
  // SAFETY: live by the caller's promise; strings and entries are the resource's own and copied.
  unsafe {
    let entries = pointers(sys::rd_kafka_ConfigResource_configs(resource, &mut count), count);
    ResourceConfig {
      name: string_from(sys::rd_kafka_ConfigResource_name(resource)),
      code: resource_error(resource),
      error: string_from(sys::rd_kafka_ConfigResource_error_string(resource)),
      entries: entries.map(|entry| read_entry(entry)).collect(),
    }
  }
}

/// # Safety
/// `entry` is live during the call.
unsafe fn read_entry(entry: *const sys::rd_kafka_ConfigEntry_t) -> ConfigEntry {
  let mut count = 0;
  // SAFETY: live by the caller's promise; strings and synonyms are the entry's own and copied.
  unsafe {
    let synonyms = pointers(sys::rd_kafka_ConfigEntry_synonyms(entry, &mut count), count);
    ConfigEntry {
      name: string_from(sys::rd_kafka_ConfigEntry_name(entry)),
      value: string_from(sys::rd_kafka_ConfigEntry_value(entry)),
      is_null: sys::rd_kafka_ConfigEntry_value(entry).is_null(),
      // -1 stands for "not known", as for brokers that do not tell
      read_only: sys::rd_kafka_ConfigEntry_is_read_only(entry) == 1,
      source: entry_source(entry),
      sensitive: sys::rd_kafka_ConfigEntry_is_sensitive(entry) == 1,
      synonyms: synonyms
        .map(|synonym| Synonym {
          name: string_from(sys::rd_kafka_ConfigEntry_name(synonym)),
          value: string_from(sys::rd_kafka_ConfigEntry_value(synonym)),
          is_null: sys::rd_kafka_ConfigEntry_value(synonym).is_null(),
          source: entry_source(synonym),
        })
        .collect(),
    }
  }
}
