//! A consumer handle: one dedicated thread takes records in batches and hands them over in shared buffers.
//!
//! The thread owns the flow: it fills the buffers that JavaScript lends it, one crossing per batch, and stops taking
//! records when no buffer is free. It keeps serving the group meanwhile, so that a slow or blocked handler keeps its
//! membership. Rebalances are answered by this thread, after JavaScript has had its say or a deadline has passed.
//!
//! | file | purpose |
//! |---|---|
//! | `commands.rs` | what JavaScript tells the thread |
//! | `thread.rs` | the loop, and the end |
//! | `delivery.rs` | records into shared buffers |
//! | `back_pressure.rs` | what happens while no buffer is free |
//! | `pauses.rs` | which partitions are not fetched, as a pure state machine |
//! | `membership.rs` | the group's side as a pure state machine |
//! | `rebalance.rs` | carries out what the state machine decides; assignments, seeks, commits |
//! | `start_offsets.rs` | where a partition starts |
//! | `assignor.rs` | assignments that custom assignors compute |

mod assignor;
mod back_pressure;
mod commands;
mod delivery;
mod membership;
mod pauses;
mod rebalance;
mod start_offsets;
mod thread;

pub use assignor::MemberAssignment;
pub use commands::Command;

use crate::bridge::{Bridge, Event};
use crate::config::{configure, consumer_properties, ConsumerOptions};
use crate::error::KafkaError;
use crate::ffi::{self, Client, ClientEvent, ClientKind, Queue, SharedBuffer};
use crate::requests::{self, Pool};
use crate::sync::lock;
use assignor::CustomAssignors;
use commands::Inbox;
use membership::{Membership, PartitionKey};
use rebalance::{Notes, REVOKE_COMMIT, START_COMMIT};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::Duration;
use thread::ConsumerThread;

/// The assignment, for JavaScript to look at any time: the thread is ahead of the events that report it.
#[derive(Default)]
struct Assignment {
  /// Of the last change.
  version: AtomicU32,
  versions: Mutex<BTreeMap<PartitionKey, u32>>,
}

impl Assignment {
  fn publish(&self, membership: &Membership) {
    lock(&self.versions).clone_from(membership.assigned());
    self.version.store(membership.version(), Ordering::Release);
  }

  fn version(&self) -> u32 {
    self.version.load(Ordering::Acquire)
  }
}

/// What the JS side and the thread share.
struct Shared {
  queue: Queue,
  inbox: Mutex<Inbox>,
  arrived: Condvar,
  assignment: Assignment,
  /// What librdkafka's callbacks have noted for the thread.
  notes: Arc<Notes>,
  bridge: Arc<Bridge>,
  pool: OnceLock<Arc<Pool>>,
  /// Of a group member.
  assignors: Option<Arc<CustomAssignors>>,
}

impl Shared {
  /// librdkafka's main thread may be waiting for an assignment, and much of librdkafka for that thread.
  fn end_assignments(&self) {
    if let Some(assignors) = &self.assignors {
      assignors.end();
    }
  }

  fn send(&self, command: Command) {
    lock(&self.inbox).commands.push_back(command);
    self.arrived.notify_one();
    self.queue.wake();
  }
}

/// The way to a consumer's thread.
pub struct Consumer {
  shared: Arc<Shared>,
}

impl Consumer {
  /// Starts the thread. It fills the buffers, all of which are free now, while the bridge's gate is open.
  pub fn start(options: &ConsumerOptions, buffers: Vec<SharedBuffer>, bridge: Arc<Bridge>) -> napi::Result<Consumer> {
    let conf = configure(&options.client, consumer_properties(options))?;
    let notes = Arc::new(Notes::default());
    let sink = {
      let (bridge, notes) = (Arc::clone(&bridge), Arc::clone(&notes));
      Box::new(move |event| match event {
        ClientEvent::Rebalance { kind, partitions } => notes.rebalance(kind, partitions),
        ClientEvent::Committed { id: REVOKE_COMMIT, .. } => notes.revoke_committed(),
        // The group has an offset for each partition then, or the next member looks them up again.
        ClientEvent::Committed { id: START_COMMIT, .. } => {}
        event => {
          if let Some(event) = Event::of(event) {
            bridge.event(event);
          }
        }
      })
    };
    let session = Duration::from_millis(u64::from(options.group.as_ref().map_or(0, |group| group.session_timeout)));
    let (client, assignors) = match &options.group {
      // The broker assigns.
      Some(group) if group.group_protocol.is_consumer() => (Client::new(ClientKind::Consumer, conf, sink)?, None),
      Some(group) => {
        let assignors: Vec<_> = group
          .assignors
          .iter()
          .map(|assignor| ffi::Assignor { name: assignor.name.clone(), custom: assignor.custom })
          .collect();
        // The coordinator hears nothing from this member meanwhile.
        let custom = CustomAssignors::new(assignors.clone(), session / 2, Arc::clone(&bridge));
        (Client::new_member(conf, sink, &assignors, Box::new(Arc::clone(&custom)))?, Some(custom))
      }
      None => (Client::new(ClientKind::Consumer, conf, sink)?, None),
    };
    let client = Arc::new(client);
    let shared = Arc::new(Shared {
      queue: Queue::consumer(&client),
      inbox: Mutex::new(Inbox::with_buffers(buffers)),
      arrived: Condvar::new(),
      assignment: Assignment::default(),
      notes,
      bridge,
      pool: OnceLock::new(),
      assignors,
    });
    // The group's coordinator waits for the slowest member; JavaScript gets most of a session to answer, unless told.
    let revoke_timeout = options.group.as_ref().and_then(|group| group.revoke_timeout);
    let revoke_wait = revoke_timeout.map_or(session * 4 / 5, |timeout| Duration::from_millis(u64::from(timeout)));
    let thread = ConsumerThread::new(Arc::clone(&shared), revoke_wait);
    std::thread::Builder::new().name("kafka-consumer".into()).spawn(move || thread.run_to_the_end())?;
    Ok(Consumer { shared })
  }

  /// Gives a buffer back to be refilled.
  pub fn credit(&self, buffer: u32) {
    lock(&self.shared.inbox).credit(buffer);
    self.shared.arrived.notify_one();
  }

  /// Changes the memory of a buffer, from its next credit on. False, and nothing is changed, while the thread has it.
  pub fn replace_buffer(&self, buffer: u32, memory: SharedBuffer) -> bool {
    lock(&self.shared.inbox).replace_buffer(buffer, memory)
  }

  /// The version of the last change of the assignment.
  pub fn assignment_version(&self) -> u32 {
    self.shared.assignment.version()
  }

  /// True while the partition is fetched under the assignment of this version.
  pub fn is_assigned(&self, partition: PartitionKey, version: u32) -> bool {
    lock(&self.shared.assignment.versions).get(&partition) == Some(&version)
  }

  pub fn command(&self, command: Command) {
    self.shared.send(command);
  }

  pub fn request(&self, id: u32, request: &str) -> napi::Result<()> {
    let Shared { queue, bridge, pool, .. } = &*self.shared;
    requests::start(id, request, queue.client(), bridge, pool)
  }

  /// What this member tells the group's leader when it next joins, for the given one of its assignors.
  pub fn set_subscription_metadata(&self, assignor: usize, metadata: Vec<u8>) {
    if let Some(assignors) = &self.shared.assignors {
      assignors.set_metadata(assignor, metadata);
    }
  }

  /// True as long as the thread waits for the assignment with this number.
  pub fn assignment_wanted(&self, number: u32) -> bool {
    self.shared.assignors.as_ref().is_some_and(|assignors| assignors.is_wanted(number))
  }

  /// False when it comes too late.
  pub fn complete_assignment(&self, number: u32, assignments: Option<Vec<MemberAssignment>>) -> bool {
    self.shared.assignors.as_ref().is_some_and(|assignors| assignors.answer(number, assignments))
  }

  /// Leaves the group and ends the thread, which drops the last reference: destroying a client blocks.
  pub fn close(self) {
    self.shared.bridge.start_closing();
    self.shared.end_assignments();
    self.shared.send(Command::Close);
  }

  /// Like `close`, for when nobody can receive anything any more.
  pub fn abandon(self) {
    self.shared.bridge.abandon();
    self.shared.end_assignments();
    self.shared.send(Command::Close);
  }
}

fn report(bridge: &Bridge, outcome: Result<(), KafkaError>) {
  if let Err(error) = outcome {
    bridge.event(Event::error(error));
  }
}
