//! The thread of a consumer handle: its loop, and its end.

use super::back_pressure::BackPressure;
use super::membership::{Input, Membership, Waits};
use super::pauses::Pauses;
use super::start_offsets::{StartOffsets, StartPolicy};
use super::{report, Command, PartitionKey, Shared};
use crate::bridge::Event;
use crate::error::{code, KafkaError};
use crate::ffi::{Client, MessageBatch, PartitionList, PartitionOffset, RebalanceProtocol};
use crate::sync::lock;
use std::collections::{BTreeMap, HashMap};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long closing may take before the group is left to find out by itself (session timeout).
const CLOSE_WAIT: Duration = Duration::from_millis(3000);
/// How long a broker may take to answer what closing has to wait for, and how often the rest is given up after that.
const ANSWER_WAIT: Duration = Duration::from_millis(2500);
const GIVE_UP_INTERVAL: Duration = Duration::from_millis(200);
/// How long the offsets may take that are committed when partitions are given up.
const REVOKE_COMMIT_WAIT: Duration = Duration::from_millis(3000);
/// How often a thread that has failed checks whether JavaScript has let go of it.
const FAILED_WAIT: Duration = Duration::from_millis(500);

pub(super) struct ConsumerThread {
  // Messages go before the client they belong to.
  pub batch: MessageBatch,
  pub overflow: MessageBatch,
  pub shared: Arc<Shared>,
  pub membership: Membership,
  /// Where the most recently given partitions start; until they are assigned.
  pub found: Option<StartOffsets>,
  /// JavaScript's last positions; until they are committed.
  pub last_positions: Vec<PartitionOffset>,
  /// Of the group, when partitions were assigned last.
  pub generation_id: i32,
  pub start: Option<StartPolicy>,
  /// Since when JavaScript has heard of no assignment in a group whose broker assigns: an empty one is not told.
  pub unannounced: Option<Instant>,
  pub seek_version: u32,
  pub topic_ids: HashMap<String, u32>,
  /// By id.
  pub topic_names: Vec<String>,
  /// The next offset to hand over, for what is assigned.
  pub positions: BTreeMap<PartitionKey, i64>,
  pub back_pressure: BackPressure,
  pub pauses: Pauses,
  /// When the queue was last served: rebalances come through it, too.
  pub served: Instant,
  /// Bytes per record, a running average: how many records fit a buffer.
  pub record_bytes: usize,
}

impl ConsumerThread {
  /// `revoke_wait`: how long JavaScript may take to give up partitions.
  pub fn new(shared: Arc<Shared>, revoke_wait: Duration) -> ConsumerThread {
    ConsumerThread {
      batch: MessageBatch::default(),
      overflow: MessageBatch::default(),
      shared,
      membership: Membership::new(Waits { javascript: revoke_wait, commit: REVOKE_COMMIT_WAIT }),
      found: None,
      last_positions: Vec::new(),
      generation_id: -1,
      start: None,
      unannounced: None,
      seek_version: 0,
      topic_ids: HashMap::new(),
      topic_names: Vec::new(),
      positions: BTreeMap::new(),
      back_pressure: BackPressure::default(),
      pauses: Pauses::default(),
      served: Instant::now(),
      record_bytes: 256,
    }
  }

  pub fn client(&self) -> &Arc<Client> {
    self.shared.queue.client()
  }

  /// The whole life of the thread. A panic ends the handle, and nothing else.
  pub fn run_to_the_end(self) {
    let shared = Arc::clone(&self.shared);
    if catch_unwind(AssertUnwindSafe(|| self.run())).is_ok() {
      return;
    }
    // The thread's messages are gone with it, so the client can be released.
    let text = "the consumer's thread failed; its handle is closed, make a new one".into();
    let error = KafkaError { fatal: true, ..KafkaError::with_text(code::FAIL, text) };
    shared.bridge.event(Event::error(error));
    shared.bridge.start_closing();
    let _ = catch_unwind(AssertUnwindSafe(|| leave(&shared)));
    shared.bridge.event(Event::Closed);
    // JavaScript closes its end now. Until then it holds a reference to the client, which must not be dropped there.
    let mut inbox = lock(&shared.inbox);
    while !inbox.commands.iter().any(|command| matches!(command, Command::Close)) && !shared.bridge.is_abandoned() {
      inbox = shared.arrived.wait_timeout(inbox, FAILED_WAIT).unwrap_or_else(std::sync::PoisonError::into_inner).0;
    }
  }

  fn run(mut self) {
    loop {
      if self.carry_out_commands() || self.shared.bridge.is_abandoned() {
        break;
      }
      self.step(Input::Tick);
      let buffer = lock(&self.shared.inbox).take_buffer();
      match buffer {
        Some((number, buffer)) => {
          self.back_pressure.ends();
          // What has been kept goes first. Fetching before would let it grow without end: a slow handler of large
          // records takes fewer than serving the group brings in.
          if self.overflow.is_empty() {
            self.resume_fetching();
          }
          if let Some(unused) = self.deliver(number, buffer) {
            let mut inbox = lock(&self.shared.inbox);
            inbox.filled(number, unused);
            inbox.credit(number);
          }
        }
        None => self.stall(),
      }
      self.take_notes();
      self.announce_empty_assignment();
    }
    self.step(Input::Closing);
    self.overflow.clear();
    self.batch.clear();
    leave(&self.shared);
    self.shared.bridge.event(Event::Closed);
  }

  /// True when it is time to close.
  fn carry_out_commands(&mut self) -> bool {
    loop {
      let Some(command) = lock(&self.shared.inbox).commands.pop_front() else { return false };
      match command {
        Command::Close => return true,
        Command::Subscribe { topics, start } => {
          self.start = Some(start);
          self.unannounced = self.shared.assignors.is_none().then(Instant::now);
          report(&self.shared.bridge, self.client().subscribe(&topics));
        }
        Command::Unsubscribe => report(&self.shared.bridge, self.client().unsubscribe()),
        Command::SetAssignment { partitions } => self.set_assignment(&partitions),
        Command::Revoked { assignment_version, commit } => self.revocation_seen(assignment_version, &commit),
        Command::Commit { id, partitions, assignment_version, generation_id } => {
          self.commit(id, &partitions, assignment_version, generation_id);
        }
        Command::Pause { partitions, paused, assignment_version } => {
          self.pause(&partitions, paused, assignment_version);
        }
        Command::Seek { topic, partition, offset, seek_version, assignment_version } => {
          self.seek_version = seek_version;
          self.seek(&topic, partition, offset, assignment_version);
        }
        Command::Resolved { version, outcome } => self.resolved(version, outcome),
      }
    }
  }

  pub fn topic_id(&mut self, name: &str) -> u32 {
    if let Some(&id) = self.topic_ids.get(name) {
      return id;
    }
    let id = self.topic_names.len() as u32;
    self.topic_ids.insert(name.to_owned(), id);
    self.topic_names.push(name.to_owned());
    self.shared.bridge.event(Event::Topic { id, name: name.to_owned() });
    id
  }

  /// These partitions, with where each continues.
  pub fn list_of(&self, partitions: impl IntoIterator<Item = PartitionKey>) -> PartitionList {
    let mut list = PartitionList::new();
    for (topic, partition) in partitions {
      let offset = self.positions.get(&(topic, partition)).copied().unwrap_or_default();
      list.add(&self.topic_names[topic as usize], partition, offset, None);
    }
    list
  }

  pub fn position_list(&self) -> PartitionList {
    self.list_of(self.positions.keys().copied())
  }
}

/// Leaves the group, within limits.
fn leave(shared: &Shared) {
  shared.end_assignments();
  let begin = Instant::now();
  let (queue, client) = (&shared.queue, shared.queue.client());
  // Whatever the group asks for, now or earlier, the answer is "nothing": librdkafka waits forever for the answer to a
  // rebalance, even while it is destroyed. It is given before the close, since a group that has ended answers no more
  // calls. Only cooperative members have to wait: librdkafka takes this answer from them only while it closes.
  let is_cooperative = client.rebalance_protocol() == RebalanceProtocol::Cooperative;
  if !is_cooperative {
    drop(client.unassign());
  }
  if client.start_consumer_close(queue).is_err() {
    return;
  }
  if is_cooperative {
    drop(client.unassign());
  }
  let mut batch = MessageBatch::default();
  let mut give_up = begin + ANSWER_WAIT;
  while !client.consumer_closed() && begin.elapsed() < CLOSE_WAIT {
    if Instant::now() >= give_up {
      client.give_up_group();
      give_up += GIVE_UP_INTERVAL;
    }
    queue.drain(&mut batch, 64);
    batch.clear();
    match shared.notes.next_rebalance() {
      Some(_) => drop(client.unassign()),
      None => drop(queue.poll_message(Duration::from_millis(10))),
    }
  }
}
