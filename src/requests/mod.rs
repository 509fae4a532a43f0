//! The control plane: requests that may block (metadata, offsets, topics) on a small pool of threads.
//!
//! The pool starts with the first request and ends with the last handle. A request is cut into slices, so that many of
//! them share few threads while no broker answers, and a handle that closes waits for one slice at most.

mod admin;

use crate::error::{code, KafkaError};
use crate::ffi::{self, Client, PartitionList, PartitionOffset};
use crate::napi::bridge::{Bridge, Event, PartitionAnswer};
use admin::Admin;
use serde::Deserialize;
use serde_json::{json, Value};
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// Threads that may block in librdkafka at a time.
const BLOCKING_THREADS: usize = 4;
/// Idle threads end after this time.
const KEEP_ALIVE: Duration = Duration::from_secs(2);
const FIRST_SLICE: Duration = Duration::from_millis(1000);
const LONGEST_SLICE: Duration = Duration::from_millis(4000);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);

/// A share of the pool; the pool ends when the last one is dropped.
pub struct Pool {
  runtime: Option<Runtime>,
}

impl Pool {
  /// The process-wide pool; started here if nobody uses it yet. It holds no environment, so workers may share it.
  pub fn shared() -> Arc<Pool> {
    static CURRENT: Mutex<Weak<Pool>> = Mutex::new(Weak::new());
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = current.upgrade() {
      return pool;
    }
    let runtime = Builder::new_multi_thread()
      .worker_threads(1)
      .max_blocking_threads(BLOCKING_THREADS)
      .thread_keep_alive(KEEP_ALIVE)
      .thread_name("kafka-control")
      .enable_time()
      .build();
    let pool = Arc::new(Pool { runtime: runtime.ok() });
    *current = Arc::downgrade(&pool);
    pool
  }

  /// Starts a task; false when the operating system gave no threads for the pool.
  pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> bool {
    match &self.runtime {
      Some(runtime) => {
        runtime.spawn(task);
        true
      }
      None => false,
    }
  }
}

impl Drop for Pool {
  fn drop(&mut self) {
    // The last share may be dropped by one of the pool's own threads, which cannot wait for itself.
    if let Some(runtime) = self.runtime.take() {
      runtime.shutdown_background();
    }
  }
}

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
  let mut answer = None;
  // librdkafka takes one topic at a time.
  let names: Vec<Option<String>> = topics.map_or(vec![None], |names| names.into_iter().map(Some).collect());
  for name in names {
    let client = Arc::clone(&client);
    let mut part = in_slices(bridge, timeout, move |slice| {
      let mut part = ffi::fetch_metadata(&client, name.as_deref(), slice)?;
      part.controller_id = client.controller_id(Duration::from_millis(100));
      Ok(part)
    })
    .await?;
    match &mut answer {
      None => answer = Some(part),
      Some(answer) => answer.topics.append(&mut part.topics),
    }
  }
  Ok(json!(answer))
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
  let client = Arc::clone(client);
  in_slices(bridge, timeout, move |slice| {
    let list = list();
    fill(&client, &list, slice)?;
    Ok(list.to_vec())
  })
  .await
}

pub async fn blocking<T: Send + 'static>(
  call: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, KafkaError> {
  match tokio::task::spawn_blocking(call).await {
    Ok(result) => result,
    Err(_) => Err(KafkaError::new(code::FAIL)),
  }
}

/// Repeats a blocking call with short time-outs until it succeeds, fails for good, or `timeout` has passed.
pub async fn in_slices<T: Send + 'static>(
  bridge: &Arc<Bridge>,
  timeout: Duration,
  call: impl Fn(Duration) -> Result<T, KafkaError> + Send + Sync + 'static,
) -> Result<T, KafkaError> {
  let deadline = Instant::now() + timeout;
  let call = Arc::new(call);
  let mut slice = FIRST_SLICE;
  loop {
    let left = deadline.saturating_duration_since(Instant::now());
    let (call, this) = (Arc::clone(&call), slice.min(left).max(Duration::from_millis(1)));
    match blocking(move || call(this)).await {
      Err(error) if error.retriable && Instant::now() < deadline => {
        if bridge.is_closing() {
          return Err(KafkaError::new(code::DESTROY));
        }
        // A slow answer needs a longer slice, not a second request.
        slice = (slice * 2).min(LONGEST_SLICE);
        if error.code != code::TIMED_OUT {
          tokio::time::sleep(PAUSE_AFTER_FAILURE.min(left)).await;
        }
      }
      outcome => return outcome,
    }
  }
}
