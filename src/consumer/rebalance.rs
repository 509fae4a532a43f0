//! Carries out what the membership decides, and JavaScript's commands about assignments, seeks and commits.

use super::membership::{Action, Form, Input, PartitionKey};
use super::start_offsets::{start_offsets, StartError, StartOffsets};
use super::thread::ConsumerThread;
use super::{report, Command};
use crate::bridge::{Event, PartitionAnswer};
use crate::error::{code, KafkaError};
use crate::ffi::{Message, PartitionList, PartitionOffset, RebalanceKind, RebalanceProtocol};
use crate::requests::{list_of, Partition, Pool};
use crate::sync::lock;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Pause between attempts to look up where to start.
const RESOLVE_PAUSE: Duration = Duration::from_millis(500);
/// How long a member of a group whose broker assigns waits for partitions before it counts as one without.
const UNANNOUNCED_WAIT: Duration = Duration::from_millis(1000);
/// The request that makes a member of such a group (Kafka protocol, API keys). librdkafka wants version 1; brokers before
/// Kafka 4.0 have version 0, an early form.
const CONSUMER_GROUP_HEARTBEAT: i32 = 68;
const NO_CONSUMER_PROTOCOL: &str =
  "the broker knows no groups of the protocol 'consumer' (KIP-848), which brokers of Kafka 4.0 and later have";
/// How long librdkafka may take to move a partition that it fetches.
const SEEK_WAIT: Duration = Duration::from_millis(500);
/// Ids of the thread's own commits; JavaScript's are small.
pub(super) const REVOKE_COMMIT: u32 = u32::MAX;
pub(super) const START_COMMIT: u32 = u32::MAX - 1;
/// kafka-node writes this with each offset; an old member takes offset 0 without it for "none".
const COMMIT_METADATA: &str = "m";

/// What librdkafka's callbacks note for the thread.
#[derive(Default)]
pub(super) struct Notes {
  rebalances: Mutex<VecDeque<(RebalanceKind, PartitionList)>>,
  revoke_committed: AtomicBool,
}

impl Notes {
  pub fn rebalance(&self, kind: RebalanceKind, partitions: PartitionList) {
    lock(&self.rebalances).push_back((kind, partitions));
  }

  pub fn next_rebalance(&self) -> Option<(RebalanceKind, PartitionList)> {
    lock(&self.rebalances).pop_front()
  }

  pub fn revoke_committed(&self) {
    self.revoke_committed.store(true, Ordering::Release);
  }

  fn take_revoke_committed(&self) -> bool {
    self.revoke_committed.swap(false, Ordering::AcqRel)
  }
}

impl ConsumerThread {
  pub fn take_notes(&mut self) {
    while let Some((kind, list)) = self.shared.notes.next_rebalance() {
      let form = match self.client().rebalance_protocol() {
        RebalanceProtocol::Cooperative => Form::Incremental,
        _ => Form::Eager,
      };
      let partitions = list.to_vec().iter().map(|each| (self.topic_id(&each.topic), each.partition)).collect();
      self.step(match kind {
        RebalanceKind::Assign => Input::Given { form, partitions },
        RebalanceKind::Revoke => Input::Taken { form, partitions, lost: self.client().assignment_lost() },
      });
    }
    if self.shared.notes.take_revoke_committed() {
      self.step(Input::CommitAnswered);
    }
  }

  /// Tells the membership what has happened, and does what it says.
  pub fn step(&mut self, input: Input) {
    let actions = self.membership.handle(input, Instant::now());
    if actions.is_empty() {
      return;
    }
    // Before any event: JavaScript may look at any time.
    self.shared.assignment.publish(&self.membership);
    for action in actions {
      self.carry_out(action);
    }
  }

  fn carry_out(&mut self, action: Action) {
    match action {
      Action::Forget(partitions) => self.forget(&partitions),
      Action::LookUpStart { version, partitions } => self.look_up_start(version, &partitions),
      Action::Assign { version } => self.assign_found(version, Form::Eager),
      Action::IncrementalAssign { version } => self.assign_found(version, Form::Incremental),
      Action::AssignNothing { form, .. } => self.assign(&PartitionList::new(), form),
      Action::AnnounceRevoked { form, version, partitions, lost } => {
        let partitions = self.list_of(partitions).to_vec();
        self.shared.bridge.event(Event::Revoked {
          assignment_version: version,
          incremental: form == Form::Incremental,
          partitions: partitions.into_iter().map(|each| (each.topic, each.partition)).collect(),
          lost,
        });
      }
      Action::CommitPositions => {
        let list = PartitionList::from(&std::mem::take(&mut self.last_positions)[..]);
        if self.client().commit(&list, &self.shared.queue, REVOKE_COMMIT).is_err() {
          self.step(Input::CommitAnswered);
        }
      }
      Action::Unassign => report(&self.shared.bridge, self.client().unassign()),
      Action::IncrementalUnassign(partitions) => {
        let list = self.list_of(partitions);
        report(&self.shared.bridge, self.client().incremental_unassign(&list));
      }
    }
  }

  fn assign(&mut self, list: &PartitionList, form: Form) {
    let outcome = match form {
      Form::Eager => self.client().assign(list),
      Form::Incremental => self.client().incremental_assign(list),
    };
    report(&self.shared.bridge, outcome);
    self.set_pauses(list);
  }

  fn set_positions(&mut self, partitions: &[PartitionOffset]) -> Vec<PartitionKey> {
    let mut keys = Vec::with_capacity(partitions.len());
    for partition in partitions {
      let key = (self.topic_id(&partition.topic), partition.partition);
      self.positions.insert(key, partition.offset);
      keys.push(key);
    }
    keys
  }

  // ---- fixed partitions ----

  pub fn set_assignment(&mut self, partitions: &[Partition]) {
    let before: Vec<PartitionKey> = self.positions.keys().copied().collect();
    self.forget(&before);
    let list = list_of(partitions);
    let partitions = list.to_vec();
    let keys = self.set_positions(&partitions);
    let version = self.membership.set_assignment(keys);
    self.shared.assignment.publish(&self.membership);
    self.assign(&list, Form::Eager);
    self.announce(version, Form::Eager, partitions, false);
  }

  // ---- what the group gives ----

  /// Looks up where to start, off this thread: it may take a while, and the group must be served meanwhile.
  fn look_up_start(&mut self, version: u32, partitions: &[PartitionKey]) {
    let partitions = self.list_of(partitions.iter().copied()).to_vec();
    let (shared, start) = (Arc::clone(&self.shared), self.start.clone().unwrap_or_default());
    let task = async move {
      loop {
        let outcome = start_offsets(shared.queue.client(), &shared.bridge, &partitions, &start).await;
        let current = shared.assignment.version() == version && !shared.bridge.is_closing();
        match outcome {
          Err(StartError::Kafka(error)) if error.retriable && current && start.keep_trying => {
            shared.bridge.event(Event::error(error));
            tokio::time::sleep(RESOLVE_PAUSE).await;
          }
          outcome => {
            shared.send(Command::Resolved { version, outcome });
            return;
          }
        }
      }
    };
    if !self.shared.pool.get_or_init(Pool::shared).spawn(task) {
      self.shared.send(Command::Resolved { version, outcome: Err(StartError::Kafka(KafkaError::new(code::FAIL))) });
    }
  }

  pub fn resolved(&mut self, version: u32, outcome: Result<StartOffsets, StartError>) {
    if !self.membership.is_resolving(version) {
      return;
    }
    match outcome {
      Ok(start) => {
        self.found = Some(start);
        self.step(Input::StartFound { version });
      }
      Err(problem) => {
        self.step(Input::StartMissing { version });
        self.shared.bridge.event(match problem {
          StartError::OffsetsMissing => Event::OffsetsMissing { assignment_version: version },
          StartError::Kafka(error) => Event::StartFailed { error },
        });
      }
    }
  }

  fn assign_found(&mut self, version: u32, form: Form) {
    let Some(StartOffsets { partitions, commit }) = self.found.take() else { return };
    self.set_positions(&partitions);
    self.assign(&PartitionList::from(&partitions[..]), form);
    if commit {
      let with_metadata: Vec<_> = partitions
        .iter()
        .map(|partition| PartitionOffset { metadata: Some(COMMIT_METADATA.into()), ..partition.clone() })
        .collect();
      let list = PartitionList::from(&with_metadata[..]);
      report(&self.shared.bridge, self.client().commit(&list, &self.shared.queue, START_COMMIT));
    }
    self.announce(version, form, partitions, commit);
  }

  /// With KIP-848, librdkafka says nothing to a member that has joined and got nothing.
  pub fn announce_empty_assignment(&mut self) {
    if self.unannounced.is_none_or(|since| since.elapsed() < UNANNOUNCED_WAIT) {
      return;
    }
    self.unannounced = Some(Instant::now());
    if self.client().supports(CONSUMER_GROUP_HEARTBEAT, 1) == Some(false) {
      // librdkafka would look for another coordinator for ever.
      self.unannounced = None;
      let error = KafkaError::with_text(code::UNSUPPORTED_FEATURE, NO_CONSUMER_PROTOCOL.into());
      self.shared.bridge.event(Event::error(KafkaError { fatal: true, ..error }));
    } else if self.membership.assigned().is_empty() && self.client().generation_id() > 0 {
      self.announce(self.membership.version(), Form::Incremental, Vec::new(), false);
    }
  }

  fn announce(&mut self, version: u32, form: Form, partitions: Vec<PartitionOffset>, committed: bool) {
    self.unannounced = None;
    let joined = self.shared.assignors.as_ref().map(|assignors| assignors.joined_as()).unwrap_or_default();
    self.generation_id = self.client().generation_id();
    self.shared.bridge.event(Event::Assigned {
      assignment_version: version,
      incremental: form == Form::Incremental,
      partitions: partitions.into_iter().map(PartitionAnswer::from).collect(),
      member_id: self.client().member_id(),
      generation_id: self.generation_id,
      committed,
      leader: joined.leader,
      assignor: joined.assignor,
      user_data: joined.user_data,
    });
  }

  // ---- what the group takes ----

  pub fn revocation_seen(&mut self, version: u32, commit: &[Partition]) {
    self.last_positions = list_of(commit).to_vec();
    let lost = self.client().assignment_lost();
    self.step(Input::Released { version, has_commit: !commit.is_empty(), lost });
  }

  // ---- positions ----

  pub fn seek(&mut self, topic: &str, partition: i32, offset: i64, assignment_version: Option<u32>) {
    let key = (self.topic_id(topic), partition);
    if self.membership.is_newer(key, assignment_version) {
      return;
    }
    let Some(position) = self.positions.get_mut(&key) else { return };
    *position = offset;
    let others = |message: &Message| message.partition() != partition || message.topic().to_bytes() != topic.as_bytes();
    let list = self.list_of([key]);
    if self.client().seek(&list, SEEK_WAIT).is_ok() {
      self.overflow.retain(others);
      return;
    }
    // librdkafka refuses to seek a partition that stopped with "out of range", which is assigned anew. In an eager group
    // it takes all of them or none; the others go on from what was handed over so far.
    if self.client().rebalance_protocol() == RebalanceProtocol::Eager {
      self.overflow.clear();
      self.resume_fetching();
      let list = self.position_list();
      self.assign(&list, Form::Eager);
      return;
    }
    self.overflow.retain(others);
    report(&self.shared.bridge, self.client().incremental_unassign(&list));
    self.assign(&list, Form::Incremental);
  }

  pub fn commit(&mut self, id: u32, partitions: &[Partition], made_under: Option<u32>, generation: Option<i32>) {
    let list = list_of(partitions);
    let is_member = made_under.is_some() || generation.is_some();
    let is_stale = is_member && self.client().assignment_lost()
      || generation.is_some_and(|generation| generation != self.generation_id)
      || made_under.is_some_and(|version| {
        let allowed = |each: &Partition| {
          let topic = self.topic_ids.get(&each.topic).copied().unwrap_or(u32::MAX);
          self.membership.may_commit((topic, each.partition), version)
        };
        !partitions.iter().all(allowed)
      });
    let (error, answers) = if is_stale {
      // What the broker would have said. Asked now, it might take the commit for one of the newer assignment.
      let refused = |each| PartitionOffset { error: code::ILLEGAL_GENERATION, ..each };
      (KafkaError::new(code::ILLEGAL_GENERATION), list.to_vec().into_iter().map(refused).collect())
    } else {
      match self.client().commit(&list, &self.shared.queue, id) {
        Ok(()) => return,
        Err(error) => (error, Vec::new()),
      }
    };
    self.shared.bridge.event(Event::Committed {
      id,
      error: Some(error),
      partitions: answers.into_iter().map(PartitionAnswer::from).collect(),
      stale: is_stale,
    });
  }
}
