//! The ceiling: librdkafka itself, without Node, in the ways that the addon uses it.
//!
//! `raw consume BROKERS TOPIC RECORDS` reads a topic from its beginning with `rd_kafka_consume_batch_queue`.
//! `raw produce BROKERS TOPIC RECORDS SIZE` writes with `rd_kafka_produce_batch`, 100 records a call, acks 1 and one request
//! in flight, over all partitions in turn. Either prints one line of JSON.

use rdkafka_sys::bindings as sys;
use std::ffi::{c_char, CString};
use std::time::{Duration, Instant};

const BATCH: usize = 1000;
const RECORDS_PER_CALL: usize = 100;

fn main() {
  let arguments: Vec<String> = std::env::args().skip(1).collect();
  let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
  let line = match texts[..] {
    ["consume", brokers, topic, records] => consume(brokers, topic, number(records)),
    ["produce", brokers, topic, records, size] => produce(brokers, topic, number(records), number(size)),
    _ => "usage: raw consume BROKERS TOPIC RECORDS | raw produce BROKERS TOPIC RECORDS SIZE".to_owned(),
  };
  use std::io::Write;
  writeln!(std::io::stdout(), "{line}").expect("stdout is there");
}

fn number(text: &str) -> usize {
  text.parse().expect("a number")
}

fn c(text: &str) -> CString {
  CString::new(text).expect("no NUL")
}

/// Processor time of the whole process, user and system.
fn processor_time() -> Duration {
  let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
  let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in brackets").split_whitespace().collect();
  let ticks: u64 = fields[11].parse::<u64>().expect("utime") + fields[12].parse::<u64>().expect("stime");
  Duration::from_millis(ticks * 10)
}

fn report(records: usize, started: Instant, processor: Duration) -> String {
  let seconds = started.elapsed().as_secs_f64();
  let cpu = (processor_time() - processor).as_secs_f64();
  serde_json::json!({
    "records": records, "seconds": seconds, "recordsPerSecond": (records as f64 / seconds).round(),
    "cpuMicrosPerRecord": cpu * 1e6 / records as f64,
  })
  .to_string()
}

fn client(kind: sys::rd_kafka_type_t, settings: &[(&str, &str)]) -> *mut sys::rd_kafka_t {
  let mut text = [0 as c_char; 512];
  // SAFETY: the configuration is live until rd_kafka_new takes it; texts are NUL-terminated and sizes true.
  unsafe {
    let conf = sys::rd_kafka_conf_new();
    for (name, value) in settings {
      let result = sys::rd_kafka_conf_set(conf, c(name).as_ptr(), c(value).as_ptr(), text.as_mut_ptr(), text.len());
      assert_eq!(result as i32, 0, "{name}={value}");
    }
    if kind == sys::rd_kafka_type_t::RD_KAFKA_PRODUCER {
      sys::rd_kafka_conf_set_events(conf, sys::RD_KAFKA_EVENT_DR);
    }
    let client = sys::rd_kafka_new(kind, conf, text.as_mut_ptr(), text.len());
    assert!(!client.is_null());
    client
  }
}

fn partitions(client: *mut sys::rd_kafka_t, topic: &str) -> i32 {
  let mut answer: *const sys::rd_kafka_metadata = std::ptr::null();
  // SAFETY: live client; the answer is ours until destroyed.
  unsafe {
    let handle = sys::rd_kafka_topic_new(client, c(topic).as_ptr(), std::ptr::null_mut());
    assert_eq!(sys::rd_kafka_metadata(client, 0, handle, &mut answer, 10_000) as i32, 0);
    let count = (*(*answer).topics).partition_cnt;
    sys::rd_kafka_metadata_destroy(answer);
    sys::rd_kafka_topic_destroy(handle);
    count
  }
}

fn consume(brokers: &str, topic: &str, records: usize) -> String {
  let client = client(
    sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
    &[
      ("bootstrap.servers", brokers),
      ("group.id", "raw"),
      ("enable.auto.commit", "false"),
      ("fetch.wait.max.ms", "100"),
      ("fetch.queue.backoff.ms", "10"),
      ("queued.max.messages.kbytes", "16384"),
      ("fetch.max.bytes", "16777216"),
    ],
  );
  // SAFETY: every object is live until the process ends; messages are destroyed once, after their last use.
  unsafe {
    sys::rd_kafka_poll_set_consumer(client);
    let queue = sys::rd_kafka_queue_get_consumer(client);
    let list = sys::rd_kafka_topic_partition_list_new(1);
    for partition in 0..partitions(client, topic) {
      (*sys::rd_kafka_topic_partition_list_add(list, c(topic).as_ptr(), partition)).offset = -2;
    }
    let (started, processor) = (Instant::now(), processor_time());
    sys::rd_kafka_assign(client, list);
    let mut batch = vec![std::ptr::null_mut(); BATCH];
    let (mut count, mut bytes) = (0, 0);
    while count < records {
      let taken = sys::rd_kafka_consume_batch_queue(queue, 100, batch.as_mut_ptr(), batch.len());
      for &message in &batch[..taken.max(0) as usize] {
        if (*message).err as i32 == 0 {
          count += 1;
          bytes += (*message).len;
        }
        sys::rd_kafka_message_destroy(message);
      }
    }
    assert!(bytes > 0);
    report(count, started, processor)
  }
}

fn produce(brokers: &str, topic: &str, records: usize, size: usize) -> String {
  let client = client(
    sys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
    &[
      ("bootstrap.servers", brokers),
      ("acks", "1"),
      ("linger.ms", "0"),
      ("max.in.flight.requests.per.connection", "1"),
      ("queue.buffering.max.messages", "501000"),
    ],
  );
  let count = partitions(client, topic);
  let value = vec![b'v'; size];
  // SAFETY: every object is live until the process ends; with F_COPY librdkafka keeps nothing of ours.
  unsafe {
    let handle = sys::rd_kafka_topic_new(client, c(topic).as_ptr(), std::ptr::null_mut());
    let queue = sys::rd_kafka_queue_get_main(client);
    let (started, processor) = (Instant::now(), processor_time());
    let mut batch: Vec<sys::rd_kafka_message_t> = (0..RECORDS_PER_CALL).map(|_| std::mem::zeroed()).collect();
    let (mut sent, mut delivered) = (0, 0);
    while delivered < records {
      // as many as the benchmark of the addon has in flight: 32 sends of 100
      while sent < records && sent - delivered < 32 * RECORDS_PER_CALL {
        for message in &mut batch {
          message.payload = value.as_ptr() as *mut _;
          message.len = value.len();
        }
        let partition = (sent / RECORDS_PER_CALL) as i32 % count;
        let taken = sys::rd_kafka_produce_batch(
          handle,
          partition,
          sys::RD_KAFKA_MSG_F_COPY,
          batch.as_mut_ptr(),
          RECORDS_PER_CALL as i32,
        );
        assert_eq!(taken as usize, RECORDS_PER_CALL);
        sent += RECORDS_PER_CALL;
      }
      let event = sys::rd_kafka_queue_poll(queue, 100);
      if !event.is_null() {
        delivered += sys::rd_kafka_event_message_count(event);
        sys::rd_kafka_event_destroy(event);
      }
    }
    report(delivered, started, processor)
  }
}
