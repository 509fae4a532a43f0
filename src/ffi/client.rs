use super::assignor::{Assignor, AssignorCallbacks, OfferedAssignors};
use super::conf::{on_committed, Receiver};
use super::{c_string, codes, string_from, sys, take_error, Conf, EventSink, PartitionList, Queue, Reason};
use crate::ffi::error::KafkaError;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
  Producer,
  Consumer,
}

/// How the group of a member moves partitions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RebalanceProtocol {
  /// There is no group, or it has not been joined.
  None,
  /// All partitions are taken and given anew.
  Eager,
  /// Only what moves is taken or given.
  Cooperative,
}

/// Owner of a client instance (`rd_kafka_t`).
///
/// Dropping it joins librdkafka's threads, which can take a while: never drop the last reference on the JS thread.
pub struct Client {
  raw: *mut sys::rd_kafka_t,
  // Used by librdkafka's callbacks until `raw` is destroyed, hence boxed for a stable address and dropped after it.
  receiver: *mut Receiver,
  // Used by librdkafka's callbacks too: fields are dropped after `drop` has destroyed `raw`.
  assignors: Option<OfferedAssignors>,
}

// SAFETY: librdkafka's client functions are thread-safe; the receiver is Send + Sync and only ever shared by reference.
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

/// librdkafka takes milliseconds as an int; -1 would mean forever, which none of our callers wants.
fn millis(timeout: Duration) -> i32 {
  i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
}

fn code_to_result(code: c_int) -> Result<(), KafkaError> {
  match code {
    0 => Ok(()),
    code => Err(KafkaError::new(code)),
  }
}

impl Client {
  pub fn new(kind: ClientKind, mut conf: Conf, sink: EventSink) -> Result<Client, KafkaError> {
    let receiver = Box::into_raw(Box::new(Receiver { sink, reports_requests: AtomicBool::new(false) }));
    conf.attach(receiver, kind == ClientKind::Consumer);
    let raw_kind = match kind {
      ClientKind::Producer => sys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
      ClientKind::Consumer => sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
    };
    let mut reason = Reason::new();
    let (text, size) = reason.buffer();
    let conf = conf.into_raw();
    // SAFETY: on success librdkafka owns `conf`; on failure it stays ours and is destroyed below.
    let raw = unsafe { sys::rd_kafka_new(raw_kind, conf, text, size) };
    if raw.is_null() {
      // SAFETY: `conf` and `receiver` are still ours, and nothing else knows them now.
      unsafe {
        sys::rd_kafka_conf_destroy(conf);
        drop(Box::from_raw(receiver));
      }
      return Err(KafkaError::invalid_config(reason.read()));
    }
    // SAFETY: `raw` is live. Log lines go to the main queue, which a consumer's queue takes over.
    unsafe {
      sys::rd_kafka_set_log_queue(raw, std::ptr::null_mut());
      if kind == ClientKind::Consumer {
        sys::rd_kafka_poll_set_consumer(raw);
      }
    }
    Ok(Client { raw, receiver, assignors: None })
  }

  /// A consumer that offers exactly these assignors to its group, in order of preference.
  pub fn new_member(
    conf: Conf,
    sink: EventSink,
    assignors: &[Assignor],
    callbacks: Box<dyn AssignorCallbacks>,
  ) -> Result<Client, KafkaError> {
    let mut client = Client::new(ClientKind::Consumer, conf, sink)?;
    // SAFETY: `raw` is live and has not subscribed, as nobody else knows it; `drop` destroys it before the assignors.
    client.assignors = Some(unsafe { OfferedAssignors::offer(client.raw.cast(), assignors, callbacks) }?);
    Ok(client)
  }

  pub(super) fn raw(&self) -> *mut sys::rd_kafka_t {
    self.raw
  }

  /// Further brokers to begin with, as `host:port` list; those that are known already do no harm.
  pub fn add_brokers(&self, brokers: &str) {
    let brokers = c_string(brokers);
    // SAFETY: `raw` is live, the text NUL-terminated and copied.
    unsafe { sys::rd_kafka_brokers_add(self.raw, brokers.as_ptr()) };
  }

  /// Whether each answer of a broker is told as `ClientEvent::Answered`.
  pub fn report_requests(&self, on: bool) {
    // SAFETY: the receiver is live as long as `self`.
    unsafe { &*self.receiver }.reports_requests.store(on, Ordering::Relaxed);
  }

  /// Gives up everything queued and in flight; their delivery reports come with `_PURGE_QUEUE` or `_PURGE_INFLIGHT`.
  pub fn purge(&self) {
    // SAFETY: `raw` is live.
    unsafe { sys::rd_kafka_purge(self.raw, sys::RD_KAFKA_PURGE_F_QUEUE | sys::RD_KAFKA_PURGE_F_INFLIGHT) };
  }

  /// Joins the group. The names have been validated: librdkafka treats one that starts with `^` as a pattern.
  pub fn subscribe(&self, topics: &[String]) -> Result<(), KafkaError> {
    let mut list = PartitionList::new();
    for topic in topics {
      list.add(topic, -1, sys::RD_KAFKA_OFFSET_INVALID as i64, None);
    }
    // SAFETY: both are live; librdkafka copies the list.
    code_to_result(unsafe { codes::subscribe(self.raw, list.raw()) })
  }

  /// Leaves the group; a revocation comes first if there is anything to give back.
  pub fn unsubscribe(&self) -> Result<(), KafkaError> {
    // SAFETY: `raw` is live.
    code_to_result(unsafe { codes::unsubscribe(self.raw) })
  }

  /// Starts fetching exactly these partitions, from the offsets in the list.
  pub fn assign(&self, partitions: &PartitionList) -> Result<(), KafkaError> {
    // SAFETY: both are live; librdkafka copies the list.
    let result = code_to_result(unsafe { codes::assign(self.raw, partitions.raw()) });
    self.wait_for_stops();
    self.wake_brokers();
    result
  }

  /// Stops fetching everything.
  pub fn unassign(&self) -> Result<(), KafkaError> {
    // SAFETY: `raw` is live; a null list is librdkafka's way of saying "nothing".
    code_to_result(unsafe { codes::assign(self.raw, std::ptr::null()) })
  }

  /// Starts fetching these partitions too, from the offsets in the list.
  pub fn incremental_assign(&self, partitions: &PartitionList) -> Result<(), KafkaError> {
    // SAFETY: both are live; librdkafka copies the list, and an error object becomes ours.
    let result = unsafe { take_error(sys::rd_kafka_incremental_assign(self.raw, partitions.raw())) };
    self.wait_for_stops();
    self.wake_brokers();
    result
  }

  /// Stops fetching these partitions.
  pub fn incremental_unassign(&self, partitions: &PartitionList) -> Result<(), KafkaError> {
    // SAFETY: as for `incremental_assign`.
    let result = unsafe { take_error(sys::rd_kafka_incremental_unassign(self.raw, partitions.raw())) };
    // What stays was paused during the rebalance; librdkafka's main thread has resumed it when it has answered this.
    self.member_id();
    self.wake_brokers();
    result
  }

  /// The brokers' threads look at once at what is to be fetched.
  fn wake_brokers(&self) {
    extern "C" {
      fn kafka_node_wake_brokers(client: *mut sys::rd_kafka_t);
    }
    // SAFETY: `raw` is live.
    unsafe { kafka_node_wake_brokers(self.raw) }
  }

  /// Moves partitions that are being fetched to the offsets in the list. An error when one of them cannot be moved.
  pub fn seek(&self, partitions: &PartitionList, timeout: Duration) -> Result<(), KafkaError> {
    // SAFETY: both are live; librdkafka fills in the list's errors, and an error object becomes ours.
    unsafe { take_error(sys::rd_kafka_seek_partitions(self.raw, partitions.raw(), millis(timeout))) }?;
    match partitions.to_vec().iter().find(|partition| partition.error != 0) {
      Some(failed) => Err(KafkaError::new(failed.error)),
      None => Ok(()),
    }
  }

  /// The protocol in use; waits for librdkafka's main thread.
  pub fn rebalance_protocol(&self) -> RebalanceProtocol {
    // SAFETY: `raw` is live; the result is null or a static string.
    match unsafe { string_from(sys::rd_kafka_rebalance_protocol(self.raw)) }.as_str() {
      "EAGER" => RebalanceProtocol::Eager,
      "COOPERATIVE" => RebalanceProtocol::Cooperative,
      _ => RebalanceProtocol::None,
    }
  }

  /// Waits until the partitions of the former assignment have stopped. librdkafka aborts the process if a partition is
  /// taken out of an assignment again while it is stopping (`rktp->rktp_started` in rdkafka_assignment.c).
  ///
  /// Stopping takes two steps of librdkafka's main thread: the partition stops, then the assignment hears of it. Its
  /// queue is in order, so of two requests to it each is answered after one of these steps. Not to be called once the
  /// consumer is closing: such requests would never be answered.
  fn wait_for_stops(&self) {
    for _ in 0..2 {
      self.member_id();
    }
  }

  /// True when the group took the partitions away without asking (session lost): a commit would be refused.
  pub fn assignment_lost(&self) -> bool {
    // SAFETY: `raw` is live.
    unsafe { sys::rd_kafka_assignment_lost(self.raw) != 0 }
  }

  /// Pauses or resumes fetching. Pausing also drops what was fetched ahead.
  pub fn set_paused(&self, partitions: &PartitionList, paused: bool) {
    // SAFETY: both are live. Per-partition errors (no longer assigned) need no action.
    unsafe {
      if paused {
        sys::rd_kafka_pause_partitions(self.raw, partitions.raw());
      } else {
        sys::rd_kafka_resume_partitions(self.raw, partitions.raw());
      }
    }
    if !paused {
      self.wake_brokers();
    }
  }

  /// Starts a commit; the answer is a `ClientEvent::Committed` with this id, delivered while `queue` is polled.
  pub fn commit(&self, partitions: &PartitionList, queue: &Queue, id: u32) -> Result<(), KafkaError> {
    // SAFETY: all are live; the list is copied, the id travels as an opaque value and is never dereferenced.
    code_to_result(unsafe {
      codes::commit_queue(self.raw, partitions.raw(), queue.raw(), on_committed, id as usize as *mut c_void)
    })
  }

  /// Fills in the group's committed offsets; blocks up to `timeout`.
  pub fn committed(&self, partitions: &PartitionList, timeout: Duration) -> Result<(), KafkaError> {
    // SAFETY: both are live.
    code_to_result(unsafe { codes::committed(self.raw, partitions.raw(), millis(timeout)) })
  }

  /// Replaces each offset, taken as a timestamp in ms, by the offset of the first record that is not older; blocks up
  /// to `timeout`. -1 asks for the end, -2 for the beginning (Kafka protocol, ListOffsets).
  pub fn offsets_for_times(&self, partitions: &PartitionList, timeout: Duration) -> Result<(), KafkaError> {
    // SAFETY: both are live.
    code_to_result(unsafe { codes::offsets_for_times(self.raw, partitions.raw(), millis(timeout)) })
  }

  /// The partition's high watermark as last seen in a fetch answer; never asks the broker.
  pub fn high_watermark(&self, topic: &std::ffi::CStr, partition: i32) -> i64 {
    let (mut low, mut high) = (0, 0);
    // SAFETY: `raw` is live, `topic` NUL-terminated, the outputs are ours.
    unsafe { sys::rd_kafka_get_watermark_offsets(self.raw, topic.as_ptr(), partition, &mut low, &mut high) };
    high
  }

  /// This member's id in its group; empty before the first join.
  pub fn member_id(&self) -> String {
    // SAFETY: `raw` is live; the returned string is ours to free with librdkafka's allocator.
    unsafe {
      let id = sys::rd_kafka_memberid(self.raw);
      let text = string_from(id);
      if !id.is_null() {
        sys::rd_kafka_mem_free(self.raw, id.cast());
      }
      text
    }
  }

  /// The group's generation; -1 before the first join.
  pub fn generation_id(&self) -> i32 {
    // SAFETY: `raw` is live; the metadata object is ours and destroyed after its last use.
    unsafe {
      let group = sys::rd_kafka_consumer_group_metadata(self.raw);
      if group.is_null() {
        return -1;
      }
      let generation = sys::rd_kafka_consumer_group_metadata_generation_id(group);
      sys::rd_kafka_consumer_group_metadata_destroy(group);
      generation
    }
  }

  /// The id of the controller as last seen in metadata; if none was seen, waits up to `timeout`. -1 if unknown.
  pub fn controller_id(&self, timeout: Duration) -> i32 {
    // SAFETY: `raw` is live.
    unsafe { sys::rd_kafka_controllerid(self.raw, millis(timeout)) }
  }

  /// The cluster's id, if a broker has told it; waits for that as long as `timeout`.
  pub fn cluster_id(&self, timeout: Duration) -> Option<String> {
    // SAFETY: `raw` is live; the text is ours, to be freed by librdkafka.
    unsafe {
      let text = sys::rd_kafka_clusterid(self.raw, millis(timeout));
      if text.is_null() {
        return None;
      }
      let id = string_from(text);
      sys::rd_kafka_mem_free(self.raw, text.cast());
      Some(id)
    }
  }

  /// Whether a connected broker knows requests of this key (Kafka protocol, API keys) in this version or a later one;
  /// `None` while none is connected.
  pub fn supports(&self, api_key: i32, version: i32) -> Option<bool> {
    extern "C" {
      fn kafka_node_supports(client: *mut sys::rd_kafka_t, api_key: c_int, version: c_int) -> c_int;
    }
    // SAFETY: `raw` is live.
    match unsafe { kafka_node_supports(self.raw, api_key, version) } {
      supports if supports < 0 => None,
      supports => Some(supports != 0),
    }
  }

  /// True while any broker is connected.
  pub fn is_connected(&self) -> bool {
    extern "C" {
      fn kafka_node_is_connected(client: *mut sys::rd_kafka_t) -> c_int;
    }
    // SAFETY: `raw` is live.
    unsafe { kafka_node_is_connected(self.raw) != 0 }
  }

  /// Makes a client without connections connect to any broker; never blocks.
  pub fn connect(&self) {
    let mut answer: *const sys::rd_kafka_metadata = std::ptr::null();
    // SAFETY: `raw` is live. Without a connection the call fails at once; an answer would be ours to give back.
    unsafe {
      sys::rd_kafka_metadata(self.raw, 0, std::ptr::null_mut(), &mut answer, 0);
      if !answer.is_null() {
        sys::rd_kafka_metadata_destroy(answer);
      }
    }
  }

  /// Starts closing a consumer: the rest happens while `queue` is polled, until `consumer_closed`.
  pub fn start_consumer_close(&self, queue: &Queue) -> Result<(), KafkaError> {
    // SAFETY: both are live; the error object, if any, becomes ours.
    unsafe { take_error(sys::rd_kafka_consumer_close_queue(self.raw, queue.raw())) }
  }

  /// Answers the commits of a closing consumer with an error that no broker has answered, and waits no longer for an answer
  /// to the request to leave: librdkafka does not end before. Never blocks.
  pub fn give_up_group(&self) {
    extern "C" {
      fn kafka_node_give_up_group(client: *mut sys::rd_kafka_t);
    }
    // SAFETY: `raw` is live.
    unsafe { kafka_node_give_up_group(self.raw) };
  }

  pub fn consumer_closed(&self) -> bool {
    // SAFETY: `raw` is live.
    unsafe { sys::rd_kafka_consumer_closed(self.raw) != 0 }
  }
}

impl Drop for Client {
  fn drop(&mut self) {
    let owned = Destroyed { raw: self.raw, receiver: self.receiver, _assignors: self.assignors.take() };
    // A pool's thread has other clients to serve.
    if crate::sync::is_pool_thread() {
      // A closure that is not run is dropped with what it holds: if there is no thread, it happens here.
      drop(std::thread::Builder::new().name("kafka-destroy".into()).spawn(move || drop(owned)));
    }
  }
}

/// What is left of a client: dropping it destroys the client and what librdkafka's callbacks use.
struct Destroyed {
  raw: *mut sys::rd_kafka_t,
  receiver: *mut Receiver,
  _assignors: Option<OfferedAssignors>,
}

// SAFETY: as for `Client`.
unsafe impl Send for Destroyed {}

impl Drop for Destroyed {
  fn drop(&mut self) {
    // SAFETY: last reference. Queues, topics and messages hold an `Arc<Client>`, so none is left that librdkafka would
    // wait for. The flag skips the blocking consumer close: the consumer thread has done or given up that step before.
    // The receiver is freed only after librdkafka's last callback.
    unsafe {
      sys::rd_kafka_destroy_flags(self.raw, sys::RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
      drop(Box::from_raw(self.receiver));
    }
  }
}
