use super::super::{c_string, string_from, sys, Client};
use super::{ask, millis, pointers, Options};
use crate::error::KafkaError;
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
#[serde(rename_all = "camelCase")]
pub enum ResourceKind {
  Topic,
  Broker,
}

/// What to describe.
#[derive(Deserialize)]
pub struct Wanted {
  pub name: String,
  /// The entries to describe; empty for all.
  pub entries: Vec<String>,
}

/// The configuration of one resource, or why it could not be read.
#[derive(Serialize)]
pub struct ResourceConfig {
  pub name: String,
  /// 0, or the broker's code.
  pub code: i32,
  pub error: String,
  pub entries: Vec<ConfigEntry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigEntry {
  pub name: String,
  /// Empty if it is not set or not to be seen.
  pub value: String,
  pub read_only: bool,
  /// Where the value comes from (Kafka protocol, DescribeConfigs), e.g. 1 the topic, 5 the default.
  pub source: i32,
  pub sensitive: bool,
  pub synonyms: Vec<Synonym>,
}

#[derive(Serialize)]
pub struct Synonym {
  pub name: String,
  pub value: String,
  pub source: i32,
}

/// Owner of a resource to describe (`rd_kafka_ConfigResource_t`).
struct Resource(*mut sys::rd_kafka_ConfigResource_t);

impl Resource {
  fn new(kind: ResourceKind, wanted: &Wanted) -> Result<Resource, KafkaError> {
    let kind = match kind {
      ResourceKind::Topic => sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC,
      ResourceKind::Broker => sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_BROKER,
    };
    let name = c_string(&wanted.name);
    // SAFETY: NUL-terminated name, which is copied.
    let raw = unsafe { sys::rd_kafka_ConfigResource_new(kind, name.as_ptr()) };
    if raw.is_null() {
      return Err(KafkaError::invalid_config("the name of a resource must not be empty".into()));
    }
    let resource = Resource(raw);
    for entry in &wanted.entries {
      let entry = c_string(entry);
      // SAFETY: live resource; the name is copied. A value must be given, but only names are sent.
      unsafe { sys::rd_kafka_ConfigResource_set_config(raw, entry.as_ptr(), c"".as_ptr()) };
    }
    Ok(resource)
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
  let resources = wanted.iter().map(|wanted| Resource::new(kind, wanted)).collect::<Result<Vec<_>, _>>()?;
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
      // -1 stands for "not known", as for brokers that do not tell
      read_only: sys::rd_kafka_ConfigEntry_is_read_only(entry) == 1,
      source: entry_source(entry),
      sensitive: sys::rd_kafka_ConfigEntry_is_sensitive(entry) == 1,
      synonyms: synonyms
        .map(|synonym| Synonym {
          name: string_from(sys::rd_kafka_ConfigEntry_name(synonym)),
          value: string_from(sys::rd_kafka_ConfigEntry_value(synonym)),
          source: entry_source(synonym),
        })
        .collect(),
    }
  }
}
