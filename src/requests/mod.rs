//! The control plane: requests that may block (metadata, offsets, topics) on a small pool of threads.
//!
//! The pool starts with the first request and ends with the last handle. A request is cut into slices, so that many of
//! them share few threads while no broker answers, and a handle that closes waits for one slice at most.

mod acls;
mod admin;
mod answer;
mod cluster;
mod partitions;
mod pool;
mod protocol;
mod slices;

pub use answer::Answer;
pub use partitions::{list_of, Partition};
pub use pool::Pool;

use crate::bridge::{Bridge, Event};
use crate::error::{code, KafkaError};
use crate::ffi::{self, Client, PartitionList, PartitionOffset};
use admin::Admin;
use answer::answers;
use serde::Deserialize;
use serde_json::json;
use slices::{in_one_piece, in_slices};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A request from JavaScript.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
  /// The cluster, and all topics or the named ones. Naming one may create it (`auto.create.topics.enable`), unless
  /// `create` is false.
  Metadata {
    topics: Option<Vec<String>>,
    create: Option<bool>,
    timeout: u64,
  },
  /// The group's committed offsets.
  Committed {
    partitions: Vec<Partition>,
    timeout: u64,
  },
  /// The offset of the first record not older than `offset` taken as a time in ms; -1 the end, -2 the beginning.
  Offsets {
    partitions: Vec<Partition>,
    timeout: u64,
  },
  /// Creates topics; the result lists those that failed. `effect`: how long the brokers are to wait until the topics are
  /// there, ms; by default as long as this waits for an answer.
  CreateTopics {
    topics: Vec<ffi::NewTopic>,
    validate_only: Option<bool>,
    effect: Option<u64>,
    timeout: u64,
  },
  /// Deletes topics; as `CreateTopics`.
  DeleteTopics {
    topics: Vec<String>,
    effect: Option<u64>,
    timeout: u64,
  },
  /// Gives topics more partitions; as `CreateTopics`.
  CreatePartitions {
    topics: Vec<ffi::MorePartitions>,
    validate_only: Option<bool>,
    effect: Option<u64>,
    timeout: u64,
  },
  /// Deletes the records before each partition's offset, -1 for all; the result has the new beginnings.
  DeleteRecords {
    partitions: Vec<Partition>,
    timeout: u64,
  },
  /// Elects leaders for partitions, or for all; the result has the partitions with their errors.
  ElectLeaders {
    unclean: bool,
    partitions: Option<Vec<Partition>>,
    timeout: u64,
  },
  /// The configurations of topics, or of one broker.
  DescribeConfigs {
    kind: ffi::ResourceKind,
    wanted: Vec<ffi::Wanted>,
    timeout: u64,
  },
  /// Changes configurations, of topics or of one broker. Without `incremental` all entries are replaced.
  AlterConfigs {
    kind: ffi::ResourceKind,
    alterations: Vec<ffi::Alteration>,
    incremental: bool,
    validate_only: bool,
    timeout: u64,
  },
  /// All groups of the cluster with their protocol types.
  ListGroups {
    timeout: u64,
  },
  /// One group with its members; state `Dead` if there is none.
  DescribeGroup {
    group: String,
    timeout: u64,
  },
  /// As `Offsets`, but by default including uncommitted records; -1 if every record is older.
  ListOffsets {
    partitions: Vec<Partition>,
    isolation: Option<ffi::Isolation>,
    timeout: u64,
  },
  /// As `Committed`, but of any group; without partitions, all that the group has committed.
  GroupOffsets {
    group: String,
    partitions: Option<Vec<Partition>>,
    timeout: u64,
  },
  /// Commits for a group without being a member.
  CommitGroupOffsets {
    group: String,
    partitions: Vec<Partition>,
    timeout: u64,
  },
  /// Forgets what a group has committed.
  DeleteGroupOffsets {
    group: String,
    partitions: Vec<Partition>,
    timeout: u64,
  },
  /// Deletes groups; the result has each with its error.
  DeleteGroups {
    groups: Vec<String>,
    timeout: u64,
  },
  /// The ACLs that match.
  DescribeAcls {
    filter: acls::Filter,
    timeout: u64,
  },
  /// Creates ACLs; the result has the error of each.
  CreateAcls {
    acls: Vec<acls::Acl>,
    timeout: u64,
  },
  /// Deletes what matches any of the filters; the result has for each filter its error and what it has matched.
  DeleteAcls {
    filters: Vec<acls::Filter>,
    timeout: u64,
  },
  /// Moves partitions to other brokers; the result has those that are refused.
  AlterReassignments {
    topics: Vec<cluster::Reassignment>,
    effect: u64,
    timeout: u64,
  },
  /// What is being moved.
  ListReassignments {
    topics: Option<Vec<cluster::TopicPartitions>>,
    effect: u64,
    timeout: u64,
  },
  /// The SCRAM credentials of users, or of all.
  DescribeScramUsers {
    users: Option<Vec<String>>,
    timeout: u64,
  },
  /// Makes a transactional producer ready.
  InitTransactions {
    timeout: u64,
  },
  BeginTransaction {
    timeout: u64,
  },
  /// Makes a group's offsets a part of the transaction.
  SendOffsets {
    group: ffi::GroupIdentity,
    partitions: Vec<Partition>,
    timeout: u64,
  },
  CommitTransaction {
    timeout: u64,
  },
  AbortTransaction {
    timeout: u64,
  },
  /// Further brokers to begin with, as `host:port` list.
  AddBrokers {
    brokers: String,
  },
  /// Whether each answer of a broker is told with the event `answered`.
  ReportRequests {
    on: bool,
  },
  /// The answer to the event `tokenWanted`.
  SetToken {
    token: ffi::Token,
  },
  /// The same, when there is none.
  SetTokenFailure {
    reason: String,
  },
}

/// Starts a request given as JSON text; its reply comes as an event with the same id.
pub fn start(
  id: u32,
  request: &str,
  client: &Arc<Client>,
  bridge: &Arc<Bridge>,
  pool: &OnceLock<Arc<Pool>>,
) -> napi::Result<()> {
  let request = serde_json::from_str(request).map_err(|error| napi::Error::from_reason(error.to_string()))?;
  if pool.get_or_init(Pool::shared).spawn(serve(id, request, Arc::clone(client), Arc::clone(bridge))) {
    return Ok(());
  }
  Err(napi::Error::from_reason("no thread could be started for the request; check the process's thread limit"))
}

/// The reply that a request is owed: an error when it ends without another one, as by a panic.
struct Reply {
  id: u32,
  bridge: Arc<Bridge>,
  outcome: Option<Result<Answer, KafkaError>>,
}

impl Drop for Reply {
  fn drop(&mut self) {
    let failed = || Err(KafkaError::with_text(code::FAIL, "the request failed inside the client".into()));
    let (error, result) = match self.outcome.take().unwrap_or_else(failed) {
      Ok(answer) => (None, Some(json!(answer))),
      Err(error) => (Some(error), None),
    };
    self.bridge.event(Event::Reply { id: self.id, error, result });
  }
}

async fn serve(id: u32, request: Request, client: Arc<Client>, bridge: Arc<Bridge>) {
  let mut reply = Reply { id, bridge: Arc::clone(&bridge), outcome: None };
  reply.outcome = Some(run(request, client, &bridge).await);
}

async fn run(request: Request, client: Arc<Client>, bridge: &Arc<Bridge>) -> Result<Answer, KafkaError> {
  match request {
    Request::Metadata { topics, create, timeout } => {
      metadata(topics, create.unwrap_or(true), Duration::from_millis(timeout), client, bridge)
        .await
        .map(Answer::Metadata)
    }
    Request::Committed { partitions, timeout } => {
      let timeout = Duration::from_millis(timeout);
      committed(&client, bridge, move || list_of(&partitions), timeout).await.map(answers).map(Answer::Committed)
    }
    Request::Offsets { partitions, timeout } => {
      let timeout = Duration::from_millis(timeout);
      offsets(&client, bridge, move || list_of(&partitions), timeout).await.map(answers).map(Answer::Offsets)
    }
    Request::CreateTopics { topics, validate_only, effect, timeout } => admin(client, bridge, timeout)
      .create_topics(topics, validate_only.unwrap_or(false), effect)
      .await
      .map(Answer::CreateTopics),
    Request::DeleteTopics { topics, effect, timeout } => {
      admin(client, bridge, timeout).delete_topics(topics, effect).await.map(Answer::DeleteTopics)
    }
    Request::CreatePartitions { topics, validate_only, effect, timeout } => admin(client, bridge, timeout)
      .create_partitions(topics, validate_only.unwrap_or(false), effect)
      .await
      .map(Answer::CreatePartitions),
    Request::DeleteRecords { partitions, timeout } => {
      admin(client, bridge, timeout).delete_records(partitions).await.map(Answer::DeleteRecords)
    }
    Request::ElectLeaders { unclean, partitions, timeout } => {
      admin(client, bridge, timeout).elect_leaders(unclean, partitions).await.map(Answer::ElectLeaders)
    }
    Request::AlterConfigs { kind, alterations, incremental, validate_only, timeout } => admin(client, bridge, timeout)
      .alter_configs(kind, alterations, incremental, validate_only)
      .await
      .map(Answer::AlterConfigs),
    Request::DescribeConfigs { kind, wanted, timeout } => {
      admin(client, bridge, timeout).describe_configs(kind, wanted).await.map(Answer::DescribeConfigs)
    }
    Request::ListGroups { timeout } => admin(client, bridge, timeout).list_groups().await.map(Answer::ListGroups),
    Request::DescribeGroup { group, timeout } => {
      admin(client, bridge, timeout).describe_group(group).await.map(Answer::DescribeGroup)
    }
    Request::ListOffsets { partitions, isolation, timeout } => admin(client, bridge, timeout)
      .list_offsets(partitions, isolation.unwrap_or_default())
      .await
      .map(Answer::ListOffsets),
    Request::GroupOffsets { group, partitions, timeout } => {
      admin(client, bridge, timeout).group_offsets(group, partitions).await.map(Answer::GroupOffsets)
    }
    Request::CommitGroupOffsets { group, partitions, timeout } => {
      admin(client, bridge, timeout).commit_group_offsets(group, partitions).await.map(Answer::CommitGroupOffsets)
    }
    Request::DeleteGroupOffsets { group, partitions, timeout } => {
      admin(client, bridge, timeout).delete_group_offsets(group, partitions).await.map(Answer::DeleteGroupOffsets)
    }
    Request::DeleteGroups { groups, timeout } => {
      admin(client, bridge, timeout).delete_groups(groups).await.map(Answer::DeleteGroups)
    }
    Request::DescribeAcls { filter, timeout } => {
      admin(client, bridge, timeout).describe_acls(filter).await.map(Answer::DescribeAcls)
    }
    Request::CreateAcls { acls, timeout } => {
      admin(client, bridge, timeout).create_acls(acls).await.map(Answer::CreateAcls)
    }
    Request::DeleteAcls { filters, timeout } => {
      admin(client, bridge, timeout).delete_acls(filters).await.map(Answer::DeleteAcls)
    }
    Request::AlterReassignments { topics, effect, timeout } => {
      admin(client, bridge, timeout).alter_reassignments(topics, effect).await.map(Answer::AlterReassignments)
    }
    Request::ListReassignments { topics, effect, timeout } => {
      admin(client, bridge, timeout).list_reassignments(topics, effect).await.map(Answer::ListReassignments)
    }
    Request::DescribeScramUsers { users, timeout } => {
      admin(client, bridge, timeout).describe_scram_users(users).await.map(Answer::DescribeScramUsers)
    }
    Request::InitTransactions { timeout } => {
      transaction(&client, bridge, timeout, |client, slice| client.init_transactions(slice))
        .await
        .map(Answer::InitTransactions)
    }
    Request::BeginTransaction { timeout } => {
      transaction(&client, bridge, timeout, |client, _| client.begin_transaction()).await.map(Answer::BeginTransaction)
    }
    Request::SendOffsets { group, partitions, timeout } => {
      // A time-out fails the transaction.
      let send =
        move |client: &Arc<Client>, left| client.send_offsets_to_transaction(&list_of(&partitions), &group, left);
      in_one_piece(&client, bridge, Duration::from_millis(timeout), send).await.map(Answer::SendOffsets)
    }
    Request::CommitTransaction { timeout } => {
      transaction(&client, bridge, timeout, |client, slice| client.commit_transaction(slice))
        .await
        .map(Answer::CommitTransaction)
    }
    Request::AbortTransaction { timeout } => {
      transaction(&client, bridge, timeout, |client, slice| client.abort_transaction(slice))
        .await
        .map(Answer::AbortTransaction)
    }
    Request::AddBrokers { brokers } => {
      client.add_brokers(&brokers);
      Ok(Answer::AddBrokers(()))
    }
    Request::ReportRequests { on } => {
      client.report_requests(on);
      Ok(Answer::ReportRequests(()))
    }
    Request::SetToken { token } => client.set_token(&token).map(Answer::SetToken),
    Request::SetTokenFailure { reason } => {
      client.set_token_failure(&reason);
      Ok(Answer::SetTokenFailure(()))
    }
  }
}

/// A call that goes on where it was when it is repeated after a time-out.
async fn transaction(
  client: &Arc<Client>,
  bridge: &Arc<Bridge>,
  timeout: u64,
  call: impl Fn(&Arc<Client>, Duration) -> Result<(), KafkaError> + Send + Sync + 'static,
) -> Result<(), KafkaError> {
  in_slices(client, bridge, Duration::from_millis(timeout), call).await
}

fn admin(client: Arc<Client>, bridge: &Arc<Bridge>, timeout: u64) -> Admin {
  Admin { client, bridge: Arc::clone(bridge), timeout: Duration::from_millis(timeout) }
}

async fn metadata(
  topics: Option<Vec<String>>,
  may_create: bool,
  timeout: Duration,
  client: Arc<Client>,
  bridge: &Arc<Bridge>,
) -> Result<ffi::ClusterMetadata, KafkaError> {
  in_slices(&client, bridge, timeout, move |client, slice| {
    let mut found = ffi::fetch_metadata(client, topics.as_deref(), may_create, slice)?;
    found.controller_id = client.controller_id(Duration::from_millis(100));
    found.cluster_id = client.cluster_id(Duration::ZERO);
    Ok(found)
  })
  .await
}

/// The group's committed offsets; -1001 where there is none (librdkafka's "invalid").
pub async fn committed(
  client: &Arc<Client>,
  bridge: &Arc<Bridge>,
  list: impl Fn() -> PartitionList + Send + Sync + 'static,
  timeout: Duration,
) -> Result<Vec<PartitionOffset>, KafkaError> {
  filled_in(client, bridge, list, timeout, Client::committed).await
}

/// The offsets for times; -1 (end) and -2 (beginning) are times too.
pub async fn offsets(
  client: &Arc<Client>,
  bridge: &Arc<Bridge>,
  list: impl Fn() -> PartitionList + Send + Sync + 'static,
  timeout: Duration,
) -> Result<Vec<PartitionOffset>, KafkaError> {
  filled_in(client, bridge, list, timeout, Client::offsets_for_times).await
}

/// A fresh list for each slice, as a blocking call of the client's has filled it in.
async fn filled_in(
  client: &Arc<Client>,
  bridge: &Arc<Bridge>,
  list: impl Fn() -> PartitionList + Send + Sync + 'static,
  timeout: Duration,
  fill: fn(&Client, &PartitionList, Duration) -> Result<(), KafkaError>,
) -> Result<Vec<PartitionOffset>, KafkaError> {
  in_slices(client, bridge, timeout, move |client, slice| {
    let list = list();
    fill(client, &list, slice)?;
    Ok(list.to_vec())
  })
  .await
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::sync::lock;
  use std::time::Instant;

  #[test]
  fn a_request_that_panics_is_answered() {
    let bridge = Bridge::for_test();
    let reply = Reply { id: 7, bridge: Arc::clone(&bridge), outcome: None };
    assert!(Pool::shared().spawn(async move {
      let _reply = reply;
      panic!("provoked by a test");
    }));
    let deadline = Instant::now() + Duration::from_secs(60);
    while lock(&bridge.events).is_empty() {
      assert!(Instant::now() < deadline, "no reply");
      std::thread::yield_now();
    }
    let event: serde_json::Value = serde_json::from_str(&lock(&bridge.events)[0]).unwrap();
    assert_eq!((&event["type"], &event["id"], &event["error"]["name"]), (&json!("reply"), &json!(7), &json!("_FAIL")));
  }
}
