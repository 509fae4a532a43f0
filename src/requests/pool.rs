//! The threads of the control plane: one process-wide pool, there as long as a handle uses it.

use crate::sync::mark_pool_thread;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Threads that may block in librdkafka at a time; each handle has its share of them (`Bridge::share`).
const BLOCKING_THREADS: usize = 16;
/// Idle threads end after this time.
const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// A share of the pool; the pool ends when the last one is dropped.
pub struct Pool {
  runtime: Option<Runtime>,
}

impl Pool {
  /// The process-wide pool; started here if nobody uses it yet. It holds no environment, so workers may share it.
  pub fn shared() -> Arc<Pool> {
    static CURRENT: Mutex<Weak<Pool>> = Mutex::new(Weak::new());
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = current.upgrade() {
      return pool;
    }
    let runtime = Builder::new_multi_thread()
      .worker_threads(1)
      .max_blocking_threads(BLOCKING_THREADS)
      .thread_keep_alive(KEEP_ALIVE)
      .thread_name("kafka-control")
      .on_thread_start(mark_pool_thread)
      .enable_time()
      .build();
    let pool = Arc::new(Pool { runtime: runtime.ok() });
    *current = Arc::downgrade(&pool);
    pool
  }

  /// Starts a task; false when the operating system gave no threads for the pool.
  pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> bool {
    match &self.runtime {
      Some(runtime) => {
        runtime.spawn(task);
        true
      }
      None => false,
    }
  }
}

impl Drop for Pool {
  fn drop(&mut self) {
    // The last share may be dropped by one of the pool's own threads, which cannot wait for itself.
    if let Some(runtime) = self.runtime.take() {
      runtime.shutdown_background();
    }
  }
}
