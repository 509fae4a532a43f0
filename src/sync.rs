//! Locks as this crate uses them.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex that stays usable after a panic: every holder leaves what it guards in a valid state.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
  mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
