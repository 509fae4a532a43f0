//! Locks as this crate uses them.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex that stays usable after a panic: every holder leaves what it guards in a valid state.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
  mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
  static IS_POOL_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as one of a pool, which must not wait for librdkafka to end.
pub fn mark_pool_thread() {
  IS_POOL_THREAD.with(|is| is.set(true));
}

pub fn is_pool_thread() -> bool {
  IS_POOL_THREAD.with(Cell::get)
}
