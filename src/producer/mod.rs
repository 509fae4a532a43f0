//! A producer handle: sends come in as packed blocks on the JS thread, reports go out folded per send.
//!
//! `send` hands records to librdkafka at once, on the JS thread, which never blocks. When librdkafka has delivery
//! reports, it wakes the JS thread, which takes them and folds them into one report per send (`drain`). Each handle
//! has one thread: it does the same while the JS thread is blocked, works off the backlog, and closes.
//! A `KafkaClient` without a producer uses such a handle too, for metadata.
//! A batch that a broker refuses because of some of its records is taken apart in C (`src/ffi/shims/refused_batch.c`).

mod queue;
mod reports;

use crate::bridge::{Bridge, Event, ToJs};
use crate::config::{configure, producer_properties, ProducerOptions};
use crate::error::{code, KafkaError};
use crate::ffi::{Client, ClientKind, Queue, Topic};
use crate::requests::Pool;
use crate::sync::lock;
use crate::wire::sends::{Malformed, ProduceBatch};
use queue::{Limits, SendQueue, RECORD_OVERHEAD};
use reports::SendTable;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How often the thread checks whether JavaScript is blocked, without a backlog.
const IDLE_WAIT: Duration = Duration::from_millis(1000);
/// How often it checks while there is a backlog, and how long it waits for a report while it closes.
const BACKLOG_WAIT: Duration = Duration::from_millis(20);
/// JavaScript counts as blocked when it has not drained the queue for this long after it was asked to.
const BLOCKED_AFTER: Duration = Duration::from_millis(50);
/// Delivery-report events folded before a crossing: bounds how long a finished send waits for its report.
const EVENTS_PER_BURST: usize = 64;
/// How long purged records may take to report.
const PURGE_WAIT: Duration = Duration::from_millis(500);
/// librdkafka's queue is made this much larger than our own limit, so that it never refuses a record by itself: after a
/// refusal it may take the next one, which would change the order.
const QUEUE_MARGIN: u32 = 1_000;

enum Closing {
  Open,
  By(Instant),
}

/// Asks JavaScript to drain the queue. It is owned by the queue's callback, which is called under the queue's lock, so
/// it must not own the queue, whose drop takes that lock.
struct ReadySignal {
  bridge: Arc<Bridge>,
  started: Instant,
  /// ms after `started` when JavaScript was asked; 0 when it has drained since.
  since: AtomicU64,
}

impl ReadySignal {
  /// Once until JavaScript drains.
  fn announce(&self) {
    let now = self.started.elapsed().as_millis() as u64 + 1;
    if self.since.compare_exchange(0, now, Ordering::AcqRel, Ordering::Acquire).is_ok() {
      self.bridge.post(ToJs::Ready);
    }
  }

  /// JavaScript was asked a while ago, so its thread must be busy with something else.
  fn is_unheard(&self) -> bool {
    let since = self.since.load(Ordering::Acquire);
    since != 0 && self.started.elapsed().as_millis() as u64 > since + BLOCKED_AFTER.as_millis() as u64
  }
}

/// What the JS thread and the handle's own share.
pub struct Producer {
  // Dropped first: topics and the queue hold the client.
  send_queue: Mutex<SendQueue>,
  queue: Queue,
  sends: Mutex<SendTable>,
  closing: Mutex<Closing>,
  /// Notified when `closing` has changed, or there is a backlog.
  changed: Condvar,
  ready: Arc<ReadySignal>,
  pub bridge: Arc<Bridge>,
  pub pool: OnceLock<Arc<Pool>>,
  /// Makes the thread panic.
  #[cfg(test)]
  fails: std::sync::atomic::AtomicBool,
}

impl Producer {
  /// Makes the client and starts the handle's thread.
  pub fn start(options: &ProducerOptions, bridge: Arc<Bridge>) -> napi::Result<Arc<Producer>> {
    let mut conf = configure(&options.client, producer_properties(options))?;
    conf.set("queue.buffering.max.messages", &(options.queue_messages.saturating_add(QUEUE_MARGIN)).to_string())?;
    let sink_bridge = Arc::clone(&bridge);
    let sink = Box::new(move |event| {
      if let Some(event) = Event::of(event) {
        sink_bridge.event(event);
      }
    });
    let client = Arc::new(Client::new(ClientKind::Producer, conf, sink)?);
    let limits = Limits { records: options.queue_messages as usize, bytes: options.queue_kbytes as usize * 1024 };
    let ready =
      Arc::new(ReadySignal { bridge: Arc::clone(&bridge), started: Instant::now(), since: AtomicU64::new(0) });
    let producer = Arc::new(Producer {
      send_queue: Mutex::new(SendQueue::new(limits)),
      queue: Queue::main(&client),
      sends: Mutex::default(),
      closing: Mutex::new(Closing::Open),
      changed: Condvar::new(),
      ready: Arc::clone(&ready),
      bridge,
      pool: OnceLock::new(),
      #[cfg(test)]
      fails: std::sync::atomic::AtomicBool::new(false),
    });
    producer.queue.when_ready(Box::new(move || ready.announce()));
    // What came before that made no call, and keeps later events from making one.
    producer.ready.announce();
    let for_thread = Arc::clone(&producer);
    std::thread::Builder::new().name("kafka-producer".into()).spawn(move || for_thread.run_to_the_end())?;
    Ok(producer)
  }

  pub fn client(&self) -> &Arc<Client> {
    self.queue.client()
  }

  /// The id that stands for a topic in send blocks.
  pub fn topic(&self, name: &str) -> Result<u32, KafkaError> {
    let topic = Topic::new(self.client(), name)?;
    Ok(lock(&self.send_queue).add_topic(topic))
  }

  pub fn send(&self, block: &[u8]) -> Result<(), Malformed> {
    // All batches of a send are known before the first record can report, or it could look finished too early.
    let mut rest = block;
    {
      let mut sends = lock(&self.sends);
      while let Some(batch) = ProduceBatch::next(&mut rest)? {
        sends.expect(&batch);
      }
    }
    let has_backlog = {
      let mut send_queue = lock(&self.send_queue);
      send_queue.send(block, &self.sends)?;
      send_queue.has_backlog()
    };
    if has_backlog {
      self.changed.notify_one();
    }
    self.post_reports();
    Ok(())
  }

  fn work_off_backlog(&self) {
    let mut send_queue = lock(&self.send_queue);
    if send_queue.has_backlog() {
      send_queue.work_off_backlog(&self.sends);
    }
  }

  fn post_reports(&self) {
    let reports = lock(&self.sends).take_finished();
    if !reports.is_empty() {
      self.bridge.post(ToJs::Reports(reports));
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
      lock(&self.send_queue).reported(records, bytes);
    }
    EVENTS_PER_BURST
  }

  fn is_idle(&self) -> bool {
    lock(&self.send_queue).is_idle()
  }

  /// Takes what is in the queue, on the JS thread; the finished sends are the answer.
  pub fn drain(&self) -> Vec<f64> {
    self.ready.since.store(0, Ordering::Release);
    if self.take_events(Duration::ZERO) == EVENTS_PER_BURST {
      // There may be more, and librdkafka only calls back when the queue was empty.
      self.ready.announce();
    }
    self.work_off_backlog();
    lock(&self.sends).take_finished()
  }

  /// Delivers what was sent, for at most `timeout`, fails the rest, and ends.
  pub fn close(&self, timeout: Duration) {
    self.bridge.start_closing();
    *lock(&self.closing) = Closing::By(Instant::now() + timeout);
    self.changed.notify_one();
  }

  /// Nobody can receive anything any more; the thread does the rest.
  pub fn abandon(&self) {
    self.bridge.abandon();
    self.changed.notify_one();
  }

  /// The whole life of the handle's thread. A panic ends the handle, and nothing else.
  fn run_to_the_end(self: Arc<Self>) {
    if catch_unwind(AssertUnwindSafe(|| self.run())).is_err() {
      let text = "the producer's thread failed; its handle is closed, make a new client".into();
      self.bridge.event(Event::error(KafkaError { fatal: true, ..KafkaError::with_text(code::FAIL, text) }));
      self.bridge.start_closing();
    }
    self.bridge.event(Event::Closed);
    // Until JavaScript has closed its end it holds a share of the client, which must not be dropped there.
    let mut closing = lock(&self.closing);
    while matches!(*closing, Closing::Open) && !self.bridge.is_abandoned() {
      closing = self.changed.wait_timeout(closing, IDLE_WAIT).unwrap_or_else(std::sync::PoisonError::into_inner).0;
    }
  }

  /// Stands in for a JavaScript thread that is blocked, until the handle closes.
  fn run(&self) {
    loop {
      let closing = lock(&self.closing);
      let deadline = match *closing {
        Closing::Open => None,
        Closing::By(deadline) => Some(deadline),
      };
      if deadline.is_some_and(|deadline| self.is_idle() || Instant::now() >= deadline) || self.bridge.is_abandoned() {
        break;
      }
      #[cfg(test)]
      assert!(!self.fails.load(Ordering::Acquire), "provoked by a test");
      if deadline.is_some() {
        drop(closing);
        self.take_events(BACKLOG_WAIT);
      } else {
        let wait = if lock(&self.send_queue).has_backlog() { BACKLOG_WAIT } else { IDLE_WAIT };
        drop(self.changed.wait_timeout(closing, wait));
        if !self.ready.is_unheard() {
          continue;
        }
        self.take_events(Duration::ZERO);
      }
      self.work_off_backlog();
      self.post_reports();
    }
    lock(&self.send_queue).fail_backlog(&self.sends);
    if !self.is_idle() {
      self.client().purge();
      let deadline = Instant::now() + PURGE_WAIT;
      while !self.is_idle() && Instant::now() < deadline && !self.bridge.is_abandoned() {
        self.take_events(BACKLOG_WAIT);
      }
    }
    self.post_reports();
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use serde_json::{json, Value};

  fn wait_until(check: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !check() {
      assert!(Instant::now() < deadline, "it did not happen");
      std::thread::sleep(Duration::from_millis(1));
    }
  }

  #[test]
  fn a_thread_that_panics_says_so_closes_its_handle_and_gives_up_the_client() {
    let options = json!({ "brokers": "127.0.0.1:1", "clientId": "c", "connectTimeout": 10000, "requestTimeout": 30000,
      "idleConnection": 300000, "acks": 1, "codec": "none", "queueMessages": 1000, "queueKbytes": 1024 });
    let options = serde_json::from_value(options).unwrap();
    let bridge = Bridge::for_test();
    let producer = Producer::start(&options, Arc::clone(&bridge)).unwrap();
    producer.fails.store(true, Ordering::Release);
    let texts =
      || lock(&bridge.events).iter().map(|text| serde_json::from_str::<Value>(text).unwrap()).collect::<Vec<_>>();
    wait_until(|| texts().iter().any(|event| event["type"] == "closed"));
    let fatal = texts().into_iter().filter(|event| event["error"]["fatal"] == true).collect::<Vec<_>>();
    assert_eq!(fatal.len(), 1);
    assert_eq!(fatal[0]["error"]["message"], "the producer's thread failed; its handle is closed, make a new client");
    // Connections of librdkafka's, which lives on until JavaScript lets go, may still change afterwards.
    let told: Vec<_> = texts().into_iter().filter(|event| event["type"] != "broker").collect();
    assert_eq!(told.last().unwrap()["type"], "closed");
    assert!(bridge.is_closing());

    // The thread waits for JavaScript, which must not drop the last share of the client.
    assert_eq!(Arc::strong_count(&producer), 2);
    producer.close(Duration::ZERO);
    wait_until(|| Arc::strong_count(&producer) == 1);
  }
}
