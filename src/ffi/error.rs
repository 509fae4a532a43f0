//! librdkafka's errors as data, from which JavaScript makes kafka-node's error classes.

use super::{error_name, error_text};
use serde::Serialize;

/// Codes of librdkafka's own (rdkafka.h, `RD_KAFKA_RESP_ERR__*`) that the native side decides on.
pub mod code {
  pub const PURGE_QUEUE: i32 = -152;
  pub const TIMED_OUT: i32 = -185;
  pub const QUEUE_FULL: i32 = -184;
  pub const UNSUPPORTED_FEATURE: i32 = -165;
  pub const INVALID_ARG: i32 = -186;
  pub const DESTROY: i32 = -197;
  pub const FAIL: i32 = -196;
  /// The broker's, for a commit of a generation that is over.
  pub const ILLEGAL_GENERATION: i32 = 22;
}

/// One error. `code` below 0 is local to librdkafka, above 0 it is the broker's (Kafka protocol, error codes).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct KafkaError {
  pub code: i32,
  /// librdkafka's name without its prefix, e.g. `_TIMED_OUT`, `NOT_LEADER_FOR_PARTITION`.
  pub name: String,
  pub message: String,
  /// The same call may succeed later.
  pub retriable: bool,
  /// The client is unusable; it must be closed and replaced by a new one.
  pub fatal: bool,
  /// The transaction cannot be committed; it must be aborted, then another one may follow.
  pub abortable: bool,
}

impl KafkaError {
  pub fn new(code: i32) -> KafkaError {
    KafkaError::with_text(code, error_text(code))
  }

  pub fn with_text(code: i32, message: String) -> KafkaError {
    let message = if message.is_empty() { error_text(code) } else { message };
    KafkaError { code, name: error_name(code), message, retriable: is_retriable(code), fatal: false, abortable: false }
  }

  pub fn invalid_config(message: String) -> KafkaError {
    KafkaError { message, ..KafkaError::new(code::INVALID_ARG) }
  }
}

impl From<KafkaError> for napi::Error {
  fn from(error: KafkaError) -> napi::Error {
    napi::Error::new(napi::Status::InvalidArg, error.message)
  }
}

/// True for errors that pass by themselves: transport and timeouts, and the broker codes that the Kafka protocol's
/// error table marks as retriable.
pub fn is_retriable(code: i32) -> bool {
  matches!(
    code,
    -195 // _TRANSPORT
      | -193 // _RESOLVE
      | -187 // _ALL_BROKERS_DOWN
      | -185 // _TIMED_OUT
      | -184 // _QUEUE_FULL
      | -180 // _WAIT_COORD
      | -137 // _DESTROY_BROKER: the broker has left the cluster; what was to be sent there was not
      | -166 // _TIMED_OUT_QUEUE
      | -192 // _MSG_TIMED_OUT
      | 2 | 3 | 5 | 6 | 7 | 8 | 9 | 13 | 14 | 15 | 16 | 19 | 20 | 27 | 41
  )
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn the_named_codes_are_librdkafkas() {
    assert_eq!(error_name(code::PURGE_QUEUE), "_PURGE_QUEUE");
    assert_eq!(error_name(code::TIMED_OUT), "_TIMED_OUT");
    assert_eq!(error_name(code::QUEUE_FULL), "_QUEUE_FULL");
    assert_eq!(error_name(code::INVALID_ARG), "_INVALID_ARG");
    assert_eq!(error_name(code::DESTROY), "_DESTROY");
    assert_eq!(error_name(code::FAIL), "_FAIL");
    assert_eq!(error_name(-180), "_WAIT_COORD");
    assert_eq!(error_name(-137), "_DESTROY_BROKER");
  }

  #[test]
  fn a_broker_that_has_left_the_cluster_is_no_reason_to_give_up() {
    assert!(KafkaError::new(-137).retriable);
  }

  #[test]
  fn broker_codes_keep_their_number_and_name() {
    let error = KafkaError::new(6);
    assert_eq!((error.code, error.name.as_str(), error.retriable), (6, "NOT_LEADER_FOR_PARTITION", true));
  }

  #[test]
  fn a_code_that_this_librdkafka_does_not_know_is_still_an_error() {
    let error = KafkaError::new(30_000);
    assert_eq!(error.code, 30_000);
    assert!(!error.message.is_empty());
  }

  #[test]
  fn an_empty_text_is_replaced_by_librdkafkas() {
    assert!(KafkaError::with_text(code::TIMED_OUT, String::new()).message.contains("Timed out"));
  }
}
