//! Calls that block in librdkafka, cut into slices: each takes a thread of the pool for a few seconds at most, and none
//! while no broker is connected. So clients of a cluster that is away do not delay those of another one, a client's
//! many requests do not delay another client's, and every request ends with its client.

use crate::bridge::Bridge;
use crate::error::{code, KafkaError};
use crate::ffi::Client;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

const FIRST_SLICE: Duration = Duration::from_millis(1000);
const LONGEST_SLICE: Duration = Duration::from_millis(4000);
/// How long a call may take that cannot be repeated. Longer than a group's coordinator needs to move when its broker is
/// lost; closing waits for it.
const LONGEST_CALL: Duration = Duration::from_millis(15_000);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);
/// Pauses between looks for a connection, or for an answer: the first, and the longest.
const FIRST_LOOK: Duration = Duration::from_millis(2);
const LONGEST_LOOK: Duration = Duration::from_millis(50);

/// Runs a call that blocks on one of the pool's threads.
async fn blocking<T: Send + 'static>(
  call: impl FnOnce() -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, KafkaError> {
  match tokio::task::spawn_blocking(call).await {
    Ok(result) => result,
    Err(_) => Err(KafkaError::new(code::FAIL)),
  }
}

/// Repeats a blocking call with short time-outs until it succeeds, fails for good, or `timeout` has passed.
pub async fn in_slices<T: Send + 'static>(
  client: &Arc<Client>,
  bridge: &Arc<Bridge>,
  timeout: Duration,
  call: impl Fn(&Arc<Client>, Duration) -> Result<T, KafkaError> + Send + Sync + 'static,
) -> Result<T, KafkaError> {
  let deadline = Instant::now() + timeout;
  let call = Arc::new(call);
  let mut slice = FIRST_SLICE;
  loop {
    connected(client, bridge, deadline).await?;
    let outcome = in_turn(bridge, deadline, |left| {
      let (call, client, this) = (Arc::clone(&call), Arc::clone(client), slice.min(left));
      blocking(move || call(&client, this.max(Duration::from_millis(1))))
    })
    .await;
    match outcome {
      Err(error) if error.retriable && Instant::now() < deadline => {
        if bridge.is_closing() {
          return Err(KafkaError::new(code::DESTROY));
        }
        // A slow answer needs a longer slice, not a second request.
        slice = (slice * 2).min(LONGEST_SLICE);
        if error.code != code::TIMED_OUT {
          tokio::time::sleep(PAUSE_AFTER_FAILURE.min(deadline.saturating_duration_since(Instant::now()))).await;
        }
      }
      outcome => return outcome,
    }
  }
}

/// Makes a blocking call once: one whose time-out cannot be undone, so that a slice would end what it belongs to.
pub async fn in_one_piece<T: Send + 'static>(
  client: &Arc<Client>,
  bridge: &Arc<Bridge>,
  timeout: Duration,
  call: impl FnOnce(&Arc<Client>, Duration) -> Result<T, KafkaError> + Send + 'static,
) -> Result<T, KafkaError> {
  let deadline = Instant::now() + timeout;
  connected(client, bridge, deadline).await?;
  let client = Arc::clone(client);
  in_turn(bridge, deadline, |left| blocking(move || call(&client, left.clamp(Duration::from_millis(1), LONGEST_CALL))))
    .await
}

/// Runs what `start` starts once it is this handle's turn, with the time that is left then.
async fn in_turn<T, F: Future<Output = Result<T, KafkaError>>>(
  bridge: &Bridge,
  deadline: Instant,
  start: impl FnOnce(Duration) -> F,
) -> Result<T, KafkaError> {
  let left = || deadline.saturating_duration_since(Instant::now());
  let turn = tokio::time::timeout(left().max(FIRST_LOOK), bridge.share().acquire()).await;
  // Neither is closed as long as the bridge is there.
  let Ok(Ok(_turn)) = turn else { return Err(KafkaError::new(code::TIMED_OUT)) };
  start(left()).await
}

/// Waits, without a thread, until a broker is connected. Without one until `deadline` the call that follows says why.
async fn connected(client: &Arc<Client>, bridge: &Bridge, deadline: Instant) -> Result<(), KafkaError> {
  let mut pause = FIRST_LOOK;
  while !client.is_connected() {
    if bridge.is_closing() {
      return Err(KafkaError::new(code::DESTROY));
    }
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
      break;
    }
    let connecting = Arc::clone(client);
    blocking(move || {
      connecting.connect();
      Ok(())
    })
    .await?;
    tokio::time::sleep(pause.min(left)).await;
    pause = (pause * 2).min(LONGEST_LOOK);
  }
  Ok(())
}

/// Waits, without a thread, for the answer that `look` finds; ends with the client.
pub async fn answered<T>(bridge: &Bridge, look: impl Fn() -> Option<Result<T, KafkaError>>) -> Result<T, KafkaError> {
  let mut pause = FIRST_LOOK;
  loop {
    if let Some(answer) = look() {
      return answer;
    }
    if bridge.is_closing() {
      return Err(KafkaError::new(code::DESTROY));
    }
    tokio::time::sleep(pause).await;
    pause = (pause * 2).min(LONGEST_LOOK);
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use crate::config::{configure, producer_properties, ProducerOptions};
  use crate::ffi::ClientKind;
  use crate::requests::Pool;
  use std::sync::mpsc::{channel, RecvTimeoutError};

  /// Far above what anything here takes, and far below what a starved request would.
  const SOON: Duration = Duration::from_secs(3);

  /// A client whose only broker does not answer, as its port is closed.
  fn without_broker() -> Arc<Client> {
    let options: ProducerOptions = serde_json::from_value(serde_json::json!({
      "brokers": "127.0.0.1:1", "clientId": "c", "connectTimeout": 10000, "requestTimeout": 30000,
      "idleConnection": 300000, "acks": 1, "codec": "none", "queueMessages": 1000, "queueKbytes": 1024
    }))
    .unwrap();
    let conf = configure(&options.client, producer_properties(&options)).unwrap();
    Arc::new(Client::new(ClientKind::Producer, conf, Box::new(|_| {})).unwrap())
  }

  #[test]
  fn clients_of_a_cluster_that_is_away_take_no_thread_from_others() {
    let (pool, client) = (Pool::shared(), without_broker());
    let bridge = Bridge::for_test();
    for _ in 0..200 {
      let (client, bridge) = (Arc::clone(&client), Arc::clone(&bridge));
      pool.spawn(async move {
        let call = |_: &Arc<Client>, slice| {
          std::thread::sleep(slice);
          Err::<(), _>(KafkaError::new(code::TIMED_OUT))
        };
        let _ = in_slices(&client, &bridge, Duration::from_secs(60), call).await;
      });
    }
    let (done, wait) = channel();
    pool.spawn(async move {
      let _ = blocking(move || Ok(done.send(()))).await;
    });
    assert_eq!(wait.recv_timeout(SOON), Ok(()));
    bridge.start_closing();
  }

  #[test]
  fn a_handle_with_many_slow_requests_leaves_the_others_theirs() {
    let pool = Pool::shared();
    let (slow, quick) = (Bridge::for_test(), Bridge::for_test());
    let deadline = Instant::now() + Duration::from_secs(60);
    let (release, released) = channel::<()>();
    let released = Arc::new(std::sync::Mutex::new(released));
    for _ in 0..200 {
      let (slow, released) = (Arc::clone(&slow), Arc::clone(&released));
      pool.spawn(async move {
        let hang = || {
          blocking(move || {
            let _ = released.lock().map(|wait| wait.recv_timeout(Duration::from_secs(60)));
            Ok(())
          })
        };
        let _ = in_turn(&slow, deadline, |_| hang()).await;
      });
    }
    let (done, wait) = channel();
    pool.spawn(async move {
      let _ = in_turn(&quick, deadline, |_| blocking(move || Ok(done.send(())))).await;
    });
    assert_eq!(wait.recv_timeout(SOON), Ok(()));
    drop(release);
  }

  #[test]
  fn a_request_ends_with_its_client_without_an_answer() {
    let pool = Pool::shared();
    let bridge = Bridge::for_test();
    let (done, wait) = channel();
    let waiting = Arc::clone(&bridge);
    pool.spawn(async move {
      let _ = done.send(answered::<()>(&waiting, || None).await.unwrap_err().code);
    });
    assert_eq!(wait.recv_timeout(Duration::from_millis(50)), Err(RecvTimeoutError::Timeout));
    bridge.start_closing();
    assert_eq!(wait.recv_timeout(SOON), Ok(code::DESTROY));
  }
}
