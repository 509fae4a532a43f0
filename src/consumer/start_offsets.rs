//! Where a group member starts: at the committed offset, otherwise where `fromOffset` says.

use crate::bridge::Bridge;
use crate::error::KafkaError;
use crate::ffi::{Client, PartitionList, PartitionOffset};
use crate::requests::{committed, offsets};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// As times in a look-up of offsets (Kafka protocol, ListOffsets): the end and the beginning of the log.
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

/// Where each assigned partition starts.
pub struct StartOffsets {
  pub partitions: Vec<PartitionOffset>,
  /// Commit them at once, so that the group has an offset for each (`commitOffsetsOnFirstJoin`).
  pub commit: bool,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Debug)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum FromOffset {
  Earliest,
  #[default]
  Latest,
  /// It is an error when a partition has no committed offset.
  None,
}

#[derive(Clone, Default, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct StartPolicy {
  pub from_offset: FromOffset,
  /// The same for single topics.
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub from_offset_of: HashMap<String, FromOffset>,
  /// Commit the start offsets when one of them was not committed before.
  pub commit_on_first_join: bool,
  /// ms for each look-up.
  pub timeout: u64,
  /// Look up again for as long as it fails with an error that may pass, such as a partition without a leader, and report
  /// each time. Otherwise the first failure is the end of the attempt to join.
  pub keep_trying: bool,
}

impl StartPolicy {
  fn time_of(&self, topic: &str) -> Result<i64, StartError> {
    match self.from_offset_of.get(topic).unwrap_or(&self.from_offset) {
      FromOffset::Earliest => Ok(EARLIEST),
      FromOffset::Latest => Ok(LATEST),
      FromOffset::None => Err(StartError::OffsetsMissing),
    }
  }
}

#[derive(Debug)]
pub enum StartError {
  /// `FromOffset::None`, and at least one partition has no committed offset.
  OffsetsMissing,
  Kafka(KafkaError),
}

impl From<KafkaError> for StartError {
  fn from(error: KafkaError) -> StartError {
    StartError::Kafka(error)
  }
}

pub async fn start_offsets(
  client: &Arc<Client>,
  bridge: &Arc<Bridge>,
  assigned: &[PartitionOffset],
  policy: &StartPolicy,
) -> Result<StartOffsets, StartError> {
  if assigned.is_empty() {
    return Ok(StartOffsets { partitions: Vec::new(), commit: false });
  }
  let timeout = Duration::from_millis(policy.timeout);
  let wanted = assigned.to_vec();
  let found = committed(client, bridge, move || PartitionList::from(&wanted[..]), timeout).await?;
  let missing = missing_of(&found)?;
  if missing.is_empty() {
    return Ok(StartOffsets { partitions: found, commit: false });
  }
  let wanted = missing
    .iter()
    .map(|partition| Ok(PartitionOffset { offset: policy.time_of(&partition.topic)?, ..partition.clone() }))
    .collect::<Result<Vec<_>, StartError>>()?;
  let defaults = offsets(client, bridge, move || PartitionList::from(&wanted[..]), timeout).await?;
  if let Some(failed) = defaults.iter().find(|partition| partition.error != 0) {
    return Err(KafkaError::new(failed.error).into());
  }
  Ok(StartOffsets { partitions: filled(found, &defaults), commit: policy.commit_on_first_join })
}

/// The partitions without a committed offset. An offset of 0 is a commit whatever stands beside it. KafkaJS commits -1
/// and -2 for "the end" and "the beginning": no offsets either.
fn missing_of(found: &[PartitionOffset]) -> Result<Vec<PartitionOffset>, KafkaError> {
  if let Some(failed) = found.iter().find(|partition| partition.error != 0) {
    return Err(KafkaError::new(failed.error));
  }
  Ok(found.iter().filter(|partition| partition.offset < 0).cloned().collect())
}

fn filled(found: Vec<PartitionOffset>, defaults: &[PartitionOffset]) -> Vec<PartitionOffset> {
  let default_of = |wanted: &PartitionOffset| {
    defaults.iter().find(|default| default.topic == wanted.topic && default.partition == wanted.partition)
  };
  found
    .into_iter()
    .map(|partition| match default_of(&partition) {
      Some(default) => PartitionOffset { offset: default.offset, ..partition },
      None => partition,
    })
    .collect()
}

#[cfg(test)]
mod tests {
  use super::*;

  /// librdkafka's "no offset" (`RD_KAFKA_OFFSET_INVALID`).
  const NONE: i64 = -1001;

  fn at(partition: i32, offset: i64) -> PartitionOffset {
    PartitionOffset { topic: "t".into(), partition, offset, metadata: None, error: 0 }
  }

  #[test]
  fn only_partitions_without_a_commit_get_the_default() {
    let found = vec![at(0, 7), at(1, NONE), at(2, 0)];
    let missing = missing_of(&found).unwrap();
    assert_eq!(missing, [at(1, NONE)]);
    assert_eq!(filled(found, &[at(1, 42)]), [at(0, 7), at(1, 42), at(2, 0)]);
  }

  #[test]
  fn a_negative_commit_is_no_commit() {
    assert_eq!(missing_of(&[at(0, -1), at(1, -2), at(2, 3)]).unwrap(), [at(0, -1), at(1, -2)]);
  }

  #[test]
  fn topics_may_start_elsewhere_than_the_rest() {
    let from_offset_of = HashMap::from([("a".to_owned(), FromOffset::Earliest), ("b".to_owned(), FromOffset::None)]);
    let policy = StartPolicy { from_offset_of, ..StartPolicy::default() };
    assert_eq!(policy.time_of("a").unwrap(), EARLIEST);
    assert!(matches!(policy.time_of("b"), Err(StartError::OffsetsMissing)));
    assert_eq!(policy.time_of("c").unwrap(), LATEST);
  }

  #[test]
  fn a_partition_that_could_not_be_read_is_an_error_and_not_a_missing_offset() {
    let found = vec![at(0, 7), PartitionOffset { error: 16, ..at(1, NONE) }];
    assert_eq!(missing_of(&found).unwrap_err().code, 16);
  }
}
