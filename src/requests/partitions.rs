//! Partitions as JavaScript names them.

use crate::ffi::PartitionList;
use serde::Deserialize;

#[derive(Deserialize, Clone)]
pub struct Partition {
  pub topic: String,
  pub partition: i32,
  #[serde(default)]
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
