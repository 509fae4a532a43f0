//! A consumer handle: one dedicated thread takes records in batches and hands them over in blocks.
//!
//! The thread owns the flow: it fills the slabs that JavaScript lends it, one crossing per batch, and stops taking records
//! when no slab is free. It goes on serving the group meanwhile, so that a slow or blocked handler keeps its membership.
//! Rebalances are answered by this thread, after JavaScript has had its say or a deadline has passed.

mod assignor;
mod start_offsets;

use crate::config::{configure, consumer_properties, ConsumerOptions, Protocol};
use crate::error::{code, KafkaError};
use crate::ffi::{
  self, Client, ClientEvent, ClientKind, Message, MessageBatch, PartitionList, PartitionOffset, Queue, RebalanceKind,
  SharedSlab, Strategy,
};
use crate::napi::bridge::{Bridge, Callback, Event, PartitionAnswer, ToJs};
use crate::requests::{self, list_of, Partition, Pool};
use crate::sync::lock;
use crate::wire::records::{encode, Plan, Record, Run, Stamp};
use assignor::{Assignments, Joined};
use napi::bindgen_prelude::Uint8Array;
use napi::Env;
use napi_derive::napi;
use serde::Deserialize;
use start_offsets::{start_offsets, StartError, StartOffsets, StartPolicy};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How long one wait for a record lasts; commands end it early.
const POLL_WAIT: Duration = Duration::from_millis(100);
/// Without a free slab: how often the group is served.
const STALLED_WAIT: Duration = Duration::from_millis(50);
/// Without a free slab for this long: stop fetching, so that serving the group brings no more records.
const STALLED_PAUSE: Duration = Duration::from_millis(1000);
/// Without a free slab: stop fetching at once when serving the group has brought so many bytes.
const STALLED_BYTES: usize = 4 << 20;
/// Records per batch at most.
const MAX_RECORDS: usize = 1024;
/// How long closing may take before the group is left to notice by itself (session time-out).
const CLOSE_WAIT: Duration = Duration::from_millis(3000);
/// How long the offsets may take that are committed when partitions are given up.
const REVOKE_COMMIT_WAIT: Duration = Duration::from_millis(3000);
/// Pause between attempts to look up where to start.
const RESOLVE_PAUSE: Duration = Duration::from_millis(500);
/// Ids of the thread's own commits; JavaScript's are small.
const REVOKE_COMMIT: u32 = u32::MAX;
const START_COMMIT: u32 = u32::MAX - 1;
/// librdkafka's code for "the offset is out of range and there is no reset policy" (`_AUTO_OFFSET_RESET`).
const OFFSET_OUT_OF_RANGE: i32 = -140;

impl Record for Message {
  fn topic_tag(&self) -> usize {
    Message::topic_tag(self)
  }
  fn partition(&self) -> i32 {
    Message::partition(self)
  }
  fn offset(&self) -> i64 {
    Message::offset(self)
  }
  fn timestamp(&self) -> i64 {
    Message::timestamp(self)
  }
  fn key(&self) -> Option<&[u8]> {
    Message::key(self)
  }
  fn value(&self) -> Option<&[u8]> {
    Message::value(self)
  }
  fn headers(&self, each: impl FnMut(&[u8], Option<&[u8]>)) {
    Message::headers(self, each);
  }
}

/// What JavaScript tells the thread.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Command {
  /// Joins the group.
  Subscribe { topics: Vec<String>, start: StartPolicy },
  /// Fetches exactly these partitions from these offsets; for a consumer without group membership.
  Assign { partitions: Vec<Partition> },
  /// JavaScript has seen the revocation of this epoch; `commit` are its last positions.
  Revoked { epoch: u32, commit: Vec<Partition> },
  /// Commits these offsets; the answer is an event with the same id.
  Commit { id: u32, partitions: Vec<Partition> },
  /// Continues one partition somewhere else. Blocks taken later carry this sequence number or a higher one.
  Seek { topic: String, partition: i32, offset: i64, sequence: u32 },
  /// Leaves the group without closing; `subscribe` joins it again.
  Unsubscribe,
  /// Stops.
  #[serde(skip)]
  Close,
  /// The positions to start a new assignment from have been found, or not.
  #[serde(skip)]
  Resolved { epoch: u32, outcome: Result<StartOffsets, StartError> },
}

#[derive(Default)]
struct Inbox {
  commands: VecDeque<Command>,
  free_slabs: Vec<u32>,
}

/// What the JS side and the thread share.
struct Shared {
  queue: Queue,
  inbox: Mutex<Inbox>,
  arrived: Condvar,
  /// The number of the current assignment; blocks of an older one are void.
  epoch: AtomicU32,
  bridge: Arc<Bridge>,
  pool: OnceLock<Arc<Pool>>,
  /// Of a group member.
  assignments: Option<Arc<Assignments>>,
}

impl Shared {
  /// librdkafka's main thread may be waiting for an assignment, and much of librdkafka for that thread.
  fn end_assignments(&self) {
    if let Some(assignments) = &self.assignments {
      assignments.end();
    }
  }

  fn send(&self, command: Command) {
    lock(&self.inbox).commands.push_back(command);
    self.arrived.notify_one();
    self.queue.wake();
  }
}

/// Where the thread stands with its group.
enum Group {
  /// No assignment, or one that fetches.
  Steady,
  /// Partitions have been given; their start offsets are being looked up.
  Resolving,
  /// Partitions are being taken; the answer is due.
  Revoking { deadline: Instant, committing: bool },
}

struct ConsumerThread {
  // Messages go before the client they belong to.
  batch: MessageBatch,
  overflow: MessageBatch,
  shared: Arc<Shared>,
  rebalances: Arc<Mutex<VecDeque<(RebalanceKind, PartitionList)>>>,
  revoke_committed: Arc<AtomicBool>,
  slabs: Vec<SharedSlab>,
  group: Group,
  start: Option<StartPolicy>,
  answer_wait: Duration,
  sequence: u32,
  topics: HashMap<String, u32>,
  /// Next offset to hand over, by topic id and partition, of what is assigned.
  positions: BTreeMap<(u32, i32), i64>,
  stalled_since: Option<Instant>,
  /// Bytes that serving the group without a free slab has added to the overflow since it was empty.
  stalled_bytes: usize,
  /// When the queue was last looked at: rebalances come through it, too.
  served: Instant,
  paused: Option<PartitionList>,
  /// Bytes per record, a running average: how many records fit a slab.
  record_bytes: usize,
}

impl ConsumerThread {
  fn client(&self) -> &Arc<Client> {
    self.shared.queue.client()
  }

  fn run(mut self) {
    loop {
      if self.carry_out_commands() || self.shared.bridge.is_abandoned() {
        break;
      }
      self.answer_overdue_revocation();
      let slab = lock(&self.shared.inbox).free_slabs.pop();
      match slab {
        Some(slab) => {
          self.stalled_since = None;
          // What is kept goes first. Fetching earlier would let it grow again and again: a slow handler of large records
          // takes fewer than the group's service brings.
          if self.overflow.is_empty() {
            self.resume_fetching();
          }
          if !self.deliver(slab) {
            lock(&self.shared.inbox).free_slabs.push(slab);
          }
        }
        None => self.stall(),
      }
      self.take_rebalances();
    }
    self.close();
  }

  /// True when it is time to close.
  fn carry_out_commands(&mut self) -> bool {
    loop {
      let Some(command) = lock(&self.shared.inbox).commands.pop_front() else { return false };
      match command {
        Command::Close => return true,
        Command::Subscribe { topics, start } => {
          self.start = Some(start);
          if let Err(error) = self.client().subscribe(&topics) {
            self.shared.bridge.event(Event::error(error));
          }
        }
        Command::Unsubscribe => {
          if let Err(error) = self.client().unsubscribe() {
            self.shared.bridge.event(Event::error(error));
          }
        }
        Command::Assign { partitions } => self.assign_fixed(&partitions),
        Command::Revoked { epoch, commit } => self.revocation_seen(epoch, &commit),
        Command::Commit { id, partitions } => {
          if let Err(error) = self.client().commit(&list_of(&partitions), &self.shared.queue, id) {
            self.shared.bridge.event(Event::Committed { id, error: Some(error), partitions: Vec::new() });
          }
        }
        Command::Seek { topic, partition, offset, sequence } => self.seek(&topic, partition, offset, sequence),
        Command::Resolved { epoch, outcome } => self.resolved(epoch, outcome),
      }
    }
  }

  // ---- records ----

  /// Fills a slab with what is there, waiting a little for the first record. False when the slab was not used.
  fn deliver(&mut self, slab: u32) -> bool {
    if self.overflow.is_empty() {
      self.served = Instant::now();
      let Some(first) = self.shared.queue.poll_message(POLL_WAIT) else { return false };
      self.batch.push(first);
      let max = (self.slabs[slab as usize].len() / self.record_bytes.max(1)).clamp(1, MAX_RECORDS) - 1;
      if max > 0 {
        self.shared.queue.drain(&mut self.batch, max);
      }
    } else {
      std::mem::swap(&mut self.batch, &mut self.overflow);
    }
    self.take_rebalances();
    self.sort_out();
    let used = !self.batch.is_empty();
    if used {
      self.hand_over(slab);
    }
    used
  }

  /// Takes errors out of the batch and reports them; takes everything out if the partitions are being taken away.
  fn sort_out(&mut self) {
    if matches!(self.group, Group::Revoking { .. }) {
      self.batch.clear();
      return;
    }
    let (bridge, positions, topics) = (&self.shared.bridge, &self.positions, &self.topics);
    self.batch.retain(|message| {
      let code = message.error_code();
      if code == 0 {
        return true;
      }
      let topic = message.topic().to_string_lossy().into_owned();
      let known = topics.get(&topic).is_some_and(|id| positions.contains_key(&(*id, message.partition())));
      if code == OFFSET_OUT_OF_RANGE && !known {
        return false;
      }
      bridge.event(Event::Error {
        error: KafkaError::with_text(code, message.error_text()),
        topic: (!topic.is_empty()).then_some(topic),
        partition: (message.partition() >= 0).then_some(message.partition()),
        offset: (message.offset() >= 0).then_some(message.offset()),
      });
      false
    });
  }

  /// Encodes the batch into the slab, and what does not fit into the overflow for the next one.
  fn hand_over(&mut self, slab: u32) {
    let capacity = self.slabs[slab as usize].len();
    let messages = std::mem::take(&mut self.batch);
    let mut plan = Plan::of(messages.as_slice(), capacity);
    let too_large = plan.count == 0;
    if too_large {
      plan = Plan::of(&messages.as_slice()[..1], usize::MAX);
    }
    let runs: Vec<Run> = plan.runs(messages.as_slice()).map(|first| self.describe(first)).collect();
    let taken = &messages.as_slice()[..plan.count];
    for pair in taken.windows(2).filter(|pair| !same_partition(&pair[0], &pair[1])) {
      self.advance(&pair[0]);
    }
    if let Some(last) = taken.last() {
      self.advance(last);
    }
    let size = plan.size();
    self.record_bytes = (3 * self.record_bytes + size / plan.count.max(1)) / 4;
    let stamp = Stamp { epoch: self.shared.epoch.load(Ordering::Acquire), sequence: self.sequence, slab };
    let block = &mut self.slabs[slab as usize];
    self.shared.bridge.post_made_by(|| {
      if too_large {
        // No slab holds it, but it takes the credit of one along: large records are bounded too.
        let mut large = vec![0; size];
        encode(taken, &plan, &runs, stamp, &mut large);
        return ToJs::Block(large);
      }
      encode(taken, &plan, &runs, stamp, block.bytes());
      ToJs::Slab(slab)
    });
    let count = plan.count;
    self.batch = messages;
    self.batch.drop_front(count);
    if !self.batch.is_empty() {
      std::mem::swap(&mut self.batch, &mut self.overflow);
    }
  }

  fn describe(&mut self, message: &Message) -> Run {
    let high_watermark = self.client().high_watermark(message.topic(), message.partition());
    Run { topic_id: self.topic_id(&message.topic().to_string_lossy()), high_watermark }
  }

  fn topic_id(&mut self, name: &str) -> u32 {
    if let Some(&id) = self.topics.get(name) {
      return id;
    }
    let id = self.topics.len() as u32;
    self.topics.insert(name.to_owned(), id);
    self.shared.bridge.event(Event::Topic { id, name: name.to_owned() });
    id
  }

  fn advance(&mut self, message: &Message) {
    let id = self.topic_id(&message.topic().to_string_lossy());
    if let Some(position) = self.positions.get_mut(&(id, message.partition())) {
      *position = message.offset() + 1;
    }
  }

  // ---- no room ----

  /// Waits for a slab, and serves the group meanwhile. The odd record that this brings is kept.
  fn stall(&mut self) {
    let inbox = lock(&self.shared.inbox);
    if !inbox.commands.is_empty() || !inbox.free_slabs.is_empty() {
      return;
    }
    drop(self.shared.arrived.wait_timeout(inbox, STALLED_WAIT));
    let since = *self.stalled_since.get_or_insert_with(Instant::now);
    if self.served.elapsed() < STALLED_WAIT {
      return;
    }
    let is_too_much = since.elapsed() >= STALLED_PAUSE || self.stalled_bytes >= STALLED_BYTES;
    if is_too_much && self.paused.is_none() {
      let assigned = self.position_list();
      self.client().set_paused(&assigned, true);
      self.paused = Some(assigned);
    }
    let before = self.overflow.as_slice().len();
    self.shared.queue.drain(&mut self.overflow, 1);
    self.stalled_bytes += self.overflow.as_slice()[before..].iter().map(bytes_of).sum::<usize>();
    self.served = Instant::now();
  }

  fn resume_fetching(&mut self) {
    self.stalled_since = None;
    self.stalled_bytes = 0;
    if let Some(paused) = self.paused.take() {
      self.client().set_paused(&paused, false);
    }
  }

  fn position_list(&self) -> PartitionList {
    let names: HashMap<u32, &str> = self.topics.iter().map(|(name, id)| (*id, name.as_str())).collect();
    let mut list = PartitionList::new();
    for ((id, partition), offset) in &self.positions {
      if let Some(name) = names.get(id) {
        list.add(name, *partition, *offset, None);
      }
    }
    list
  }

  // ---- assignment ----

  fn forget_assignment(&mut self) -> u32 {
    self.overflow.clear();
    self.batch.clear();
    self.positions.clear();
    self.resume_fetching();
    self.shared.epoch.fetch_add(1, Ordering::AcqRel) + 1
  }

  fn take_assignment(&mut self, partitions: &[PartitionOffset]) {
    for partition in partitions {
      let id = self.topic_id(&partition.topic);
      self.positions.insert((id, partition.partition), partition.offset);
    }
    if let Err(error) = self.client().assign(&PartitionList::from(partitions)) {
      self.shared.bridge.event(Event::error(error));
    }
  }

  fn assign_fixed(&mut self, partitions: &[Partition]) {
    let epoch = self.forget_assignment();
    let partitions = list_of(partitions).to_vec();
    self.take_assignment(&partitions);
    self.announce(epoch, partitions, false);
  }

  fn announce(&self, epoch: u32, partitions: Vec<PartitionOffset>, committed: bool) {
    let Joined { leader, user_data } = self.shared.assignments.as_ref().map_or_else(Joined::default, |a| a.joined_as());
    self.shared.bridge.event(Event::Assigned {
      epoch,
      partitions: partitions.into_iter().map(PartitionAnswer::from).collect(),
      member_id: self.client().member_id(),
      generation_id: self.client().generation_id(),
      committed,
      leader,
      user_data,
    });
  }

  fn seek(&mut self, topic: &str, partition: i32, offset: i64, sequence: u32) {
    self.sequence = sequence;
    let id = self.topic_id(topic);
    let Some(position) = self.positions.get_mut(&(id, partition)) else { return };
    *position = offset;
    // Assigning anew, because librdkafka refuses to seek a partition that stopped with "out of range". It costs what was
    // fetched ahead; the other partitions go on from what was handed over so far.
    self.overflow.clear();
    self.resume_fetching();
    if let Err(error) = self.client().assign(&self.position_list()) {
      self.shared.bridge.event(Event::error(error));
    }
  }

  // ---- group ----

  fn take_rebalances(&mut self) {
    loop {
      let Some((kind, partitions)) = lock(&self.rebalances).pop_front() else { break };
      match kind {
        RebalanceKind::Assign => self.resolve(partitions),
        RebalanceKind::Revoke => self.revoke(),
      }
    }
    if self.revoke_committed.swap(false, Ordering::AcqRel) {
      if let Group::Revoking { committing: true, .. } = self.group {
        self.answer_revocation();
      }
    }
  }

  /// Looks up where to start, off this thread: it may take long, and the group must be served meanwhile.
  fn resolve(&mut self, partitions: PartitionList) {
    let epoch = self.forget_assignment();
    self.group = Group::Resolving;
    let (shared, start) = (Arc::clone(&self.shared), self.start.clone().unwrap_or_default());
    let partitions = partitions.to_vec();
    let task = async move {
      loop {
        let outcome = start_offsets(shared.queue.client(), &shared.bridge, &partitions, &start).await;
        let current = shared.epoch.load(Ordering::Acquire) == epoch && !shared.bridge.is_closing();
        match outcome {
          Err(StartError::Kafka(error)) if error.retriable && current => {
            shared.bridge.event(Event::error(error));
            tokio::time::sleep(RESOLVE_PAUSE).await;
          }
          outcome => {
            shared.send(Command::Resolved { epoch, outcome });
            return;
          }
        }
      }
    };
    if !self.shared.pool.get_or_init(Pool::shared).spawn(task) {
      self.shared.send(Command::Resolved { epoch, outcome: Err(StartError::Kafka(KafkaError::new(code::FAIL))) });
    }
  }

  fn resolved(&mut self, epoch: u32, outcome: Result<StartOffsets, StartError>) {
    if !matches!(self.group, Group::Resolving) || self.shared.epoch.load(Ordering::Acquire) != epoch {
      return;
    }
    self.group = Group::Steady;
    match outcome {
      Ok(start) => {
        self.take_assignment(&start.partitions);
        if start.commit {
          let with_metadata: Vec<_> = start
            .partitions
            .iter()
            .map(|partition| PartitionOffset { metadata: Some(COMMIT_METADATA.into()), ..partition.clone() })
            .collect();
          let list = PartitionList::from(&with_metadata[..]);
          if let Err(error) = self.client().commit(&list, &self.shared.queue, START_COMMIT) {
            self.shared.bridge.event(Event::error(error));
          }
        }
        self.announce(epoch, start.partitions, start.commit);
      }
      Err(problem) => {
        // Stay a member that fetches nothing: leaving would hand the same problem to the next one.
        if let Err(error) = self.client().assign(&PartitionList::new()) {
          self.shared.bridge.event(Event::error(error));
        }
        self.shared.bridge.event(match problem {
          StartError::OffsetsMissing => Event::OffsetsMissing { epoch },
          StartError::Kafka(error) => Event::StartFailed { error },
        });
      }
    }
  }

  fn revoke(&mut self) {
    let lost = self.client().assignment_lost();
    let epoch = self.forget_assignment();
    self.group = Group::Revoking { deadline: Instant::now() + self.answer_wait, committing: false };
    self.shared.bridge.event(Event::Revoked { epoch, lost });
  }

  fn revocation_seen(&mut self, epoch: u32, commit: &[Partition]) {
    let Group::Revoking { committing: false, .. } = self.group else { return };
    if self.shared.epoch.load(Ordering::Acquire) != epoch {
      return;
    }
    if !commit.is_empty() && !self.client().assignment_lost() {
      let started = self.client().commit(&list_of(commit), &self.shared.queue, REVOKE_COMMIT);
      if started.is_ok() {
        self.group = Group::Revoking { deadline: Instant::now() + REVOKE_COMMIT_WAIT, committing: true };
        return;
      }
    }
    self.answer_revocation();
  }

  fn answer_overdue_revocation(&mut self) {
    if let Group::Revoking { deadline, .. } = self.group {
      if Instant::now() >= deadline {
        self.answer_revocation();
      }
    }
  }

  fn answer_revocation(&mut self) {
    self.group = Group::Steady;
    if let Err(error) = self.client().unassign() {
      self.shared.bridge.event(Event::error(error));
    }
  }

  // ---- end ----

  /// Leaves the group, within limits, and gives everything back.
  fn close(mut self) {
    self.shared.end_assignments();
    self.forget_assignment();
    let deadline = Instant::now() + CLOSE_WAIT;
    if self.client().start_consumer_close(&self.shared.queue).is_ok() {
      // A rebalance that was taken from the queue and has no answer yet: librdkafka would wait for it for ever.
      drop(self.client().unassign());
      while !self.client().consumer_closed() && Instant::now() < deadline {
        self.shared.queue.drain(&mut self.batch, 64);
        self.batch.clear();
        let taken = lock(&self.rebalances).pop_front();
        match taken {
          // Whatever the group asks for now, the answer is "nothing".
          Some(_) => drop(self.client().unassign()),
          None => drop(self.shared.queue.poll_message(Duration::from_millis(10))),
        }
      }
    }
    self.shared.bridge.event(Event::Closed);
  }
}

/// kafka-node writes this beside each offset; an old member takes offset 0 without it for "none".
const COMMIT_METADATA: &str = "m";

fn bytes_of(message: &Message) -> usize {
  Message::key(message).map_or(0, <[u8]>::len) + Message::value(message).map_or(0, <[u8]>::len)
}

fn same_partition(a: &Message, b: &Message) -> bool {
  Message::topic_tag(a) == Message::topic_tag(b) && Message::partition(a) == Message::partition(b)
}

/// A consumer handle of librdkafka. Made, used and closed on one JS thread.
#[napi]
pub struct NativeConsumer {
  // Given up by `close`, so that the handle's own thread drops the last share: destroying a client blocks.
  shared: RefCell<Option<Arc<Shared>>>,
  // Strong references: the memory must be there until `drop` has closed the bridge's gate.
  _slabs: Vec<Uint8Array>,
}

#[napi]
impl NativeConsumer {
  /// `options` is the JSON text of `config.rs`'s `ConsumerOptions`. The slabs are lent to the thread, all of them at once;
  /// they must not be resized, transferred or dropped before the `closed` event. Throws on a value that librdkafka refuses.
  #[napi(constructor)]
  pub fn new(
    env: Env,
    options: String,
    mut slabs: Vec<Uint8Array>,
    #[napi(ts_arg_type = "(kind: number, payload: any) => void")] callback: Callback<'_>,
  ) -> napi::Result<NativeConsumer> {
    ffi::keep_openssl_alive_at_exit();
    let options: ConsumerOptions =
      serde_json::from_str(&options).map_err(|error| napi::Error::from_reason(error.to_string()))?;
    let conf = configure(&options.client, consumer_properties(&options))?;
    let bridge = Bridge::new(&env, &callback)?;
    let rebalances = Arc::new(Mutex::new(VecDeque::new()));
    let revoke_committed = Arc::new(AtomicBool::new(false));
    let sink = {
      let (bridge, rebalances) = (Arc::clone(&bridge), Arc::clone(&rebalances));
      let revoke_committed = Arc::clone(&revoke_committed);
      Box::new(move |event| match event {
        ClientEvent::Rebalance { kind, partitions } => lock(&rebalances).push_back((kind, partitions)),
        ClientEvent::Committed { id: REVOKE_COMMIT, .. } => revoke_committed.store(true, Ordering::Release),
        // The group has an offset for each partition then, or the next member looks them up again.
        ClientEvent::Committed { id: START_COMMIT, .. } => {}
        event => {
          if let Some(event) = Event::of(event) {
            bridge.event(event);
          }
        }
      })
    };
    let session = options.group.as_ref().map_or(0, |group| group.session_timeout);
    let (client, assignments) = match &options.group {
      Some(group) => {
        let strategies: Vec<_> =
          group.protocols.iter().map(|Protocol { name, own }| Strategy { name: name.clone(), own: *own }).collect();
        // The coordinator hears nothing of this member meanwhile.
        let bound = Duration::from_millis(u64::from(session) / 2);
        let assignments = Assignments::new(strategies.clone(), bound, Arc::clone(&bridge));
        (Client::new_member(conf, sink, &strategies, Box::new(Arc::clone(&assignments)))?, Some(assignments))
      }
      None => (Client::new(ClientKind::Consumer, conf, sink)?, None),
    };
    let client = Arc::new(client);
    let shared = Arc::new(Shared {
      queue: Queue::consumer(&client),
      inbox: Mutex::new(Inbox { commands: VecDeque::new(), free_slabs: (0..slabs.len() as u32).collect() }),
      arrived: Condvar::new(),
      epoch: AtomicU32::new(0),
      bridge,
      pool: OnceLock::new(),
      assignments,
    });
    let thread = ConsumerThread {
      batch: MessageBatch::default(),
      overflow: MessageBatch::default(),
      shared: Arc::clone(&shared),
      rebalances,
      revoke_committed,
      slabs: slabs.iter_mut().map(SharedSlab::of).collect(),
      group: Group::Steady,
      start: None,
      // The group's coordinator waits for the slowest member; JavaScript gets most of a session to answer.
      answer_wait: Duration::from_millis(u64::from(session) * 4 / 5),
      sequence: 0,
      topics: HashMap::new(),
      positions: BTreeMap::new(),
      stalled_since: None,
      stalled_bytes: 0,
      served: Instant::now(),
      paused: None,
      record_bytes: 256,
    };
    std::thread::Builder::new().name("kafka-consumer".into()).spawn(move || thread.run())?;
    Ok(NativeConsumer { shared: RefCell::new(Some(shared)), _slabs: slabs })
  }

  fn with<T>(&self, call: impl FnOnce(&Arc<Shared>) -> napi::Result<T>) -> napi::Result<T> {
    match &*self.shared.borrow() {
      Some(shared) => call(shared),
      None => Err(napi::Error::from_reason("the consumer is closed")),
    }
  }

  /// Gives a slab back, to be filled again.
  #[napi]
  pub fn credit(&self, slab: u32) {
    if let Some(shared) = &*self.shared.borrow() {
      lock(&shared.inbox).free_slabs.push(slab);
      shared.arrived.notify_one();
    }
  }

  /// The number of the current assignment: blocks with a lower one are void.
  #[napi]
  pub fn epoch(&self) -> u32 {
    self.shared.borrow().as_ref().map_or(u32::MAX, |shared| shared.epoch.load(Ordering::Acquire))
  }

  /// Gives the thread a command, as JSON text of `Command`.
  #[napi]
  pub fn command(&self, command: String) -> napi::Result<()> {
    let command = serde_json::from_str(&command).map_err(|error| napi::Error::from_reason(error.to_string()))?;
    self.with(|shared| {
      shared.send(command);
      Ok(())
    })
  }

  /// Starts a request of the control plane (`control.rs`); its reply comes as an event with the same id.
  #[napi]
  pub fn request(&self, id: u32, request: String) -> napi::Result<()> {
    self.with(|shared| requests::start(id, &request, shared.queue.client(), &shared.bridge, &shared.pool))
  }

  fn assignments<T>(&self, call: impl FnOnce(&Assignments) -> T) -> Option<T> {
    self.shared.borrow().as_ref()?.assignments.as_deref().map(call)
  }

  /// What this member tells the group's leader when it joins next, with the given one of its protocols.
  #[napi]
  pub fn offer(&self, protocol: u32, metadata: Uint8Array) {
    self.assignments(|assignments| assignments.set_metadata(protocol as usize, metadata.to_vec()));
  }

  /// True while the assignment with this number is waited for (event `assign`).
  #[napi]
  pub fn assignment_wanted(&self, number: u32) -> bool {
    self.assignments(|assignments| assignments.is_wanted(number)).unwrap_or(false)
  }

  /// Gives the assignment with this number, as JSON text of a list of `assignor.rs`'s `Share`; null when there is none:
  /// the group rebalances again. False when it comes too late.
  #[napi]
  pub fn assign(&self, number: u32, shares: Option<String>) -> napi::Result<bool> {
    let shares = shares.map(|text| serde_json::from_str(&text)).transpose();
    let shares = shares.map_err(|error| napi::Error::from_reason(error.to_string()))?;
    Ok(self.assignments(|assignments| assignments.answer(number, shares)).unwrap_or(false))
  }

  /// Leaves the group and ends. The `closed` event is the last one.
  #[napi]
  pub fn close(&self) {
    if let Some(shared) = self.shared.take() {
      shared.bridge.start_closing();
      shared.end_assignments();
      shared.send(Command::Close);
    }
  }
}

impl Drop for NativeConsumer {
  fn drop(&mut self) {
    // Collected without `close`: nobody can receive anything any more, and the thread does the rest.
    if let Some(shared) = self.shared.take() {
      shared.bridge.abandon();
      shared.end_assignments();
      shared.send(Command::Close);
    }
  }
}
