//! librdkafka's mock cluster, turned into a broker for development (see `src/ffi/shims/dev_broker.c`).

use std::ffi::{c_char, c_int, CStr};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::NonNull;

use super::{c_string, error_name, error_text, sys, Reason};

/// The cluster has one broker, and librdkafka numbers brokers from 1.
const BROKER_ID: i32 = 1;

/// A group's first rebalance waits this long for more members. Kafka's own default of 3 s would only slow tests down.
const GROUP_INITIAL_REBALANCE_DELAY_MS: i32 = 100;

/// Warnings and worse: a host handle without brokers logs a notice about having none.
const LOG_LEVEL: &CStr = c"4";

extern "C" {
  fn kafka_node_dev_broker_prepare(cluster: *mut sys::rd_kafka_mock_cluster_t, broker_id: i32, port: u16) -> c_int;
  fn kafka_node_dev_broker_set_topic_error(cluster: *mut sys::rd_kafka_mock_cluster_t, topic: *const c_char, code: i16);
  fn kafka_node_dev_broker_push_errors(
    cluster: *mut sys::rd_kafka_mock_cluster_t,
    api_key: i16,
    codes: *const i16,
    code_cnt: usize,
  );
}

/// Gets librdkafka's log lines, on any thread: syslog level and text.
pub type LogSink = Box<dyn Fn(i32, &str) + Send + Sync>;

/// What went wrong: a code that JavaScript can compare, and a text.
pub struct MockError {
  pub code: &'static str,
  pub message: String,
}

impl MockError {
  fn new(message: impl Into<String>) -> Self {
    Self { code: "ERR_DEV_BROKER", message: message.into() }
  }
}

/// What librdkafka's threads reach through the host handle's opaque.
#[repr(C)]
struct HostState {
  /// First, because the C shim reads it through `struct host_state`.
  retention_bytes: usize,
  on_log: LogSink,
}

/// The client handle that every mock cluster needs; it connects to nothing.
struct Host {
  handle: NonNull<sys::rd_kafka_t>,
  state: NonNull<HostState>,
}

impl Host {
  fn new(retention_bytes: usize, on_log: LogSink) -> Result<Self, MockError> {
    let state = NonNull::from(Box::leak(Box::new(HostState { retention_bytes, on_log })));
    let mut reason = Reason::new();
    let (text, size) = reason.buffer();
    // SAFETY: the configuration is ours until `rd_kafka_new` takes it, and `state` outlives the handle (see Drop).
    let handle = unsafe {
      let conf = sys::rd_kafka_conf_new();
      sys::rd_kafka_conf_set_opaque(conf, state.as_ptr().cast());
      sys::rd_kafka_conf_set_log_cb(conf, Some(forward_log));
      sys::rd_kafka_conf_set(conf, c"log_level".as_ptr(), LOG_LEVEL.as_ptr(), text, size);
      let handle = sys::rd_kafka_new(sys::rd_kafka_type_t::RD_KAFKA_PRODUCER, conf, text, size);
      if handle.is_null() {
        sys::rd_kafka_conf_destroy(conf);
      }
      handle
    };
    match NonNull::new(handle) {
      Some(handle) => Ok(Self { handle, state }),
      None => {
        // SAFETY: no handle was made, so nothing else knows `state`.
        drop(unsafe { Box::from_raw(state.as_ptr()) });
        Err(MockError::new(format!("librdkafka made no handle for the embedded broker: {}", reason.read())))
      }
    }
  }
}

impl Drop for Host {
  fn drop(&mut self) {
    // SAFETY: this is the handle's only owner, the cluster on it is gone (field order in `MockCluster`), and destroying
    // joins librdkafka's threads, so that nothing reads `state` any more when its box is freed.
    unsafe {
      sys::rd_kafka_destroy(self.handle.as_ptr());
      drop(Box::from_raw(self.state.as_ptr()));
    }
  }
}

/// # Safety
/// librdkafka calls this with a handle made by `Host::new` (or null) and two NUL-terminated strings.
unsafe extern "C" fn forward_log(
  handle: *const sys::rd_kafka_t,
  level: c_int,
  _facility: *const c_char,
  text: *const c_char,
) {
  if handle.is_null() || text.is_null() {
    return;
  }
  // SAFETY: the opaque of every handle with this callback is a `HostState` that lives as long as the handle.
  let state = unsafe { &*sys::rd_kafka_opaque(handle).cast::<HostState>().cast_const() };
  // SAFETY: NUL-terminated and valid during this call, by librdkafka's contract.
  let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
  // A panic must not cross into C; a lost log line is the lesser harm.
  let _ = catch_unwind(AssertUnwindSafe(|| (state.on_log)(level, &text)));
}

/// The raw cluster; separate from `MockCluster` so that fields drop in order: the cluster first, then its host.
struct Cluster(NonNull<sys::rd_kafka_mock_cluster_t>);

impl Drop for Cluster {
  fn drop(&mut self) {
    // SAFETY: the only owner; joins the cluster's thread.
    unsafe { sys::rd_kafka_mock_cluster_destroy(self.0.as_ptr()) }
  }
}

/// A mock cluster of one broker that listens on 127.0.0.1.
///
/// Its methods wait for the cluster's own thread (microseconds). Some failures inside librdkafka's mock, such as a port
/// that is taken or group members without a common protocol, are assertions: they end the whole process.
pub struct MockCluster {
  cluster: Cluster,
  _host: Host,
  port: u16,
}

impl MockCluster {
  /// Starts listening. `port` 0 takes any free port; another must be free, see the type's note.
  pub fn start(port: u16, retention_bytes: usize, on_log: LogSink) -> Result<Self, MockError> {
    let host = Host::new(retention_bytes, on_log)?;
    // SAFETY: the host handle is live.
    let cluster = unsafe { sys::rd_kafka_mock_cluster_new(host.handle.as_ptr(), 1) };
    let cluster =
      Cluster(NonNull::new(cluster).ok_or_else(|| MockError::new("librdkafka could not start its mock cluster"))?);
    // SAFETY: the cluster is live, fresh and has one broker with this id; its host's opaque is a `HostState`.
    let listening = unsafe {
      sys::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster.0.as_ptr(), GROUP_INITIAL_REBALANCE_DELAY_MS);
      kafka_node_dev_broker_prepare(cluster.0.as_ptr(), BROKER_ID, port)
    };
    let port = u16::try_from(listening)
      .map_err(|_| MockError::new(format!("the embedded broker could not listen on port {port}")))?;
    Ok(Self { cluster, _host: host, port })
  }

  pub fn port(&self) -> u16 {
    self.port
  }

  pub fn create_topic(&self, name: &str, partitions: i32) -> Result<(), MockError> {
    let topic = c_string(name);
    // SAFETY: the cluster is live and copies the name; the answer is read as the integer it is.
    let code = unsafe { sys::rd_kafka_mock_topic_create(self.as_ptr(), topic.as_ptr(), partitions, 1) } as i32;
    check(code, || format!("topic {name} was not created"))
  }

  /// Closes the listener and every connection; logs and groups are kept.
  pub fn set_down(&self) -> Result<(), MockError> {
    // SAFETY: the cluster is live.
    let code = unsafe { sys::rd_kafka_mock_broker_set_down(self.as_ptr(), BROKER_ID) } as i32;
    check(code, || "the broker did not go down".to_owned())
  }

  pub fn set_up(&self) -> Result<(), MockError> {
    // SAFETY: the cluster is live.
    let code = unsafe { sys::rd_kafka_mock_broker_set_up(self.as_ptr(), BROKER_ID) } as i32;
    check(code, || "the broker did not come up".to_owned())
  }

  /// Delays every response by this much.
  pub fn set_rtt(&self, milliseconds: i32) -> Result<(), MockError> {
    // SAFETY: the cluster is live.
    let code = unsafe { sys::rd_kafka_mock_broker_set_rtt(self.as_ptr(), BROKER_ID, milliseconds) } as i32;
    check(code, || "the round-trip time was not set".to_owned())
  }

  /// The next `codes.len()` requests of this API get these error codes, one each.
  pub fn push_errors(&self, api_key: i16, codes: &[i16]) {
    // SAFETY: the cluster is live, and the codes are copied during the call.
    unsafe { kafka_node_dev_broker_push_errors(self.as_ptr(), api_key, codes.as_ptr(), codes.len()) }
  }

  /// Answers every request about this topic with this error code, until 0 is set.
  pub fn set_topic_error(&self, name: &str, code: i16) {
    let topic = c_string(name);
    // SAFETY: the cluster is live and copies the name.
    unsafe { kafka_node_dev_broker_set_topic_error(self.as_ptr(), topic.as_ptr(), code) }
  }

  fn as_ptr(&self) -> *mut sys::rd_kafka_mock_cluster_t {
    self.cluster.0.as_ptr()
  }
}

fn check(code: i32, what: impl FnOnce() -> String) -> Result<(), MockError> {
  if code == 0 {
    return Ok(());
  }
  Err(MockError::new(format!("{}: {} ({})", what(), error_text(code), error_name(code))))
}
