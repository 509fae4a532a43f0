//! The only way from native threads to JavaScript: a threadsafe function behind a gate.
//!
//! The gate is a mutex, taken once per batch of records or per event, never per record. Closing it (the environment
//! goes away, the JS object is collected) waits for a call in progress and lets no later one through, so no native
//! thread ever calls into a dead environment or writes into memory that JavaScript has given up.

use crate::error::KafkaError;
use crate::ffi::{Answered, ClientEvent, PartitionOffset};
use napi::bindgen_prelude::{Either4, Float64Array, FnArgs, Function, Uint8Array};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use serde::Serialize;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::Semaphore;

/// What is sent to JavaScript. `core/handles/` is the receiving end.
pub enum ToJs {
  /// A shared buffer, by index, has been filled with records; its credit goes with it.
  SharedBuffer(u32),
  /// A record batch that no shared buffer could hold.
  LargeBatch(Vec<u8>),
  /// The handle's queue has something: JavaScript is to call `drain`.
  Ready,
  /// Finished sends, one after another: the send's id, then base offset and error code of each of its produce batches.
  Reports(Vec<f64>),
  /// Everything else.
  Event(Event),
}

/// A broker's answer for one partition.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PartitionAnswer {
  topic: String,
  partition: i32,
  offset: i64,
  metadata: Option<String>,
  error: i32,
}

impl From<PartitionOffset> for PartitionAnswer {
  fn from(from: PartitionOffset) -> PartitionAnswer {
    let PartitionOffset { topic, partition, offset, metadata, error } = from;
    PartitionAnswer { topic, partition, offset, metadata, error }
  }
}

/// Bytes as JSON text can carry them.
pub fn hex(bytes: &[u8]) -> String {
  let mut text = String::with_capacity(2 * bytes.len());
  for byte in bytes {
    let _ = write!(text, "{byte:02x}");
  }
  text
}

/// What `hex` has written; JavaScript writes it too.
pub fn bytes(hex: &str) -> Vec<u8> {
  let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or_default() as u8;
  hex.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// A member of a group and what it tells the leader.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MemberText {
  pub id: String,
  /// As on the wire, in hexadecimal.
  pub metadata: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
  Error {
    error: KafkaError,
    topic: Option<String>,
    partition: Option<i32>,
    offset: Option<i64>,
  },
  Log {
    level: i32,
    facility: String,
    text: String,
  },
  Statistics {
    #[cfg_attr(test, ts(type = "unknown"))]
    statistics: serde_json::Value,
  },
  Broker {
    id: i32,
    host: String,
    port: i32,
    state: String,
  },
  /// Why a broker's certificate was refused: OpenSSL's number and text. The error about the connection follows.
  Certificate {
    broker: String,
    error: i32,
    reason: String,
  },
  /// A request has been answered, or given up; only after the request `reportRequests`. `duration` is in ms.
  Answered {
    broker: String,
    api_key: i16,
    api_version: i16,
    correlation_id: i32,
    size: usize,
    duration: f64,
    error: i32,
  },
  /// A token for SASL/OAUTHBEARER is wanted: the request `setToken`, or `setTokenFailure`.
  TokenWanted,
  /// The answer to a request of the control plane; exactly one of `error` and `result` is there.
  Reply {
    id: u32,
    error: Option<KafkaError>,
    /// `Answer` of the requests.
    #[cfg_attr(test, ts(type = "Answer['result'] | null"))]
    result: Option<serde_json::Value>,
  },
  /// Which topic an id in later record blocks stands for.
  Topic {
    id: u32,
    name: String,
  },
  /// Partitions are being fetched: all there are, or, when `incremental`, further ones. `committed`: the start offsets
  /// have been committed, because one of them was not before.
  Assigned {
    assignment_version: u32,
    incremental: bool,
    partitions: Vec<PartitionAnswer>,
    member_id: String,
    generation_id: i32,
    committed: bool,
    /// This member has computed the group's assignment.
    leader: bool,
    /// The assignor that the group has chosen; none when the broker assigns.
    assignor: Option<String>,
    /// JSON text that the leader sent along.
    user_data: Option<String>,
  },
  /// librdkafka waits for the assignment with this number, by the user's own assignor.
  AssignorRequested {
    number: u32,
    assignor: String,
    member_id: String,
    generation_id: i32,
    members: Vec<MemberText>,
    /// Names and ids of partitions.
    topics: Vec<(String, Vec<i32>)>,
  },
  /// No assignment came within `timeout` ms; the member rejoins.
  AssignmentOverdue {
    assignor: String,
    timeout: u32,
  },
  /// Partitions are being taken: all there are, or, when `incremental`, these. The group waits for the command `revoked`.
  /// `lost`: they already belong to others.
  Revoked {
    assignment_version: u32,
    incremental: bool,
    partitions: Vec<(String, i32)>,
    lost: bool,
  },
  /// Could not find out where to start; the member fetches nothing.
  StartFailed {
    error: KafkaError,
  },
  /// `fromOffset: 'none'`, and a partition without a committed offset.
  OffsetsMissing {
    assignment_version: u32,
  },
  /// `stale`: the commit was made under an assignment that is gone, and was not sent.
  Committed {
    id: u32,
    error: Option<KafkaError>,
    partitions: Vec<PartitionAnswer>,
    stale: bool,
  },
  /// The last event of a handle.
  Closed,
}

impl Event {
  pub fn error(error: KafkaError) -> Event {
    Event::Error { error, topic: None, partition: None, offset: None }
  }

  /// The event for what librdkafka reports; `None` for what the native side deals with itself.
  pub fn of(event: ClientEvent) -> Option<Event> {
    match event {
      ClientEvent::Error(error) => Some(Event::error(error)),
      ClientEvent::Log { level, facility, text } => Some(Event::Log { level, facility, text }),
      ClientEvent::Statistics(json) => {
        serde_json::from_str(&json).ok().map(|statistics| Event::Statistics { statistics })
      }
      ClientEvent::Broker { id, host, port, state } => Some(Event::Broker { id, host, port, state }),
      ClientEvent::Certificate { broker, error, reason } => Some(Event::Certificate { broker, error, reason }),
      ClientEvent::Committed { id, error, partitions } => Some(Event::Committed {
        id,
        error: (error != 0).then(|| KafkaError::new(error)),
        partitions: partitions.to_vec().into_iter().map(PartitionAnswer::from).collect(),
        stale: false,
      }),
      ClientEvent::Answered(answered) => {
        let Answered { broker, api_key, api_version, correlation_id, size, duration, error } = answered;
        Some(Event::Answered { broker, api_key, api_version, correlation_id, size, duration, error })
      }
      ClientEvent::TokenWanted => Some(Event::TokenWanted),
      ClientEvent::Rebalance { .. } => None,
    }
  }
}

/// Kinds of payload, the callback's first argument.
const SHARED_BUFFER: u32 = 0;
const LARGE_BATCH: u32 = 1;
const DELIVERY_REPORTS: u32 = 2;
const EVENT: u32 = 3;
const READY: u32 = 4;

type Payload = Either4<u32, Uint8Array, Float64Array, String>;
/// `(kind, payload)`; an event comes as JSON text, which V8 parses faster than N-API builds objects.
pub type Callback<'env> = Function<'env, FnArgs<(u32, Payload)>, ()>;
/// Weak: whether the process stays alive is decided in JavaScript, where a client is opened and closed.
type Tsfn = ThreadsafeFunction<ToJs, (), FnArgs<(u32, Payload)>, Status, false, true>;

pub struct Bridge {
  gate: Mutex<Option<Tsfn>>,
  abandoned: AtomicBool,
  closing: AtomicBool,
  share: Semaphore,
  /// What would have been sent, as JSON text.
  #[cfg(test)]
  pub events: Mutex<Vec<String>>,
}

/// How many requests of a handle may block at a time.
const SHARE: usize = 2;

impl Bridge {
  pub fn new(env: &Env, callback: &Callback<'_>) -> napi::Result<Arc<Bridge>> {
    let tsfn = callback.build_threadsafe_function::<ToJs>().weak::<true>().build_callback(|context| {
      let (kind, payload) = match context.value {
        ToJs::SharedBuffer(index) => (SHARED_BUFFER, Either4::A(index)),
        ToJs::LargeBatch(bytes) => (LARGE_BATCH, Either4::B(Uint8Array::new(bytes))),
        ToJs::Ready => (READY, Either4::A(0)),
        ToJs::Reports(numbers) => (DELIVERY_REPORTS, Either4::C(Float64Array::new(numbers))),
        ToJs::Event(event) => (
          EVENT,
          Either4::D(serde_json::to_string(&event).map_err(|error| napi::Error::from_reason(error.to_string()))?),
        ),
      };
      Ok(FnArgs::from((kind, payload)))
    })?;
    let bridge = Arc::new(Bridge {
      gate: Mutex::new(Some(tsfn)),
      abandoned: AtomicBool::new(false),
      closing: AtomicBool::new(false),
      share: Semaphore::new(SHARE),
      #[cfg(test)]
      events: Mutex::default(),
    });
    Environment::of(env)?.register(&bridge);
    Ok(bridge)
  }

  fn gate(&self) -> MutexGuard<'_, Option<Tsfn>> {
    // A panic while the gate was held leaves nothing half done.
    self.gate.lock().unwrap_or_else(PoisonError::into_inner)
  }

  /// Sends something to JavaScript; silently does nothing if there is nobody left to receive it.
  pub fn post(&self, message: ToJs) {
    self.post_made_by(|| message);
  }

  pub fn event(&self, event: Event) {
    #[cfg(test)]
    crate::sync::lock(&self.events).push(serde_json::to_string(&event).expect("an event is JSON"));
    self.post(ToJs::Event(event));
  }

  /// Sends what `make` makes. `make` runs only while the receiver is there, and keeps the gate open meanwhile: that is
  /// the place to write into memory that belongs to JavaScript. False when the receiver is gone.
  pub fn post_made_by(&self, make: impl FnOnce() -> ToJs) -> bool {
    match &*self.gate() {
      Some(tsfn) => tsfn.call(make(), ThreadsafeFunctionCallMode::NonBlocking) == Status::Ok,
      None => false,
    }
  }

  /// Nobody is listening any more: the native side winds up by itself. Blocks no longer than copying a batch takes.
  pub fn abandon(&self) {
    self.abandoned.store(true, Ordering::Release);
    drop(self.gate().take());
  }

  pub fn is_abandoned(&self) -> bool {
    self.abandoned.load(Ordering::Acquire)
  }

  /// From now on, requests of the control plane that wait for a broker give up.
  pub fn start_closing(&self) {
    self.closing.store(true, Ordering::Release);
  }

  /// The handle's share of the threads of the control plane.
  pub fn share(&self) -> &Semaphore {
    &self.share
  }

  #[cfg(test)]
  pub fn for_test() -> Arc<Bridge> {
    Arc::new(Bridge {
      gate: Mutex::new(None),
      abandoned: AtomicBool::new(false),
      closing: AtomicBool::new(false),
      share: Semaphore::new(SHARE),
      events: Mutex::default(),
    })
  }

  pub fn is_closing(&self) -> bool {
    self.closing.load(Ordering::Acquire) || self.is_abandoned()
  }
}

/// What belongs to one JavaScript environment (main thread or worker): the bridges to close when it ends.
struct Environment {
  bridges: Arc<Mutex<Vec<Weak<Bridge>>>>,
}

impl Environment {
  fn of(env: &Env) -> napi::Result<&'static mut Environment> {
    if let Some(environment) = env.get_instance_data::<Environment>()? {
      return Ok(environment);
    }
    let bridges = Arc::new(Mutex::new(Vec::<Weak<Bridge>>::new()));
    let in_hook = Arc::clone(&bridges);
    env.add_env_cleanup_hook((), move |()| {
      let bridges = std::mem::take(&mut *in_hook.lock().unwrap_or_else(PoisonError::into_inner));
      bridges.iter().filter_map(Weak::upgrade).for_each(|bridge| bridge.abandon());
    })?;
    env.set_instance_data(Environment { bridges }, (), |_| {})?;
    Environment::of(env)
  }

  fn register(&self, bridge: &Arc<Bridge>) {
    let mut bridges = self.bridges.lock().unwrap_or_else(PoisonError::into_inner);
    bridges.retain(|bridge| bridge.strong_count() > 0);
    bridges.push(Arc::downgrade(bridge));
  }
}
