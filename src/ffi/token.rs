//! Tokens for SASL/OAUTHBEARER: librdkafka asks for one when it starts and before each expires.

use super::{c_string, sys, Client, Reason};
use crate::ffi::error::KafkaError;
use std::ffi::{c_char, c_int};

#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct Token {
  pub value: String,
  /// When it expires, ms since 1970.
  pub expires_at: i64,
  pub principal: String,
  /// Names and values that the broker gets beside the token.
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub extensions: Vec<(String, String)>,
}

extern "C" {
  // Declared with the code as a plain integer, for the reason given in `codes`.
  #[link_name = "rd_kafka_oauthbearer_set_token"]
  fn set_token(
    rk: *mut sys::rd_kafka_t,
    value: *const c_char,
    expires_at_ms: i64,
    principal: *const c_char,
    extensions: *mut *const c_char,
    extension_count: usize,
    text: *mut c_char,
    text_size: usize,
  ) -> c_int;
  #[link_name = "rd_kafka_oauthbearer_set_token_failure"]
  fn set_token_failure(rk: *mut sys::rd_kafka_t, text: *const c_char) -> c_int;
}

impl Client {
  /// Gives the token to be used from now on; connections that wait for one go on.
  pub fn set_token(&self, token: &Token) -> Result<(), KafkaError> {
    let (value, principal) = (c_string(&token.value), c_string(&token.principal));
    let texts: Vec<_> = token.extensions.iter().flat_map(|(name, value)| [c_string(name), c_string(value)]).collect();
    let mut extensions: Vec<_> = texts.iter().map(|text| text.as_ptr()).collect();
    let mut reason = Reason::new();
    let (text, size) = reason.buffer();
    // SAFETY: the client is live, the strings are NUL-terminated and copied, the sizes are true.
    unsafe {
      let code = set_token(
        self.raw(),
        value.as_ptr(),
        token.expires_at,
        principal.as_ptr(),
        extensions.as_mut_ptr(),
        extensions.len(),
        text,
        size,
      );
      match code {
        0 => Ok(()),
        code => Err(KafkaError::with_text(code, reason.read())),
      }
    }
  }

  /// There is no token. The client reports it as an error, and asks again in a few seconds.
  pub fn set_token_failure(&self, reason: &str) {
    let reason = c_string(if reason.is_empty() { "no token" } else { reason });
    // SAFETY: the client is live, the text NUL-terminated and copied.
    unsafe { set_token_failure(self.raw(), reason.as_ptr()) };
  }
}
