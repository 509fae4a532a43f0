//! The ceiling: librdkafka itself, without Node, in the ways that the addon uses it.
//!
//! `raw JOB` takes the same job as the other clients, as JSON, and prints one line of JSON. `consume` reads a topic from
//! its beginning with `rd_kafka_consume_batch_queue`; `produce` writes with `rd_kafka_produce_batch`, one call per send;
//! `latency` awaits each record's report; `endToEnd` consumes what it produces at a fixed rate. At hand, for instance:
//! `raw '{"task":"consume","brokers":"localhost:9092","topic":"t","records":1000000}'`.

use kafka_node_librdkafka::bindings as sys;
use serde_json::{json, Value};
use std::ffi::{c_char, CString};
use std::time::{Duration, Instant};

const BATCH: usize = 1000;
/// How many different values are sent in turn, as with the other clients.
const VALUES: usize = 1024;

struct Job {
  fields: Value,
}

impl Job {
  fn text(&self, name: &str) -> &str {
    self.fields[name].as_str().unwrap_or_else(|| panic!("the job has no text {name}"))
  }

  fn number(&self, name: &str, default: u64) -> u64 {
    self.fields[name].as_u64().unwrap_or(default)
  }

  fn size(&self, name: &str, default: usize) -> usize {
    self.number(name, default as u64) as usize
  }

  fn deadline(&self) -> Instant {
    Instant::now() + Duration::from_secs(self.number("seconds", 60))
  }
}

fn main() {
  let text = std::env::args().nth(1).unwrap_or_default();
  let fields = serde_json::from_str(&text).unwrap_or(Value::Null);
  let job = Job { fields };
  let line = match job.fields["task"].as_str() {
    Some("consume") => consume(&job),
    Some("produce") => produce(&job),
    Some("latency") => latency(&job),
    Some("endToEnd") => end_to_end(&job),
    _ => {
      json!({ "error": "usage: raw '{\"task\":\"consume|produce|latency|endToEnd\",\"brokers\":...,\"topic\":...}'" })
    }
  };
  use std::io::Write;
  writeln!(std::io::stdout(), "{line}").expect("stdout is there");
  // The broker forgets unclosed connections; handles with queued messages would take long to close.
  std::process::exit(0);
}

fn c(text: &str) -> CString {
  CString::new(text).expect("no NUL")
}

/// CPU time of the whole process, user and system, over all threads.
fn processor_time() -> Duration {
  extern "C" {
    fn clock_gettime(clock: i32, time: *mut [i64; 2]) -> i32;
  }
  const CLOCK_PROCESS_CPUTIME_ID: i32 = 2;
  let mut time = [0_i64; 2];
  // SAFETY: on 64-bit Linux a timespec is two 64-bit numbers, seconds and nanoseconds.
  let result = unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mut time) };
  assert_eq!(result, 0);
  Duration::new(time[0] as u64, time[1] as u32)
}

fn peak_rss_mb() -> f64 {
  let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
  let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
  let kilobytes: f64 = line.split_whitespace().nth(1).expect("a number").parse().expect("a number");
  kilobytes / 1024.0
}

struct Meter {
  started: Instant,
  processor: Duration,
}

impl Meter {
  fn start() -> Self {
    Self { started: Instant::now(), processor: processor_time() }
  }

  fn stop(&self, records: usize, wanted: usize) -> Value {
    let seconds = self.started.elapsed().as_secs_f64();
    let cpu = (processor_time() - self.processor).as_secs_f64();
    json!({
      "records": records, "seconds": seconds, "recordsPerSecond": (records as f64 / seconds).round(),
      "cpuMicrosPerRecord": cpu * 1e6 / records as f64, "peakRssMb": peak_rss_mb(), "partial": records < wanted,
    })
  }

  fn stop_latencies(&self, mut samples: Vec<f64>, wanted: usize) -> Value {
    let cpu = (processor_time() - self.processor).as_secs_f64();
    samples.sort_by(f64::total_cmp);
    let at = |share: f64| samples[((samples.len() as f64 * share).ceil() as usize).clamp(1, samples.len()) - 1];
    json!({
      "samples": samples.len(), "p50Ms": at(0.5), "p99Ms": at(0.99), "p999Ms": at(0.999),
      "cpuMicrosPerRecord": cpu * 1e6 / samples.len() as f64, "peakRssMb": peak_rss_mb(),
      "partial": samples.len() < wanted,
    })
  }
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

/// A consumer of all partitions, from `offset` (-2: the beginning, -1: the end); batches go to `each`, which says
/// whether to go on. `linger`: how long a call waits for a full batch, in milliseconds.
fn read(job: &Job, offset: i64, linger: i32, mut each: impl FnMut(&[*mut sys::rd_kafka_message_t]) -> bool) {
  let client = client(
    sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
    &[
      ("bootstrap.servers", job.text("brokers")),
      ("group.id", "raw"),
      ("enable.auto.commit", "false"),
      ("fetch.wait.max.ms", "100"),
      ("fetch.queue.backoff.ms", "10"),
      ("queued.max.messages.kbytes", "16384"),
      ("fetch.max.bytes", "16777216"),
    ],
  );
  let topic = job.text("topic");
  // SAFETY: every object is live until the process ends; messages are destroyed once, after their last use.
  unsafe {
    sys::rd_kafka_poll_set_consumer(client);
    let queue = sys::rd_kafka_queue_get_consumer(client);
    let list = sys::rd_kafka_topic_partition_list_new(1);
    for partition in 0..partitions(client, topic) {
      (*sys::rd_kafka_topic_partition_list_add(list, c(topic).as_ptr(), partition)).offset = offset;
    }
    sys::rd_kafka_assign(client, list);
    let mut batch = vec![std::ptr::null_mut(); BATCH];
    loop {
      let mut taken = 0;
      if linger == 0 {
        batch[0] = sys::rd_kafka_consumer_poll(client, 100);
        taken = usize::from(!batch[0].is_null());
      }
      let rest = sys::rd_kafka_consume_batch_queue(queue, linger, batch[taken..].as_mut_ptr(), BATCH - taken);
      let messages = &batch[..taken + rest.max(0) as usize];
      let more = each(messages);
      for &message in messages {
        sys::rd_kafka_message_destroy(message);
      }
      if !more {
        return;
      }
    }
  }
}

fn consume(job: &Job) -> Value {
  let records = job.size("records", 1_000_000);
  let deadline = job.deadline();
  let mut meter = None;
  let (mut count, mut bytes) = (0, 0);
  read(job, -2, 100, |messages| {
    for &message in messages {
      // SAFETY: `read` gives live messages.
      let message = unsafe { &*message };
      if message.err as i32 == 0 {
        // the clock starts with the first record, which is not counted
        meter.get_or_insert_with(Meter::start);
        count += 1;
        bytes += message.len;
      }
    }
    count < records && Instant::now() < deadline
  });
  match meter {
    Some(meter) if bytes > 0 => meter.stop(count - 1, records - 1),
    _ => json!({ "error": "no record arrived" }),
  }
}

struct Producer {
  client: *mut sys::rd_kafka_t,
  topic: *mut sys::rd_kafka_topic_t,
  queue: *mut sys::rd_kafka_queue_t,
  partitions: i32,
}

impl Producer {
  /// With a connection to every partition's leader, as the other clients have it when their clock starts.
  fn open(job: &Job) -> Self {
    // The addon has one request per partition in flight; this many per connection are the same load.
    let in_flight = job.number("partitions", 4).to_string();
    let mut settings = vec![
      ("bootstrap.servers", job.text("brokers")),
      ("linger.ms", "0"),
      ("queue.buffering.max.messages", "501000"),
      ("compression.codec", job.fields["codec"].as_str().unwrap_or("none")),
    ];
    if job.fields["acks"].as_i64() == Some(-1) {
      settings.push(("enable.idempotence", "true"));
    } else {
      settings.extend([("acks", "1"), ("max.in.flight.requests.per.connection", &in_flight)]);
    }
    let client = client(sys::rd_kafka_type_t::RD_KAFKA_PRODUCER, &settings);
    let count = partitions(client, job.text("topic"));
    // SAFETY: the client lives until the process ends.
    let (topic, queue) = unsafe {
      let topic = sys::rd_kafka_topic_new(client, c(job.text("topic")).as_ptr(), std::ptr::null_mut());
      (topic, sys::rd_kafka_queue_get_main(client))
    };
    let producer = Self { client, topic, queue, partitions: count };
    for partition in 0..count {
      producer.send(partition, &[b"warm-up"]);
      while producer.delivered(100) == 0 {}
    }
    producer
  }

  fn send(&self, partition: i32, values: &[&[u8]]) {
    let mut batch: Vec<sys::rd_kafka_message_t> = values
      .iter()
      .map(|value| {
        // SAFETY: a message of zeros is what librdkafka expects of fields that are not set.
        let mut message: sys::rd_kafka_message_t = unsafe { std::mem::zeroed() };
        message.payload = value.as_ptr() as *mut _;
        message.len = value.len();
        message
      })
      .collect();
    // SAFETY: live topic; with F_COPY librdkafka keeps nothing of ours.
    let taken = unsafe {
      let flags = sys::RD_KAFKA_MSG_F_COPY;
      sys::rd_kafka_produce_batch(self.topic, partition, flags, batch.as_mut_ptr(), batch.len() as i32)
    };
    assert_eq!(taken as usize, values.len());
  }

  /// How many records were acknowledged meanwhile.
  fn delivered(&self, timeout_ms: i32) -> usize {
    // SAFETY: live queue; the event is destroyed once.
    unsafe {
      let event = sys::rd_kafka_queue_poll(self.queue, timeout_ms);
      if event.is_null() {
        return 0;
      }
      let count = sys::rd_kafka_event_message_count(event);
      sys::rd_kafka_event_destroy(event);
      count
    }
  }

  fn unsent(&self) -> i32 {
    // SAFETY: live client.
    unsafe { sys::rd_kafka_outq_len(self.client) }
  }
}

/// Different texts of the same length, like those of the other clients.
fn values(size: usize) -> Vec<Vec<u8>> {
  let mut state = 1_u32;
  (0..VALUES)
    .map(|index| {
      let mut text =
        format!("{{\"id\":{},\"user\":\"user-{}\",\"status\":\"active\",\"trace\":\"", 100_000 + index, index % 50);
      while text.len() < size {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push_str(&format!("{state:x}"));
      }
      text.truncate(size);
      text.into_bytes()
    })
    .collect()
}

fn produce(job: &Job) -> Value {
  let (records, per_send, in_flight) =
    (job.size("records", 500_000), job.size("perSend", 100), job.size("inFlight", 32));
  let values = values(job.size("size", 100));
  let sends: Vec<Vec<&[u8]>> = (0..64)
    .map(|send| (0..per_send).map(|record| values[(send * per_send + record) % VALUES].as_slice()).collect())
    .collect();
  let producer = Producer::open(job);
  let deadline = job.deadline();
  let meter = Meter::start();
  let (mut sent, mut delivered) = (0, 0);
  while delivered < records && Instant::now() < deadline {
    while sent < records && sent - delivered < in_flight * per_send {
      let send = sent / per_send;
      producer.send(send as i32 % producer.partitions, &sends[send % sends.len()]);
      sent += per_send;
    }
    delivered += producer.delivered(100);
  }
  if delivered == 0 {
    return json!({ "error": format!("no record was acknowledged; {} are waiting", producer.unsent()) });
  }
  meter.stop(delivered, records)
}

fn latency(job: &Job) -> Value {
  let records = job.size("records", 1000);
  let value = values(job.size("size", 100)).swap_remove(0);
  let producer = Producer::open(job);
  let deadline = job.deadline();
  let warm_up = 50.min(records / 10);
  let mut samples = Vec::with_capacity(records);
  let mut meter = Meter::start();
  for i in 0..records + warm_up {
    if i == warm_up {
      meter = Meter::start();
    }
    let before = Instant::now();
    producer.send(i as i32 % producer.partitions, &[&value]);
    while producer.delivered(100) == 0 {
      if Instant::now() > deadline {
        return json!({ "error": "a record was not acknowledged in time" });
      }
    }
    if i >= warm_up {
      samples.push(before.elapsed().as_secs_f64() * 1000.0);
    }
  }
  meter.stop_latencies(samples, records)
}

fn end_to_end(job: &Job) -> Value {
  let records = job.size("records", 5000);
  let rate = job.number("rate", 1000) as f64;
  let size = job.size("size", 100);
  let epoch = Instant::now();
  let deadline = job.deadline();
  let producer = Producer::open(job);
  let (ready, started) = std::sync::mpsc::channel::<()>();
  let mut samples = Vec::with_capacity(records);
  let mut meter = Meter::start();
  std::thread::scope(|scope| {
    scope.spawn(move || {
      let producer = { producer };
      // until the consumer reads
      while started.try_recv().is_err() && Instant::now() < deadline {
        producer.send(0, &[b"first"]);
        producer.delivered(100);
        std::thread::sleep(Duration::from_millis(100));
      }
      let start = Instant::now();
      // The records of the first second do not count.
      let warm_up = rate as usize;
      for sent in 0..records + warm_up {
        let due = start + Duration::from_secs_f64(sent as f64 / rate);
        while let Some(wait) = due.checked_duration_since(Instant::now()) {
          // as coarse as Node's timers: the other clients send bursts, too
          std::thread::sleep(wait.max(Duration::from_millis(1)));
        }
        let mark = if sent < warm_up { '~' } else { '@' };
        let mut value = format!("{mark}{} ", epoch.elapsed().as_nanos()).into_bytes();
        value.resize(size, b' ');
        producer.send(sent as i32 % producer.partitions, &[&value]);
        producer.delivered(0);
      }
    });
    let mut told = false;
    read(job, -1, 0, |messages| {
      let now = epoch.elapsed().as_nanos();
      for &message in messages {
        // SAFETY: `read` gives live messages; the value lives as long as its message.
        let value = unsafe {
          let message = &*message;
          if message.err as i32 != 0 || message.len == 0 {
            continue;
          }
          std::slice::from_raw_parts(message.payload as *const u8, message.len)
        };
        if !told {
          told = true;
          let _ = ready.send(());
        }
        let text = std::str::from_utf8(value).unwrap_or("");
        if let Some(sent) = text.strip_prefix('@').and_then(|text| text.split(' ').next()?.parse::<u128>().ok()) {
          if samples.is_empty() {
            meter = Meter::start();
          }
          samples.push(now.saturating_sub(sent) as f64 / 1e6);
        }
      }
      samples.len() < records && Instant::now() < deadline
    });
  });
  if samples.is_empty() {
    return json!({ "error": "no record arrived" });
  }
  meter.stop_latencies(samples, records)
}

// SAFETY: librdkafka's handles may be used from any thread.
unsafe impl Send for Producer {}
