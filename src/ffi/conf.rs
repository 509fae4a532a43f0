use super::{c_string, codes, string_from, sys, PartitionList, Reason};
use crate::ffi::error::KafkaError;
use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

/// What librdkafka reports about a client, apart from records.
pub enum ClientEvent {
  /// A problem of the client as a whole, e.g. all brokers are down.
  Error(KafkaError),
  /// One of librdkafka's log lines; `level` is a syslog severity (0 emergency ... 7 debug).
  Log { level: i32, facility: String, text: String },
  /// Statistics as librdkafka's JSON document.
  Statistics(String),
  /// A connection has changed state. `state` is librdkafka's name, e.g. `UP`, `DOWN`, `CONNECT`.
  /// `id` is -1 for a bootstrap address whose node id is not known yet.
  Broker { id: i32, host: String, port: i32, state: String },
  /// A broker's certificate was refused, for OpenSSL's reason; `broker` is `host:port`.
  Certificate { broker: String, error: i32, reason: String },
  /// A request has been answered, or given up. Only while `Client::report_requests` is on.
  Answered(Answered),
  /// A token for SASL/OAUTHBEARER is wanted: `Client::set_token`, or `set_token_failure`.
  TokenWanted,
  /// The group gives or takes partitions, and waits for `assign` or `unassign` as the answer.
  Rebalance { kind: RebalanceKind, partitions: PartitionList },
  /// The answer to `Client::commit` with the same `id`. `error` is the request's own; each partition carries one, too.
  Committed { id: u32, error: i32, partitions: PartitionList },
}

/// What became of a request.
pub struct Answered {
  /// librdkafka's name of the broker, such as `host:port/1` or `sasl_ssl://host:port/bootstrap`.
  pub broker: String,
  pub api_key: i16,
  pub api_version: i16,
  pub correlation_id: i32,
  /// Bytes of the answer.
  pub size: usize,
  /// ms
  pub duration: f64,
  /// 0, or why there is no answer.
  pub error: i32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RebalanceKind {
  Assign,
  Revoke,
}

/// Receives client events. Called on librdkafka's threads and on polling threads, sometimes under librdkafka's locks:
/// it must be quick and must not call librdkafka.
pub type EventSink = Box<dyn Fn(ClientEvent) + Send + Sync>;

/// What librdkafka's callbacks find behind their opaque pointer.
pub(super) struct Receiver {
  pub sink: EventSink,
  /// Whether each answer is to be told. Read for every one of them.
  pub reports_requests: AtomicBool,
}

/// Owner of a configuration (`rd_kafka_conf_t`) until a client is created from it.
pub struct Conf {
  raw: *mut sys::rd_kafka_conf_t,
}

impl Conf {
  pub fn new() -> Conf {
    // SAFETY: no precondition.
    Conf { raw: unsafe { sys::rd_kafka_conf_new() } }
  }

  /// Sets one property; an unknown name or a bad value gives librdkafka's own text.
  pub fn set(&mut self, name: &str, value: &str) -> Result<(), KafkaError> {
    let mut reason = Reason::new();
    let (text, size) = reason.buffer();
    let (name_c, value_c) = (c_string(name), c_string(value));
    // SAFETY: `raw` is live, the strings are NUL-terminated and the buffer's true size is given.
    let result = unsafe { sys::rd_kafka_conf_set(self.raw, name_c.as_ptr(), value_c.as_ptr(), text, size) };
    match result {
      sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK => Ok(()),
      _ => {
        let reason = reason.read();
        Err(KafkaError::invalid_config(if reason.is_empty() { format!("bad value for {name}") } else { reason }))
      }
    }
  }

  /// Makes a client report why it refuses a broker's certificate, which librdkafka's own errors leave out.
  pub fn report_certificates(&mut self) {
    // SAFETY: `raw` is live. The result is only an error without TLS support, which this build has.
    unsafe { sys::rd_kafka_conf_set_ssl_cert_verify_cb(self.raw, Some(on_certificate)) };
  }

  /// Makes `receiver` receive what the client reports. A producer's delivery reports are events of its main queue instead.
  pub(super) fn attach(&mut self, receiver: *const Receiver, consumer: bool) {
    let opaque = receiver.cast_mut().cast::<c_void>();
    // SAFETY: `raw` is live. `receiver` outlives the client: `Client` owns it and frees it after rd_kafka_destroy.
    unsafe {
      sys::rd_kafka_conf_set_opaque(self.raw, opaque);
      sys::rd_kafka_conf_set_log_cb(self.raw, Some(on_log));
      sys::rd_kafka_conf_set_stats_cb(self.raw, Some(on_statistics));
      sys::rd_kafka_conf_set_error_cb(self.raw, Some(on_error));
      sys::rd_kafka_conf_set_oauthbearer_token_refresh_cb(self.raw, Some(on_token_wanted));
      if consumer {
        codes::conf_set_rebalance_cb(self.raw, on_rebalance);
      } else {
        sys::rd_kafka_conf_set_events(self.raw, sys::RD_KAFKA_EVENT_DR);
      }
      sys::rd_kafka_conf_interceptor_add_on_new(self.raw, INTERCEPTOR.as_ptr().cast(), Some(on_new), opaque);
    }
  }

  pub(super) fn into_raw(self) -> *mut sys::rd_kafka_conf_t {
    let raw = self.raw;
    std::mem::forget(self);
    raw
  }
}

impl Drop for Conf {
  fn drop(&mut self) {
    // SAFETY: still owned here: `into_raw` forgets the value.
    unsafe { sys::rd_kafka_conf_destroy(self.raw) }
  }
}

const INTERCEPTOR: &[u8] = b"kafka-node-native\0";

/// Hands `event` to the sink. A panic must not unwind into C, and the only one to tell would be the event's receiver.
///
/// # Safety
/// `opaque` is the receiver that `Conf::attach` was given.
unsafe fn deliver(opaque: *mut c_void, event: ClientEvent) {
  // SAFETY: live for as long as the client, by the caller's promise.
  let receiver = unsafe { &*opaque.cast::<Receiver>() };
  let _ = catch_unwind(AssertUnwindSafe(|| (receiver.sink)(event)));
}

unsafe extern "C" fn on_error(rk: *mut sys::rd_kafka_t, code: c_int, reason: *const c_char, opaque: *mut c_void) {
  // SAFETY: librdkafka passes a live client, a NUL-terminated reason and our own opaque.
  unsafe {
    let mut error = KafkaError::with_text(code, string_from(reason));
    if code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__FATAL as i32 {
      let mut reason = Reason::new();
      let (text, size) = reason.buffer();
      let cause = codes::fatal_error(rk, text, size);
      error = KafkaError { fatal: true, ..KafkaError::with_text(cause, reason.read()) };
    }
    deliver(opaque, ClientEvent::Error(error));
  }
}

unsafe extern "C" fn on_token_wanted(_: *mut sys::rd_kafka_t, _: *const c_char, opaque: *mut c_void) {
  // SAFETY: our own opaque.
  unsafe { deliver(opaque, ClientEvent::TokenWanted) }
}

unsafe extern "C" fn on_log(rk: *const sys::rd_kafka_t, level: c_int, facility: *const c_char, text: *const c_char) {
  // SAFETY: the opaque is the sink given at `attach`; the texts are NUL-terminated.
  unsafe {
    let opaque = sys::rd_kafka_opaque(rk);
    if !opaque.is_null() {
      deliver(opaque, ClientEvent::Log { level, facility: string_from(facility), text: string_from(text) });
    }
  }
}

unsafe extern "C" fn on_statistics(
  _: *mut sys::rd_kafka_t,
  json: *mut c_char,
  length: usize,
  opaque: *mut c_void,
) -> c_int {
  // SAFETY: `json` points to `length` bytes, valid during this call.
  unsafe {
    let bytes = std::slice::from_raw_parts(json.cast::<u8>(), length);
    deliver(opaque, ClientEvent::Statistics(String::from_utf8_lossy(bytes).into_owned()));
  }
  0 // librdkafka keeps and frees the document
}

/// OpenSSL's results of a verification (x509_vfy.h, `X509_V_ERR_*`).
const ISSUER_NOT_FOUND: c_int = 20;
const LEAF_NOT_VERIFIED: c_int = 21;

/// Called for each certificate of a broker's chain, with OpenSSL's verdict; returns whether it may be trusted. The
/// verdict stands: this callback only watches.
unsafe extern "C" fn on_certificate(
  _: *mut sys::rd_kafka_t,
  broker: *const c_char,
  _id: i32,
  verdict: *mut c_int,
  depth: c_int,
  _certificate: *const c_char,
  _size: usize,
  text: *mut c_char,
  text_size: usize,
  opaque: *mut c_void,
) -> c_int {
  // SAFETY: librdkafka passes a valid verdict, a NUL-terminated name, a buffer with its size, and our own opaque.
  unsafe {
    let error = match (*verdict, depth) {
      (0, _) => return 1,
      // OpenSSL would report this in the end if told to continue, as Node does.
      (ISSUER_NOT_FOUND, 0) => LEAF_NOT_VERIFIED,
      (error, _) => error,
    };
    let reason = certificate_error(error);
    let copied = reason.len().min(text_size.saturating_sub(1));
    std::ptr::copy_nonoverlapping(reason.as_ptr().cast::<c_char>(), text, copied);
    *text.add(copied) = 0;
    deliver(opaque, ClientEvent::Certificate { broker: string_from(broker), error, reason });
  }
  0
}

/// OpenSSL's text for the result of a verification.
fn certificate_error(error: i32) -> String {
  // SAFETY: every number has a text; the type only wraps the number.
  unsafe { openssl::x509::X509VerifyResult::from_raw(error) }.error_string().to_owned()
}

/// One of librdkafka's properties.
#[derive(Debug, PartialEq, serde::Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Property {
  pub name: String,
  /// `P` for producers only, `C` for consumers only, `*` for both.
  pub scope: char,
  /// The property that this is an alias of.
  pub alias: Option<String>,
}

/// The twin of `kafka_node_property_t` in librdkafka/properties.c.
#[repr(C)]
struct RawProperty {
  name: *const c_char,
  alias_of: *const c_char,
  scope: c_char,
}

extern "C" {
  fn kafka_node_property(from: usize, property: *mut RawProperty) -> usize;
}

/// The properties of clients and topics. A property of both is listed twice, the client's first.
pub fn properties() -> Vec<Property> {
  let mut properties = Vec::new();
  let mut raw = RawProperty { name: std::ptr::null(), alias_of: std::ptr::null(), scope: 0 };
  let mut place = 0;
  loop {
    // SAFETY: `place` is 0 or comes from the last call, `raw` is as C knows it; its texts are static.
    unsafe {
      place = kafka_node_property(place, &mut raw);
      if place == 0 {
        return properties;
      }
      let alias = (!raw.alias_of.is_null()).then(|| string_from(raw.alias_of));
      properties.push(Property { name: string_from(raw.name), scope: raw.scope as u8 as char, alias });
    }
  }
}

unsafe extern "C" fn on_rebalance(
  rk: *mut sys::rd_kafka_t,
  code: c_int,
  partitions: *mut sys::rd_kafka_topic_partition_list_t,
  opaque: *mut c_void,
) {
  let kind = if code == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS as c_int {
    RebalanceKind::Assign
  } else {
    RebalanceKind::Revoke
  };
  // SAFETY: the list is librdkafka's and valid during this call; the copy is ours.
  unsafe {
    let partitions = PartitionList::copy_of(partitions);
    deliver(opaque, ClientEvent::Rebalance { kind, partitions });
    // Nothing is fetched until it is answered: the call that waits for records returns now.
    sys::rd_kafka_yield(rk);
  }
}

unsafe extern "C" fn on_new(
  rk: *mut sys::rd_kafka_t,
  _: *const sys::rd_kafka_conf_t,
  opaque: *mut c_void,
  _: *mut c_char,
  _: usize,
) -> sys::rd_kafka_resp_err_t {
  // SAFETY: librdkafka asks for interceptors to be added in exactly this call.
  unsafe {
    codes::interceptor_add_on_commit(rk, INTERCEPTOR.as_ptr().cast(), on_commit, std::ptr::null_mut());
    codes::interceptor_add_on_response_received(rk, INTERCEPTOR.as_ptr().cast(), on_response, opaque);
    sys::rd_kafka_interceptor_add_on_thread_start(rk, INTERCEPTOR.as_ptr().cast(), Some(on_thread_start), opaque);
    sys::rd_kafka_interceptor_add_on_broker_state_change(rk, INTERCEPTOR.as_ptr().cast(), Some(on_broker_state), opaque)
  }
}

/// The broker has answered a commit. Right after this call librdkafka gives all partitions that were not refused the
/// code of the last one that was, so each partition's own code is kept in the element's opaque field.
unsafe extern "C" fn on_commit(
  _: *mut sys::rd_kafka_t,
  partitions: *const sys::rd_kafka_topic_partition_list_t,
  _: c_int,
  _: *mut c_void,
) -> c_int {
  // SAFETY: the list is librdkafka's own mutable one, and this thread is the only one that knows it.
  unsafe { PartitionList::keep_own_errors(partitions.cast_mut()) };
  0
}

thread_local! {
  static IS_BROKERS_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Called on each of librdkafka's threads of a client.
unsafe extern "C" fn on_thread_start(
  _: *mut sys::rd_kafka_t,
  kind: sys::rd_kafka_thread_type_t,
  _name: *const c_char,
  _opaque: *mut c_void,
) -> sys::rd_kafka_resp_err_t {
  IS_BROKERS_THREAD.set(kind == sys::rd_kafka_thread_type_t::RD_KAFKA_THREAD_BROKER);
  sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
}

/// Called on the broker's thread for every answer, and for every request that gets none. An answer that another thread
/// waits for is told there once more, which does not count.
#[allow(clippy::too_many_arguments, reason = "librdkafka's prototype")]
unsafe extern "C" fn on_response(
  _: *mut sys::rd_kafka_t,
  _socket: c_int,
  broker: *const c_char,
  _id: i32,
  api_key: i16,
  api_version: i16,
  correlation_id: i32,
  size: usize,
  microseconds: i64,
  error: c_int,
  opaque: *mut c_void,
) -> c_int {
  // SAFETY: our own opaque; the name is NUL-terminated and valid during this call.
  unsafe {
    if IS_BROKERS_THREAD.get() && (*opaque.cast::<Receiver>()).reports_requests.load(Ordering::Relaxed) {
      let duration = microseconds.max(0) as f64 / 1000.0;
      let broker = string_from(broker);
      let answered = Answered { broker, api_key, api_version, correlation_id, size, duration, error };
      deliver(opaque, ClientEvent::Answered(answered));
    }
  }
  0
}

extern "C" {
  fn kafka_node_ask_for_producer_id(rk: *mut sys::rd_kafka_t);
}

unsafe extern "C" fn on_broker_state(
  rk: *mut sys::rd_kafka_t,
  id: i32,
  _protocol: *const c_char,
  host: *const c_char,
  port: c_int,
  state: *const c_char,
  opaque: *mut c_void,
) -> sys::rd_kafka_resp_err_t {
  // SAFETY: a live client, NUL-terminated strings, valid during this call, and our own opaque.
  unsafe {
    let (host, state) = (string_from(host), string_from(state));
    if state == "UP" {
      kafka_node_ask_for_producer_id(rk);
    }
    deliver(opaque, ClientEvent::Broker { id, host, port, state });
  }
  sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
}

/// The answer to `Client::commit`; librdkafka calls it on the thread that polls the consumer queue.
pub(super) unsafe extern "C" fn on_committed(
  rk: *mut sys::rd_kafka_t,
  code: c_int,
  partitions: *mut sys::rd_kafka_topic_partition_list_t,
  id: *mut c_void,
) {
  // SAFETY: the client is live, its opaque is our sink; the list may be null and is only valid during this call.
  unsafe {
    let mut partitions = PartitionList::copy_of(partitions);
    partitions.restore_own_errors();
    let event = ClientEvent::Committed { id: id as usize as u32, error: code, partitions };
    deliver(sys::rd_kafka_opaque(rk), event);
  }
}
