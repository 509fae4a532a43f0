//! Requests about topics, configurations, groups and offsets, as JSON for `lib/internal/clusterRequests.js`.
//!
//! Queries are retried while a broker does not answer; whatever changes something is retried only if doing it twice
//! does no harm.

use crate::error::KafkaError;
use crate::ffi::{self, Client, GroupInfo, GroupMember, MemberState, NewTopic, PartitionOffset, ResourceKind, Wanted};
use crate::napi::bridge::{hex, Bridge, PartitionAnswer};
use crate::requests::partitions::{list_of, Partition};
use crate::requests::slices::{answered, in_slices};
use serde_json::{json, Value};
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
  pub async fn create_topics(self, topics: Vec<NewTopic>) -> Result<Value, KafkaError> {
    // Not idempotent, so it is sent once, and never cut into slices that could repeat it.
    let asked = ffi::create_topics(&self.client, &topics, self.timeout)?;
    answered(&self.bridge, move || asked.failed()).await.map(|failed| json!(failed))
  }

  pub async fn describe_configs(self, kind: ResourceKind, wanted: Vec<Wanted>) -> Result<Value, KafkaError> {
    self.ask(move |client, slice| ffi::describe_configs(client, kind, &wanted, slice)).await.map(|found| json!(found))
  }

  pub async fn list_groups(self) -> Result<Value, KafkaError> {
    let groups = self.ask(ffi::list_groups).await?;
    Ok(groups.into_iter().map(|listed| (listed.group, Value::String(listed.protocol_type))).collect())
  }

  pub async fn describe_group(self, group: String) -> Result<Value, KafkaError> {
    self.ask(move |client, slice| ffi::describe_group(client, &group, slice)).await.map(group_json)
  }

  pub async fn list_offsets(self, partitions: Vec<Partition>) -> Result<Value, KafkaError> {
    let ask = move |client: &Arc<Client>, slice| settled(ffi::list_offsets(client, &list_of(&partitions), slice)?);
    self.ask(ask).await.map(answers)
  }

  pub async fn group_offsets(self, group: String, partitions: Vec<Partition>) -> Result<Value, KafkaError> {
    let ask =
      move |client: &Arc<Client>, slice| settled(ffi::group_offsets(client, &group, &list_of(&partitions), slice)?);
    self.ask(ask).await.map(answers)
  }

  pub async fn commit_group_offsets(self, group: String, partitions: Vec<Partition>) -> Result<Value, KafkaError> {
    let ask = move |client: &Arc<Client>, slice| {
      settled(ffi::commit_group_offsets(client, &group, &list_of(&partitions), slice)?)
    };
    self.ask(ask).await.map(answers)
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

fn answers(partitions: Vec<PartitionOffset>) -> Value {
  json!(partitions.into_iter().map(PartitionAnswer::from).collect::<Vec<_>>())
}

fn group_json(info: GroupInfo) -> Value {
  let (id, host, port) = info.coordinator;
  json!({
    "group": info.group,
    "state": info.state,
    "protocolType": info.protocol_type,
    "protocol": info.protocol,
    "coordinator": { "id": id, "host": host, "port": port },
    "members": info.members.into_iter().map(member_json).collect::<Vec<_>>(),
  })
}

fn member_json(member: GroupMember) -> Value {
  let mut json = json!({ "id": member.id, "clientId": member.client_id, "host": member.host });
  match member.state {
    MemberState::Wire { metadata, assignment } => {
      json["metadata"] = hex(&metadata).into();
      json["assignment"] = hex(&assignment).into();
    }
    MemberState::Assigned(partitions) => json["partitions"] = answers(partitions),
  }
  json
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

  #[test]
  fn a_members_blobs_are_hexadecimal_and_a_newer_members_partitions_a_list() {
    let member = |state| GroupMember { id: "m".into(), client_id: "c".into(), host: "/h".into(), state };
    let wire = member_json(member(MemberState::Wire { metadata: vec![0, 255], assignment: vec![] }));
    assert_eq!(wire, json!({ "id": "m", "clientId": "c", "host": "/h", "metadata": "00ff", "assignment": "" }));
    let assigned = member_json(member(MemberState::Assigned(vec![at(3, 0)])));
    assert_eq!(assigned["partitions"][0]["partition"], 3);
  }
}
