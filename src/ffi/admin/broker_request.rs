use super::super::{sys, Client};
use super::{millis, AnswerQueue, GRACE};
use crate::ffi::error::{code, KafkaError};
use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// librdkafka's "the broker does not have this feature" (`RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE`).
const UNSUPPORTED_FEATURE: i32 = -165;

/// A broker of librdkafka's (`rd_kafka_broker_t`); only its address is used here.
#[repr(C)]
struct RawBroker {
  _opaque: [u8; 0],
}

extern "C" {
  fn kafka_node_controller(rk: *mut sys::rd_kafka_t, timeout_ms: c_int) -> *mut RawBroker;
  fn kafka_node_release_broker(broker: *mut RawBroker);
  fn kafka_node_api_version(broker: *mut RawBroker, api: c_int, min: c_int, max: c_int) -> c_int;
  fn kafka_node_broker_request(
    broker: *mut RawBroker,
    api: c_int,
    version: c_int,
    is_flexible: c_int,
    body: *const c_void,
    size: usize,
    timeout_ms: c_int,
    queue: *mut sys::rd_kafka_queue_t,
  );
  fn kafka_node_broker_response(
    queue: *mut sys::rd_kafka_queue_t,
    code: *mut c_int,
    bytes: *mut *mut c_void,
    size: *mut usize,
  ) -> c_int;
}

/// A request of the Kafka protocol.
#[derive(Clone, Copy)]
pub struct Api {
  pub key: i16,
  pub name: &'static str,
  /// The versions that can be written and read here, first and last.
  pub versions: (i16, i16),
  /// All of them are "flexible" (KIP-482), or none.
  pub is_flexible: bool,
}

/// Owner of a reference to a broker (`rd_kafka_broker_t`).
struct Broker(*mut RawBroker);

impl Drop for Broker {
  fn drop(&mut self) {
    // SAFETY: our own reference, given back once.
    unsafe { kafka_node_release_broker(self.0) }
  }
}

/// A request that is on its way to the controller.
pub struct BrokerRequest {
  // Before the client that it belongs to.
  queue: AnswerQueue,
  _client: Arc<Client>,
  deadline: Instant,
  pub version: i16,
}

// SAFETY: librdkafka's queues may be used from any thread.
unsafe impl Send for BrokerRequest {}
// SAFETY: as above.
unsafe impl Sync for BrokerRequest {}

/// Sends a request to the controller, once, and gives up its response after `timeout`; blocks up to `wait` until the
/// controller is connected. `body` writes what follows the header, for a version.
pub fn ask_controller(
  client: &Arc<Client>,
  api: Api,
  body: impl FnOnce(i16) -> Vec<u8>,
  wait: Duration,
  timeout: Duration,
) -> Result<BrokerRequest, KafkaError> {
  // SAFETY: the client is live; the broker's reference, if there is one, becomes ours.
  let broker = Broker(unsafe { kafka_node_controller(client.raw(), millis(wait)) });
  if broker.0.is_null() {
    // Dropping it would give back nothing.
    std::mem::forget(broker);
    return Err(KafkaError::new(code::TIMED_OUT));
  }
  let (min, max) = (c_int::from(api.versions.0), c_int::from(api.versions.1));
  let key = c_int::from(api.key);
  // SAFETY: the broker is live.
  let version = unsafe { kafka_node_api_version(broker.0, key, min, max) };
  if version < 0 {
    return Err(KafkaError::with_text(UNSUPPORTED_FEATURE, format!("the broker does not support {}", api.name)));
  }
  let queue = AnswerQueue::new(client);
  let body = body(version as i16);
  let flexible = c_int::from(api.is_flexible);
  // SAFETY: all are live through the call, which copies the body and takes a reference to the queue of its own.
  unsafe {
    kafka_node_broker_request(
      broker.0,
      key,
      version,
      flexible,
      body.as_ptr().cast(),
      body.len(),
      millis(timeout),
      queue.0,
    );
  }
  let deadline = Instant::now() + timeout + Duration::from_millis(GRACE as u64);
  Ok(BrokerRequest { queue, _client: Arc::clone(client), deadline, version: version as i16 })
}

impl BrokerRequest {
  /// The response without its header, once it is there. Never blocks.
  pub fn response(&self) -> Option<Result<Vec<u8>, KafkaError>> {
    let (mut code, mut bytes, mut size) = (0, std::ptr::null_mut::<c_void>(), 0);
    // SAFETY: the queue is live and belongs to this request alone. The bytes, if any, become ours to free with
    // librdkafka's allocator, after they have been copied.
    unsafe {
      if kafka_node_broker_response(self.queue.0, &mut code, &mut bytes, &mut size) == 0 {
        return (Instant::now() >= self.deadline).then(|| Err(KafkaError::new(code::TIMED_OUT)));
      }
      if code != 0 {
        return Some(Err(KafkaError::new(code)));
      }
      let copy = std::slice::from_raw_parts(bytes.cast::<u8>(), size).to_vec();
      sys::rd_kafka_mem_free(std::ptr::null_mut(), bytes);
      Some(Ok(copy))
    }
  }
}
