//! What JavaScript sees.

mod consumer;
mod dev_broker;
mod producer;

use crate::config::properties;
use crate::error::KafkaError;

/// The version of librdkafka that is linked in, e.g. `2.12.1`.
#[napi_derive::napi]
pub fn librdkafka_version() -> String {
  rdkafka::util::get_rdkafka_version().1
}

/// The C libraries that are linked in, with their versions, as JSON text: an array of pairs of name and version.
#[napi_derive::napi]
pub fn linked_libraries() -> napi::Result<String> {
  serde_json::to_string(&crate::ffi::linked_libraries()).map_err(|error| napi::Error::from_reason(error.to_string()))
}

/// What a code of librdkafka's or a broker's means, as JSON text of `KafkaError`.
#[napi_derive::napi]
pub fn describe_error(code: i32) -> napi::Result<String> {
  serde_json::to_string(&KafkaError::new(code)).map_err(|error| napi::Error::from_reason(error.to_string()))
}

/// librdkafka's properties, as JSON text: an array of `{ name, scope, alias }`. `scope` is `P` for producers, `C` for
/// consumers, `*` for both; `alias` names the property that this is another name of, or is null.
#[napi_derive::napi]
pub fn librdkafka_properties() -> napi::Result<String> {
  serde_json::to_string(&properties::all()).map_err(|error| napi::Error::from_reason(error.to_string()))
}

/// Tries a property out: null if librdkafka accepts the value, otherwise its reason, which may show the value.
#[napi_derive::napi]
pub fn check_property(name: String, value: String) -> Option<String> {
  properties::refusal(&name, &value)
}
