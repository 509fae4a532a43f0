//! Requests about topics, configurations, groups and offsets.
//!
//! Queries are retried while a broker does not answer; whatever changes something is retried only if doing it twice
//! does no harm.

use super::answer::{answers, GroupDescription, GroupOutcome, PartitionOutcome};
use crate::bridge::{Bridge, PartitionAnswer};
use crate::error::KafkaError;
use crate::ffi::{
  self, Alteration, Api, Client, FailedTopic, Isolation, Later, MorePartitions, NewTopic, PartitionOffset,
  ResourceConfig, ResourceKind, Timeouts, Wanted,
};
use crate::requests::partitions::{list_of, Partition};
use crate::requests::slices::{answered, in_slices};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Codes that say another broker leads a partition or coordinates a group by now, or will soon (Kafka protocol, error
/// codes).
const MOVED: [i32; 7] = [5, 6, 14, 15, 16, 74, 78];

pub struct Admin {
  pub client: Arc<Client>,
  pub bridge: Arc<Bridge>,
  pub timeout: Duration,
}

impl Admin {
  pub async fn create_topics(
    self,
    topics: Vec<NewTopic>,
    validate_only: bool,
    effect: Option<u64>,
  ) -> Result<Vec<FailedTopic>, KafkaError> {
    let asked = ffi::create_topics(&self.client, &topics, validate_only, self.timeouts(effect))?;
    self.once(asked).await
  }

  pub async fn delete_topics(self, topics: Vec<String>, effect: Option<u64>) -> Result<Vec<FailedTopic>, KafkaError> {
    let asked = ffi::delete_topics(&self.client, &topics, self.timeouts(effect));
    self.once(asked).await
  }

  pub async fn create_partitions(
    self,
    topics: Vec<MorePartitions>,
    validate_only: bool,
    effect: Option<u64>,
  ) -> Result<Vec<FailedTopic>, KafkaError> {
    let asked = ffi::create_partitions(&self.client, &topics, validate_only, self.timeouts(effect))?;
    self.once(asked).await
  }

  pub async fn delete_records(self, partitions: Vec<Partition>) -> Result<Vec<PartitionAnswer>, KafkaError> {
    let asked = ffi::delete_records(&self.client, &list_of(&partitions), self.timeout);
    self.once(asked).await.map(answers)
  }

  pub async fn elect_leaders(
    self,
    unclean: bool,
    partitions: Option<Vec<Partition>>,
  ) -> Result<Vec<PartitionOutcome>, KafkaError> {
    let list = partitions.as_deref().map(list_of);
    let asked = ffi::elect_leaders(&self.client, unclean, list.as_ref(), self.timeout);
    drop(list);
    let outcomes = self.once(asked).await?;
    let outcome = |ffi::PartitionOutcome { topic, partition, error }| PartitionOutcome { topic, partition, error };
    Ok(outcomes.into_iter().map(outcome).collect())
  }

  pub async fn alter_configs(
    self,
    kind: ResourceKind,
    alterations: Vec<Alteration>,
    incremental: bool,
    validate_only: bool,
  ) -> Result<Vec<ResourceConfig>, KafkaError> {
    let asked = ffi::alter_configs(&self.client, kind, &alterations, incremental, validate_only, self.timeout)?;
    self.once(asked).await
  }

  pub async fn delete_groups(self, groups: Vec<String>) -> Result<Vec<GroupOutcome>, KafkaError> {
    let asked = ffi::delete_groups(&self.client, &groups, self.timeout);
    let outcomes = self.once(asked).await?;
    Ok(outcomes.into_iter().map(|(group, error)| GroupOutcome { group, error }).collect())
  }

  pub async fn delete_group_offsets(
    self,
    group: String,
    partitions: Vec<Partition>,
  ) -> Result<Vec<PartitionAnswer>, KafkaError> {
    let asked = ffi::delete_group_offsets(&self.client, &group, &list_of(&partitions), self.timeout);
    self.once(asked).await.map(answers)
  }

  pub async fn describe_configs(
    self,
    kind: ResourceKind,
    wanted: Vec<Wanted>,
  ) -> Result<Vec<ResourceConfig>, KafkaError> {
    self.ask(move |client, slice| ffi::describe_configs(client, kind, &wanted, slice)).await
  }

  pub async fn list_groups(self) -> Result<BTreeMap<String, String>, KafkaError> {
    let groups = self.ask(ffi::list_groups).await?;
    Ok(groups.into_iter().map(|listed| (listed.group, listed.protocol_type)).collect())
  }

  pub async fn describe_group(self, group: String) -> Result<GroupDescription, KafkaError> {
    self.ask(move |client, slice| ffi::describe_group(client, &group, slice)).await.map(GroupDescription::from)
  }

  pub async fn list_offsets(
    self,
    partitions: Vec<Partition>,
    isolation: Isolation,
  ) -> Result<Vec<PartitionAnswer>, KafkaError> {
    let ask =
      move |client: &Arc<Client>, slice| settled(ffi::list_offsets(client, &list_of(&partitions), isolation, slice)?);
    self.ask(ask).await.map(answers)
  }

  pub async fn group_offsets(
    self,
    group: String,
    partitions: Option<Vec<Partition>>,
  ) -> Result<Vec<PartitionAnswer>, KafkaError> {
    let ask = move |client: &Arc<Client>, slice| {
      let list = partitions.as_deref().map(list_of);
      settled(ffi::group_offsets(client, &group, list.as_ref(), slice)?)
    };
    self.ask(ask).await.map(answers)
  }

  pub async fn commit_group_offsets(
    self,
    group: String,
    partitions: Vec<Partition>,
  ) -> Result<Vec<PartitionAnswer>, KafkaError> {
    let ask = move |client: &Arc<Client>, slice| {
      settled(ffi::commit_group_offsets(client, &group, &list_of(&partitions), slice)?)
    };
    self.ask(ask).await.map(answers)
  }

  fn timeouts(&self, effect: Option<u64>) -> Timeouts {
    Timeouts { answer: self.timeout, effect: effect.map_or(self.timeout, Duration::from_millis) }
  }

  /// What comes of a change: it is sent once, and never cut into slices that could repeat it.
  async fn once<T>(&self, asked: Later<T>) -> Result<T, KafkaError> {
    answered(&self.bridge, move || asked.answer()).await
  }

  /// Asks the controller in the words of the protocol, once it is connected: the version in use and the response.
  pub async fn speak(
    self,
    api: Api,
    body: impl Fn(i16) -> Vec<u8> + Send + Sync + 'static,
  ) -> Result<(i16, Vec<u8>), KafkaError> {
    let (bridge, timeout) = (Arc::clone(&self.bridge), self.timeout);
    let send = move |client: &Arc<Client>, slice| ffi::ask_controller(client, api, &body, slice, timeout);
    let asked = self.ask(send).await?;
    let version = asked.version;
    let response = answered(&bridge, move || asked.response()).await?;
    Ok((version, response))
  }

  async fn ask<T: Send + 'static>(
    self,
    call: impl Fn(&Arc<Client>, Duration) -> Result<T, KafkaError> + Send + Sync + 'static,
  ) -> Result<T, KafkaError> {
    in_slices(&self.client, &self.bridge, self.timeout, call).await
  }
}

/// A response in which a partition has moved is an error, so that the request is retried.
fn settled(partitions: Vec<PartitionOffset>) -> Result<Vec<PartitionOffset>, KafkaError> {
  match partitions.iter().find(|partition| MOVED.contains(&partition.error)) {
    Some(moved) => Err(KafkaError { retriable: true, ..KafkaError::new(moved.error) }),
    None => Ok(partitions),
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  fn at(partition: i32, error: i32) -> PartitionOffset {
    PartitionOffset { topic: "t".into(), partition, offset: 7, metadata: None, error }
  }

  #[test]
  fn a_moved_leader_or_coordinator_is_asked_for_again_and_other_errors_stay_with_their_partition() {
    assert_eq!(settled(vec![at(0, 0), at(1, 25)]).unwrap().len(), 2);
    for code in MOVED {
      let error = settled(vec![at(0, 0), at(1, code)]).unwrap_err();
      assert!(error.retriable && error.code == code, "{code}");
    }
  }
}
