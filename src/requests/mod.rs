//! The control plane: requests that may block (metadata, offsets, topics) on a small pool of threads.
//!
//! The pool starts with the first request and ends with the last handle. A request is cut into slices, so that many of
//! them share few threads while no broker answers, and a handle that closes waits for one slice at most.

mod admin;
mod partitions;
mod pool;
mod slices;

pub use partitions::{list_of, Partition};
pub use pool::Pool;

use crate::error::KafkaError;
use crate::ffi::{self, Client, PartitionList, PartitionOffset};
use crate::napi::bridge::{Bridge, Event, PartitionAnswer};
use admin::Admin;
use serde::Deserialize;
use serde_json::{json, Value};
use slices::in_slices;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A request from JavaScript.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
  /// The cluster, and all topics or the named ones. Naming one may create it (`auto.create.topics.enable`).
  Metadata { topics: Option<Vec<String>>, timeout: u64 },
  /// The group's committed offsets.
  Committed { partitions: Vec<Partition>, timeout: u64 },
  /// The offset of the first record not older than `offset` taken as a time in ms; -1 the end, -2 the beginning.
  Offsets { partitions: Vec<Partition>, timeout: u64 },
  /// Creates topics; the result lists those that failed.
  CreateTopics { topics: Vec<ffi::NewTopic>, timeout: u64 },
  /// The configurations of topics, or of one broker.
  DescribeConfigs { kind: ffi::ResourceKind, wanted: Vec<ffi::Wanted>, timeout: u64 },
  /// All groups of the cluster with their protocol types.
  ListGroups { timeout: u64 },
  /// One group with its members; state `Dead` if there is none.
  DescribeGroup { group: String, timeout: u64 },
  /// As `Offsets`, but including uncommitted records; -1 if every record is older.
  ListOffsets { partitions: Vec<Partition>, timeout: u64 },
  /// As `Committed`, but of any group.
  GroupOffsets { group: String, partitions: Vec<Partition>, timeout: u64 },
  /// Commits for a group without being a member.
  CommitGroupOffsets { group: String, partitions: Vec<Partition>, timeout: u64 },
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

async fn serve(id: u32, request: Request, client: Arc<Client>, bridge: Arc<Bridge>) {
  let outcome = run(request, client, &bridge).await;
  let (error, result) = match outcome {
    Ok(result) => (None, Some(result)),
    Err(error) => (Some(error), None),
  };
  bridge.event(Event::Reply { id, error, result });
}

async fn run(request: Request, client: Arc<Client>, bridge: &Arc<Bridge>) -> Result<Value, KafkaError> {
  match request {
    Request::Metadata { topics, timeout } => metadata(topics, Duration::from_millis(timeout), client, bridge).await,
    Request::Committed { partitions, timeout } => {
      let timeout = Duration::from_millis(timeout);
      answers(committed(&client, bridge, move || list_of(&partitions), timeout).await?)
    }
    Request::Offsets { partitions, timeout } => {
      let timeout = Duration::from_millis(timeout);
      answers(offsets(&client, bridge, move || list_of(&partitions), timeout).await?)
    }
    Request::CreateTopics { topics, timeout } => admin(client, bridge, timeout).create_topics(topics).await,
    Request::DescribeConfigs { kind, wanted, timeout } => {
      admin(client, bridge, timeout).describe_configs(kind, wanted).await
    }
    Request::ListGroups { timeout } => admin(client, bridge, timeout).list_groups().await,
    Request::DescribeGroup { group, timeout } => admin(client, bridge, timeout).describe_group(group).await,
    Request::ListOffsets { partitions, timeout } => admin(client, bridge, timeout).list_offsets(partitions).await,
    Request::GroupOffsets { group, partitions, timeout } => {
      admin(client, bridge, timeout).group_offsets(group, partitions).await
    }
    Request::CommitGroupOffsets { group, partitions, timeout } => {
      admin(client, bridge, timeout).commit_group_offsets(group, partitions).await
    }
  }
}

fn admin(client: Arc<Client>, bridge: &Arc<Bridge>, timeout: u64) -> Admin {
  Admin { client, bridge: Arc::clone(bridge), timeout: Duration::from_millis(timeout) }
}

fn answers(partitions: Vec<PartitionOffset>) -> Result<Value, KafkaError> {
  let partitions: Vec<_> = partitions.into_iter().map(PartitionAnswer::from).collect();
  Ok(json!(partitions))
}

async fn metadata(
  topics: Option<Vec<String>>,
  timeout: Duration,
  client: Arc<Client>,
  bridge: &Arc<Bridge>,
) -> Result<Value, KafkaError> {
  let found = in_slices(&client, bridge, timeout, move |client, slice| {
    let mut found = ffi::fetch_metadata(client, topics.as_deref(), slice)?;
    found.controller_id = client.controller_id(Duration::from_millis(100));
    Ok(found)
  })
  .await?;
  Ok(json!(found))
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
