//! Partitions as JavaScript names them.

use crate::ffi::PartitionList;
use serde::Deserialize;

#[derive(Deserialize, Clone)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Partition {
  pub topic: String,
  pub partition: i32,
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub offset: i64,
  pub metadata: Option<String>,
}

/// JavaScript's partitions as a list for librdkafka.
pub fn list_of(partitions: &[Partition]) -> PartitionList {
  let mut list = PartitionList::new();
  for partition in partitions {
    list.add(&partition.topic, partition.partition, partition.offset, partition.metadata.as_deref());
  }
  list
}
