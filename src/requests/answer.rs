//! What requests are answered with.

use super::acls::Acl;
use crate::bridge::{hex, PartitionAnswer};
use crate::error::KafkaError;
use crate::ffi::{ClusterMetadata, FailedTopic, GroupInfo, GroupMember, MemberState, PartitionOffset, ResourceConfig};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// Declares the answers. What crosses is the bare result: JavaScript knows what it has asked for.
macro_rules! answers {
  ($($op:ident: $result:ty,)*) => {
    /// The result of each request, by the request's `op`.
    #[cfg_attr(test, derive(ts_rs::TS), ts(tag = "op", content = "result", rename_all = "camelCase"))]
    pub enum Answer { $($op($result),)* }

    impl Serialize for Answer {
      fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self { $(Answer::$op(result) => result.serialize(serializer),)* }
      }
    }
  };
}

answers! {
  Metadata: ClusterMetadata,
  Committed: Vec<PartitionAnswer>,
  Offsets: Vec<PartitionAnswer>,
  CreateTopics: Vec<FailedTopic>,
  DeleteTopics: Vec<FailedTopic>,
  CreatePartitions: Vec<FailedTopic>,
  DeleteRecords: Vec<PartitionAnswer>,
  ElectLeaders: Vec<PartitionOutcome>,
  DescribeConfigs: Vec<ResourceConfig>,
  AlterConfigs: Vec<ResourceConfig>,
  ListGroups: BTreeMap<String, String>,
  DescribeGroup: GroupDescription,
  ListOffsets: Vec<PartitionAnswer>,
  GroupOffsets: Vec<PartitionAnswer>,
  CommitGroupOffsets: Vec<PartitionAnswer>,
  DeleteGroupOffsets: Vec<PartitionAnswer>,
  DeleteGroups: Vec<GroupOutcome>,
  DescribeAcls: Vec<Acl>,
  CreateAcls: Vec<Option<KafkaError>>,
  DeleteAcls: Vec<FilterOutcome>,
  AlterReassignments: Vec<PartitionOutcome>,
  ListReassignments: Vec<TopicReassignments>,
  DescribeScramUsers: Vec<ScramUser>,
  InitTransactions: (),
  BeginTransaction: (),
  SendOffsets: (),
  CommitTransaction: (),
  AbortTransaction: (),
  AddBrokers: (),
  ReportRequests: (),
  SetToken: (),
  SetTokenFailure: (),
}

/// What a change has come to for one partition.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PartitionOutcome {
  pub topic: String,
  pub partition: i32,
  pub error: Option<KafkaError>,
}

/// What a deletion has come to for one group.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GroupOutcome {
  pub group: String,
  pub error: Option<KafkaError>,
}

/// What the deletion of ACLs has come to for one filter.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FilterOutcome {
  pub error: Option<KafkaError>,
  pub matching: Vec<MatchingAcl>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MatchingAcl {
  /// Why it is still there.
  pub error: Option<KafkaError>,
  pub acl: Acl,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TopicReassignments {
  pub topic: String,
  pub partitions: Vec<PartitionReassignment>,
}

/// Broker ids: all that have the partition at the moment, those that shall have it, and those that shall not.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PartitionReassignment {
  pub partition: i32,
  pub replicas: Vec<i32>,
  pub adding: Vec<i32>,
  pub removing: Vec<i32>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ScramUser {
  pub user: String,
  pub error: Option<KafkaError>,
  pub credentials: Vec<ScramCredential>,
}

/// The mechanism is a number of the Kafka protocol.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ScramCredential {
  pub mechanism: i8,
  pub iterations: i32,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct GroupDescription {
  pub group: String,
  /// The broker's name for it, e.g. `Stable`.
  pub state: String,
  pub protocol_type: String,
  /// The assignor in use.
  pub protocol: String,
  pub coordinator: Coordinator,
  pub members: Vec<MemberDescription>,
}

/// The id is -1 if it is not known.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Coordinator {
  pub id: i32,
  pub host: String,
  pub port: i32,
}

/// Members of the newer protocol (KIP-848) have `partitions`, all others `metadata` and `assignment`.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
#[serde(rename_all = "camelCase")]
pub struct MemberDescription {
  pub id: String,
  pub client_id: String,
  /// E.g. `/127.0.0.1`.
  pub host: String,
  /// As on the wire, in hexadecimal.
  #[serde(skip_serializing_if = "Option::is_none")]
  pub metadata: Option<String>,
  /// As on the wire, in hexadecimal.
  #[serde(skip_serializing_if = "Option::is_none")]
  pub assignment: Option<String>,
  #[serde(skip_serializing_if = "Option::is_none")]
  pub partitions: Option<Vec<PartitionAnswer>>,
}

impl From<GroupInfo> for GroupDescription {
  fn from(info: GroupInfo) -> GroupDescription {
    let GroupInfo { group, state, protocol_type, protocol, coordinator: (id, host, port), members } = info;
    let members = members.into_iter().map(MemberDescription::from).collect();
    GroupDescription { group, state, protocol_type, protocol, coordinator: Coordinator { id, host, port }, members }
  }
}

impl From<GroupMember> for MemberDescription {
  fn from(member: GroupMember) -> MemberDescription {
    let GroupMember { id, client_id, host, state } = member;
    let (metadata, assignment, partitions) = match state {
      MemberState::Wire { metadata, assignment } => (Some(hex(&metadata)), Some(hex(&assignment)), None),
      MemberState::Assigned(partitions) => (None, None, Some(answers(partitions))),
    };
    MemberDescription { id, client_id, host, metadata, assignment, partitions }
  }
}

pub fn answers(partitions: Vec<PartitionOffset>) -> Vec<PartitionAnswer> {
  partitions.into_iter().map(PartitionAnswer::from).collect()
}

#[cfg(test)]
mod tests {
  use super::*;
  use serde_json::json;

  #[test]
  fn a_members_blobs_are_hexadecimal_and_a_newer_members_partitions_a_list() {
    let json = |state| {
      let member = GroupMember { id: "m".into(), client_id: "c".into(), host: "/h".into(), state };
      json!(MemberDescription::from(member))
    };
    let wire = json(MemberState::Wire { metadata: vec![0, 255], assignment: vec![] });
    assert_eq!(wire, json!({ "id": "m", "clientId": "c", "host": "/h", "metadata": "00ff", "assignment": "" }));
    let one = PartitionOffset { topic: "t".into(), partition: 3, offset: 7, metadata: None, error: 0 };
    assert_eq!(json(MemberState::Assigned(vec![one]))["partitions"][0]["partition"], 3);
  }

  #[test]
  fn an_answer_crosses_as_its_bare_result() {
    assert_eq!(
      json!(Answer::ListGroups(BTreeMap::from([("g".into(), "consumer".into())]))),
      json!({ "g": "consumer" })
    );
    assert_eq!(json!(Answer::SetToken(())), json!(null));
  }
}
