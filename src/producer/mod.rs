//! A producer handle: sends come in as packed blocks on the JS thread, receipts go out folded per send.
//!
//! `send` hands records to librdkafka at once, on the JS thread: that never blocks. When librdkafka has delivery reports, it
//! wakes the JS thread, which takes them and folds them into one receipt per send (`drain`). Each handle has one thread: it
//! does the same while the JS thread is blocked, hands over what was parked, and closes.
//! A `KafkaClient` without a producer uses such a handle too, for metadata.

use crate::config::{configure, producer_properties, ProducerOptions};
use crate::error::code;
use crate::ffi::{self, Client, ClientKind, DeliveryReports, PlainRecords, ProduceRecord, Queue, Topic};
use crate::napi::bridge::{Bridge, Callback, Event, ToJs};
use crate::requests::{self, Pool};
use crate::sync::lock;
use crate::wire::sends::{Group, Malformed};
use napi::bindgen_prelude::{Float64Array, Uint8Array};
use napi::Env;
use napi_derive::napi;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How often the thread looks whether JavaScript is blocked, when nothing is parked.
const IDLE_WAIT: Duration = Duration::from_millis(1000);
/// How often it looks while records are parked, and how long it waits for a report while it closes.
const PARKED_WAIT: Duration = Duration::from_millis(20);
/// JavaScript counts as blocked when it has not drained the queue for this long after it was asked to.
const BLOCKED_AFTER: Duration = Duration::from_millis(50);
/// Delivery-report events folded before a crossing: bounds how long a finished send waits for its receipt.
const EVENTS_PER_BURST: usize = 64;
/// How long purged records may take to report.
const PURGE_WAIT: Duration = Duration::from_millis(500);
/// librdkafka's queue is made this much larger than what is put in, so that it never refuses a record by itself: after a
/// refusal it may take the next one, which would change the order.
const QUEUE_MARGIN: u32 = 1_000;
/// Records for which memory is kept between sends.
const SPARE_RECORDS: usize = 4096;
/// What a record costs in librdkafka's queue besides its bytes; counted so that empty records are bounded as well.
const RECORD_OVERHEAD: usize = 64;

/// The state of one send, until all its records have reported.
#[derive(Default)]
struct SendState {
  waiting: usize,
  groups: Vec<GroupState>,
}

#[derive(Clone, Copy)]
struct GroupState {
  /// The smallest offset so far; -1 before the first.
  base: i64,
  error: i32,
}

/// All sends of a handle; the ids are JavaScript's, small and reused.
#[derive(Default)]
struct SendTable {
  sends: Vec<SendState>,
  receipts: Vec<f64>,
}

impl SendTable {
  fn expect(&mut self, group: &Group<'_>) {
    let index = group.send as usize;
    if self.sends.len() <= index {
      self.sends.resize_with(index + 1, SendState::default);
    }
    let send = &mut self.sends[index];
    send.waiting += group.count;
    send.groups.push(GroupState { base: -1, error: 0 });
  }

  fn report(&mut self, reports: &DeliveryReports) {
    self.settle(reports.tag(), reports.code, reports.offset, reports.records);
  }

  /// Counts `records` of a group as done.
  fn settle(&mut self, tag: u64, code: i32, offset: i64, records: usize) {
    let (id, group) = ((tag >> 32) as usize, tag as u32 as usize);
    let Some(send) = self.sends.get_mut(id).filter(|send| send.waiting > 0) else { return };
    let Some(state) = send.groups.get_mut(group) else { return };
    if code != 0 {
      state.error = code;
    } else if state.base < 0 || offset < state.base {
      state.base = offset;
    }
    send.waiting = send.waiting.saturating_sub(records);
    if send.waiting == 0 {
      self.receipts.push(id as f64);
      for group in send.groups.drain(..) {
        self.receipts.extend([group.base as f64, f64::from(group.error)]);
      }
    }
  }
}

/// A group that found no room, and how many of its records were taken before.
struct Parked {
  bytes: Vec<u8>,
  taken: usize,
}

/// What is needed to hand records over, in order.
#[derive(Default)]
struct Lane {
  topics: Vec<Topic>,
  parked: VecDeque<Parked>,
  parked_records: usize,
  parked_bytes: usize,
  /// Empty, with memory to be used again.
  spare: Vec<PlainRecords<'static>>,
  /// Records and bytes handed over and not reported yet.
  queued_records: usize,
  queued_bytes: usize,
}

/// Records of one block, by topic and partition, in order.
#[derive(Default)]
struct Collected<'a>(Vec<(u32, i32, PlainRecords<'a>)>);

impl<'a> Collected<'a> {
  fn of(&mut self, topic: u32, partition: i32, spare: &mut Vec<PlainRecords<'static>>) -> &mut PlainRecords<'a> {
    let index = match self.0.iter().position(|entry| (entry.0, entry.1) == (topic, partition)) {
      Some(index) => index,
      None => {
        self.0.push((topic, partition, spare.pop().map(PlainRecords::recycle).unwrap_or_default()));
        self.0.len() - 1
      }
    };
    &mut self.0[index].2
  }
}

struct Limits {
  records: usize,
  bytes: usize,
}

enum Closing {
  Open,
  By(Instant),
}

struct Inner {
  // Dropped first: topics and the queue hold the client.
  lane: Mutex<Lane>,
  queue: Queue,
  sends: Mutex<SendTable>,
  limits: Limits,
  closing: Mutex<Closing>,
  /// Notified when `closing` or what is parked has changed.
  changed: Condvar,
  started: Instant,
  /// ms after `started` when JavaScript was asked to drain; 0 when it has since.
  ready_since: AtomicU64,
  bridge: Arc<Bridge>,
  pool: OnceLock<Arc<Pool>>,
}

impl Inner {
  fn client(&self) -> &Arc<Client> {
    self.queue.client()
  }

  fn send(&self, block: &[u8]) -> Result<(), Malformed> {
    // All groups of a send are known before the first record can report, else it could look finished too early.
    let mut rest = block;
    {
      let mut sends = lock(&self.sends);
      while let Some(group) = Group::next(&mut rest)? {
        sends.expect(&group);
      }
    }
    let mut rest = block;
    let mut lane = lock(&self.lane);
    let mut collected = Collected::default();
    while let Some(group) = Group::next(&mut rest)? {
      if self.collect(&mut lane, &mut collected, &group) {
        continue;
      }
      self.hand_over_collected(&mut lane, &mut collected);
      let room = if lane.parked.is_empty() { self.limits.records.saturating_sub(lane.queued_records) } else { 0 };
      if group.count > room && !self.may_park(&lane, &group) {
        // All or nothing: a group that was refused is not in the log.
        self.fail(&group, group.count, code::QUEUE_FULL);
        continue;
      }
      let taken = if lane.parked.is_empty() { self.hand_over(&mut lane, &group, 0) } else { 0 };
      if taken < group.count {
        lane.parked_records += group.count - taken;
        lane.parked_bytes += group.bytes.len();
        lane.parked.push_back(Parked { bytes: group.bytes.to_vec(), taken });
        self.changed.notify_one();
      }
    }
    self.hand_over_collected(&mut lane, &mut collected);
    drop(lane);
    self.post_receipts();
    Ok(())
  }

  /// Takes the usual case: a group that fits, and needs nothing but `rd_kafka_produce_batch`. Many small sends of a tick
  /// reach each partition with one call that way.
  fn collect<'a>(&self, lane: &mut Lane, collected: &mut Collected<'a>, group: &Group<'a>) -> bool {
    let fits = lane.parked.is_empty()
      && group.is_plain()
      && lane.queued_records + group.count <= self.limits.records
      && lane.queued_bytes + group.bytes.len() + group.count * RECORD_OVERHEAD <= self.limits.bytes
      && (group.topic as usize) < lane.topics.len();
    if !fits {
      return false;
    }
    let records = collected.of(group.topic, group.partition, &mut lane.spare);
    for record in group.records() {
      lane.queued_records += 1;
      lane.queued_bytes += weight(&record);
      records.push(&record);
    }
    true
  }

  fn hand_over_collected(&self, lane: &mut Lane, collected: &mut Collected<'_>) {
    for (topic, partition, mut records) in collected.0.drain(..) {
      let Lane { topics, spare, queued_records, queued_bytes, .. } = &mut *lane;
      topics[topic as usize].produce_batch(partition, &mut records, |refused| {
        // Refused for good (too large, no such partition), so it never reports.
        *queued_records -= 1;
        *queued_bytes -= refused.bytes + RECORD_OVERHEAD;
        lock(&self.sends).settle(refused.tag, refused.code, -1, 1);
      });
      // one large send must not keep its memory
      if records.capacity() <= SPARE_RECORDS {
        spare.push(records.recycle());
      }
    }
  }

  /// Whether a group may wait here. One that is larger than the bound may when it is the only one, else it never could.
  fn may_park(&self, lane: &Lane, group: &Group<'_>) -> bool {
    lane.parked.is_empty()
      || (lane.parked_records + group.count <= self.limits.records
        && lane.parked_bytes + group.bytes.len() <= self.limits.bytes)
  }

  /// Gives librdkafka as many records of the group as there is room for, from the one at `start` on; returns the index of
  /// the first one that found none.
  fn hand_over(&self, lane: &mut Lane, group: &Group<'_>, start: usize) -> usize {
    let Lane { topics, queued_records, queued_bytes, .. } = lane;
    let Some(topic) = topics.get(group.topic as usize) else {
      self.fail(group, group.count - start, code::INVALID_ARG);
      return group.count;
    };
    let (mut records, mut bytes) = (0, 0);
    let fitting = group.records().skip(start).take_while(|record| {
      // A record larger than all the room goes in when nothing else is there, else it never could.
      let size = weight(record);
      let fits = *queued_records + records < self.limits.records && *queued_bytes + bytes + size <= self.limits.bytes;
      if fits || *queued_records + records == 0 {
        (records, bytes) = (records + 1, bytes + size);
        return true;
      }
      false
    });
    let fitting: Vec<_> = fitting.collect();
    *queued_records += records;
    *queued_bytes += bytes;
    // Refused for good (too large, no such partition), so it never reports.
    let mut refused = |code, bytes| {
      *queued_records -= 1;
      *queued_bytes -= bytes;
      self.fail(group, 1, code);
    };
    if group.is_plain() {
      let mut plain = PlainRecords::default();
      fitting.iter().for_each(|record| plain.push(record));
      topic.produce_batch(group.partition, &mut plain, |record| refused(record.code, record.bytes + RECORD_OVERHEAD));
    } else {
      for record in &fitting {
        if let Err(error) = topic.produce(group.partition, record) {
          refused(error.code, weight(record));
        }
      }
    }
    start + records
  }

  fn fail(&self, group: &Group<'_>, records: usize, code: i32) {
    lock(&self.sends).settle(group.tag(), code, -1, records);
  }

  /// Hands over what is parked, oldest first, while there is room.
  fn unpark(&self) {
    let mut lane = lock(&self.lane);
    while let Some(mut parked) = lane.parked.pop_front() {
      let Ok(Some(group)) = Group::next(&mut &parked.bytes[..]) else { continue };
      let taken = self.hand_over(&mut lane, &group, parked.taken);
      lane.parked_records -= taken - parked.taken;
      if taken < group.count {
        parked.taken = taken;
        lane.parked.push_front(parked);
        return;
      }
      lane.parked_bytes -= parked.bytes.len();
    }
  }

  /// Fails what is parked: the handle closes.
  fn discard_parked(&self) {
    let mut lane = lock(&self.lane);
    for parked in std::mem::take(&mut lane.parked) {
      if let Ok(Some(group)) = Group::next(&mut &parked.bytes[..]) {
        self.fail(&group, group.count - parked.taken, code::PURGE_QUEUE);
      }
    }
    (lane.parked_records, lane.parked_bytes) = (0, 0);
  }

  fn post_receipts(&self) {
    let receipts = std::mem::take(&mut lock(&self.sends).receipts);
    if !receipts.is_empty() {
      self.bridge.post(ToJs::Receipts(receipts));
    }
  }

  /// Waits for events and takes those that are there, up to a limit; returns how many it took.
  fn take_events(&self, wait: Duration) -> usize {
    let mut wait = wait;
    for taken in 0..EVENTS_PER_BURST {
      let Some(event) = self.queue.poll_event(wait) else { return taken };
      wait = Duration::ZERO;
      if let Some(event) = event.client_event() {
        if let Some(event) = Event::of(event) {
          self.bridge.event(event);
        }
        continue;
      }
      let (mut records, mut bytes) = (0, 0);
      {
        let mut sends = lock(&self.sends);
        event.delivery_reports(|reports| {
          records += reports.records;
          bytes += reports.bytes + reports.records * RECORD_OVERHEAD;
          sends.report(reports);
        });
      }
      let mut lane = lock(&self.lane);
      lane.queued_records = lane.queued_records.saturating_sub(records);
      lane.queued_bytes = lane.queued_bytes.saturating_sub(bytes);
    }
    EVENTS_PER_BURST
  }

  fn is_idle(&self) -> bool {
    let lane = lock(&self.lane);
    lane.queued_records == 0 && lane.parked.is_empty()
  }

  /// Takes what is in the queue, on the JS thread; the finished sends are the answer.
  fn drain(&self) -> Vec<f64> {
    self.ready_since.store(0, Ordering::Release);
    if self.take_events(Duration::ZERO) == EVENTS_PER_BURST {
      // There may be more, and librdkafka only tells when the queue was empty.
      self.announce_ready();
    }
    if !lock(&self.lane).parked.is_empty() {
      self.unpark();
    }
    std::mem::take(&mut lock(&self.sends).receipts)
  }

  /// Asks JavaScript to drain the queue, once until it does.
  fn announce_ready(&self) {
    let now = self.started.elapsed().as_millis() as u64 + 1;
    if self.ready_since.compare_exchange(0, now, Ordering::AcqRel, Ordering::Acquire).is_ok() {
      self.bridge.post(ToJs::Ready);
    }
  }

  /// JavaScript was asked to drain a while ago: its thread is busy with something else.
  fn is_js_blocked(&self) -> bool {
    let since = self.ready_since.load(Ordering::Acquire);
    since != 0 && self.started.elapsed().as_millis() as u64 > since + BLOCKED_AFTER.as_millis() as u64
  }

  /// The handle's thread: stands in for a JavaScript thread that is blocked, and closes.
  fn run(self: Arc<Self>) {
    loop {
      let closing = lock(&self.closing);
      let deadline = match *closing {
        Closing::Open => None,
        Closing::By(deadline) => Some(deadline),
      };
      if deadline.is_some_and(|deadline| self.is_idle() || Instant::now() >= deadline) || self.bridge.is_abandoned() {
        break;
      }
      if deadline.is_some() {
        drop(closing);
        self.take_events(PARKED_WAIT);
        self.unpark();
      } else {
        let wait = if lock(&self.lane).parked.is_empty() { IDLE_WAIT } else { PARKED_WAIT };
        drop(self.changed.wait_timeout(closing, wait));
        if !self.is_js_blocked() {
          continue;
        }
        self.take_events(Duration::ZERO);
        self.unpark();
      }
      self.post_receipts();
    }
    self.discard_parked();
    if !self.is_idle() {
      self.client().purge();
      let deadline = Instant::now() + PURGE_WAIT;
      while !self.is_idle() && Instant::now() < deadline && !self.bridge.is_abandoned() {
        self.take_events(PARKED_WAIT);
      }
    }
    self.post_receipts();
    self.bridge.event(Event::Closed);
  }
}

fn weight(record: &ProduceRecord<'_>) -> usize {
  record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len) + RECORD_OVERHEAD
}

/// A producer handle of librdkafka. Made, used and closed on one JS thread.
#[napi]
pub struct NativeProducer {
  // Given up by `close`, so that the handle's own thread drops the last share: destroying a client blocks.
  inner: RefCell<Option<Arc<Inner>>>,
}

#[napi]
impl NativeProducer {
  /// `options` is the JSON text of `config.rs`'s `ProducerOptions`. Throws on a value that librdkafka refuses.
  #[napi(constructor)]
  pub fn new(
    env: Env,
    options: String,
    #[napi(ts_arg_type = "(kind: number, payload: any) => void")] callback: Callback<'_>,
  ) -> napi::Result<NativeProducer> {
    ffi::keep_openssl_alive_at_exit();
    let options: ProducerOptions =
      serde_json::from_str(&options).map_err(|error| napi::Error::from_reason(error.to_string()))?;
    let mut conf = configure(&options.client, producer_properties(&options))?;
    conf.set("queue.buffering.max.messages", &(options.queue_messages.saturating_add(QUEUE_MARGIN)).to_string())?;
    let bridge = Bridge::new(&env, &callback)?;
    let sink_bridge = Arc::clone(&bridge);
    let sink = Box::new(move |event| {
      if let Some(event) = Event::of(event) {
        sink_bridge.event(event);
      }
    });
    let client = Arc::new(Client::new(ClientKind::Producer, conf, sink)?);
    let inner = Arc::new(Inner {
      lane: Mutex::default(),
      queue: Queue::main(&client),
      sends: Mutex::default(),
      limits: Limits { records: options.queue_messages as usize, bytes: options.queue_kbytes as usize * 1024 },
      closing: Mutex::new(Closing::Open),
      changed: Condvar::new(),
      started: Instant::now(),
      ready_since: AtomicU64::new(0),
      bridge,
      pool: OnceLock::new(),
    });
    let for_queue = Arc::downgrade(&inner);
    inner.queue.when_ready(Box::new(move || {
      if let Some(inner) = for_queue.upgrade() {
        inner.announce_ready();
      }
    }));
    // What came before that made no call, and keeps later events from making one.
    inner.announce_ready();
    let for_thread = Arc::clone(&inner);
    std::thread::Builder::new().name("kafka-producer".into()).spawn(move || for_thread.run())?;
    Ok(NativeProducer { inner: RefCell::new(Some(inner)) })
  }

  fn with<T>(&self, call: impl FnOnce(&Arc<Inner>) -> napi::Result<T>) -> napi::Result<T> {
    match &*self.inner.borrow() {
      Some(inner) => call(inner),
      None => Err(napi::Error::from_reason("the producer is closed")),
    }
  }

  /// The id that stands for a topic in send blocks.
  #[napi]
  pub fn topic(&self, name: String) -> napi::Result<u32> {
    self.with(|inner| {
      let topic = Topic::new(inner.client(), &name)?;
      let topics = &mut lock(&inner.lane).topics;
      topics.push(topic);
      Ok(topics.len() as u32 - 1)
    })
  }

  /// Hands over the first `length` bytes of `block`: groups of records as `core/wire/sends.js` packs them. Never blocks.
  #[napi]
  pub fn send(&self, block: Uint8Array, length: u32) -> napi::Result<()> {
    self.with(|inner| {
      let block = block.get(..length as usize).ok_or_else(|| napi::Error::from_reason("length beyond the block"))?;
      inner.send(block).map_err(|Malformed| napi::Error::from_reason("malformed send block"))
    })
  }

  /// Takes what librdkafka has to tell, after a `ready`; returns finished sends, as in `ToJs::Receipts`.
  #[napi]
  pub fn drain(&self) -> Option<Float64Array> {
    let inner = self.inner.borrow();
    let receipts = inner.as_ref()?.drain();
    (!receipts.is_empty()).then(|| Float64Array::new(receipts))
  }

  /// Starts a request of the control plane (`control.rs`); its reply comes as an event with the same id.
  #[napi]
  pub fn request(&self, id: u32, request: String) -> napi::Result<()> {
    self.with(|inner| requests::start(id, &request, inner.client(), &inner.bridge, &inner.pool))
  }

  /// Delivers what was sent, for at most `timeout` ms, fails the rest, and ends. The `closed` event is the last one.
  #[napi]
  pub fn close(&self, timeout: u32) {
    if let Some(inner) = self.inner.take() {
      inner.bridge.start_closing();
      *lock(&inner.closing) = Closing::By(Instant::now() + Duration::from_millis(timeout.into()));
      inner.changed.notify_one();
    }
  }
}

impl Drop for NativeProducer {
  fn drop(&mut self) {
    // Collected without `close`: nobody can receive anything any more, and the thread does the rest.
    if let Some(inner) = self.inner.take() {
      inner.bridge.abandon();
      inner.changed.notify_one();
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  fn report(send: u32, group: u32, code: i32, offset: i64) -> DeliveryReports {
    reports(send, group, code, offset, 1)
  }

  fn reports(send: u32, group: u32, code: i32, offset: i64, records: usize) -> DeliveryReports {
    DeliveryReports::for_test(u64::from(send) << 32 | u64::from(group), code, offset, records)
  }

  fn table(groups: &[(u32, usize)]) -> SendTable {
    let mut table = SendTable::default();
    for &(send, count) in groups {
      table.expect(&Group::for_test(send, count));
    }
    table
  }

  #[test]
  fn a_receipt_comes_when_every_record_of_the_send_has_reported() {
    let mut table = table(&[(3, 2), (3, 1)]);
    table.report(&report(3, 0, 0, 11));
    table.report(&report(3, 1, 0, 40));
    assert!(table.receipts.is_empty());
    table.report(&report(3, 0, 0, 10));
    assert_eq!(table.receipts, [3.0, 10.0, 0.0, 40.0, 0.0]);
  }

  #[test]
  fn records_that_report_together_count_one_by_one() {
    let mut table = table(&[(3, 5)]);
    table.report(&reports(3, 0, 0, 11, 3));
    assert!(table.receipts.is_empty());
    table.report(&reports(3, 0, 0, 14, 2));
    assert_eq!(table.receipts, [3.0, 11.0, 0.0]);
  }

  #[test]
  fn an_error_stays_with_its_group() {
    let mut table = table(&[(1, 2), (1, 1)]);
    table.report(&report(1, 0, 0, 5));
    table.report(&report(1, 0, 6, -1));
    table.report(&report(1, 1, 0, 7));
    assert_eq!(table.receipts, [1.0, 5.0, 6.0, 7.0, 0.0]);
  }

  #[test]
  fn an_id_is_free_again_after_its_receipt() {
    let mut table = table(&[(1, 1)]);
    table.report(&report(1, 0, 0, 5));
    table.expect(&Group::for_test(1, 1));
    table.report(&report(1, 0, 0, 6));
    assert_eq!(table.receipts, [1.0, 5.0, 0.0, 1.0, 6.0, 0.0]);
  }

  #[test]
  fn reports_that_nobody_waits_for_are_ignored() {
    let mut table = table(&[(1, 1)]);
    table.report(&report(9, 0, 0, 5));
    table.report(&report(0, 0, 0, 5));
    assert!(table.receipts.is_empty());
  }
}
