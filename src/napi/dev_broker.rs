//! The embedded broker as JS sees it. It lives in a child process of its own, so its methods may wait.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use napi::bindgen_prelude::{FnArgs, Function};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Error, Status};
use napi_derive::napi;

use crate::ffi::{LogSink, MockCluster, MockError};

type Result<T> = std::result::Result<T, Error<String>>;

/// Log lines that may wait for JS; a broker that logs faster has a problem that the first thousand lines show.
const LOG_QUEUE_SIZE: usize = 1024;

/// librdkafka's mock cluster with one broker on 127.0.0.1. For development and tests only.
#[napi]
pub struct NativeDevBroker {
  cluster: Option<MockCluster>,
}

#[napi]
impl NativeDevBroker {
  /// Starts listening. `port` 0 takes any free port. `retentionBytes` bounds each partition; oldest batches go first.
  /// `onLog` gets syslog level and text of librdkafka's log lines.
  /// Throws with code `EADDRINUSE`, or another code if the port is unavailable for another reason.
  #[napi(constructor)]
  pub fn new(port: u16, retention_bytes: f64, on_log: Function<'_, FnArgs<(i32, String)>, ()>) -> Result<Self> {
    claim(port)?;
    let sink = log_sink(on_log).map_err(|error| Error::new("ERR_DEV_BROKER".to_owned(), error.reason.to_string()))?;
    // A float-to-integer cast saturates, so a limit beyond the address space is simply no limit.
    let cluster = MockCluster::start(port, retention_bytes as usize, sink)?;
    Ok(Self { cluster: Some(cluster) })
  }

  #[napi(getter)]
  pub fn port(&self) -> Result<u16> {
    Ok(self.cluster()?.port())
  }

  #[napi]
  pub fn create_topic(&self, name: String, partitions: i32) -> Result<()> {
    Ok(self.cluster()?.create_topic(&name, partitions)?)
  }

  #[napi]
  pub fn set_down(&self) -> Result<()> {
    Ok(self.cluster()?.set_down()?)
  }

  #[napi]
  pub fn set_up(&self) -> Result<()> {
    Ok(self.cluster()?.set_up()?)
  }

  #[napi]
  pub fn set_rtt(&self, milliseconds: i32) -> Result<()> {
    Ok(self.cluster()?.set_rtt(milliseconds)?)
  }

  #[napi]
  pub fn push_errors(&self, api_key: i16, codes: Vec<i16>) -> Result<()> {
    self.cluster()?.push_errors(api_key, &codes);
    Ok(())
  }

  #[napi]
  pub fn set_topic_error(&self, name: String, code: i16) -> Result<()> {
    self.cluster()?.set_topic_error(&name, code);
    Ok(())
  }

  /// Closes the port and drops every record. Later calls throw.
  #[napi]
  pub fn close(&mut self) {
    self.cluster = None;
  }

  fn cluster(&self) -> Result<&MockCluster> {
    self
      .cluster
      .as_ref()
      .ok_or_else(|| Error::new("ERR_DEV_BROKER".to_owned(), "The embedded broker is closed".to_owned()))
  }
}

impl From<MockError> for Error<String> {
  fn from(error: MockError) -> Self {
    Error::new(error.code.to_owned(), error.message)
  }
}

/// Finds out whether the port is available, because librdkafka aborts the process if it is taken.
fn claim(port: u16) -> Result<()> {
  if port == 0 {
    return Ok(());
  }
  let Err(error) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) else {
    return Ok(());
  };
  let (code, cause) = match error.kind() {
    ErrorKind::AddrInUse => ("EADDRINUSE", format!("Port {port} on 127.0.0.1 is in use")),
    ErrorKind::PermissionDenied => ("EACCES", format!("Port {port} on 127.0.0.1 is not open to this user")),
    _ => ("ERR_DEV_BROKER", format!("Port {port} on 127.0.0.1 cannot be used ({error})")),
  };
  Err(Error::new(
    code.to_owned(),
    format!("{cause}. Stop the program that holds it, or choose another port; port 0 takes any free one."),
  ))
}

fn log_sink(on_log: Function<'_, FnArgs<(i32, String)>, ()>) -> napi::Result<LogSink> {
  let on_log = on_log
    .build_threadsafe_function()
    .weak::<true>()
    .callee_handled::<false>()
    .max_queue_size::<LOG_QUEUE_SIZE>()
    .build()?;
  Ok(Box::new(move |level, text| {
    // A full queue or a closing environment loses the line; there is nobody left to tell.
    let _: Status = on_log.call((level, text.to_owned()).into(), ThreadsafeFunctionCallMode::NonBlocking);
  }))
}
