//! What JavaScript tells the thread.

use super::start_offsets::{StartError, StartOffsets, StartPolicy};
use crate::ffi::SharedBuffer;
use crate::requests::Partition;
use serde::Deserialize;
use std::collections::VecDeque;

/// A command, as JSON text from JavaScript. Versions are of assignments, see `membership.rs`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Command {
  /// Joins the group.
  Subscribe { topics: Vec<String>, start: StartPolicy },
  /// Fetches exactly these partitions from these offsets; for a consumer without group membership.
  SetAssignment { partitions: Vec<Partition> },
  /// JavaScript has seen the revocation of this version; `commit` holds its last positions.
  Revoked { assignment_version: u32, commit: Vec<Partition> },
  /// Commits these offsets; the answer is an event with the same id. A member states under which assignment the records
  /// were handled, or in which generation: a commit that is older than the partition's assignment is not sent, and its
  /// answer is the broker's `ILLEGAL_GENERATION`.
  Commit { id: u32, partitions: Vec<Partition>, assignment_version: Option<u32>, generation_id: Option<i32> },
  /// Continues one partition elsewhere. Batches taken later carry this version or a higher one. With the version of the
  /// assignment that it is about, nothing happens if the partition was given anew since.
  Seek { topic: String, partition: i32, offset: i64, seek_version: u32, assignment_version: Option<u32> },
  /// Stops fetching these partitions, or goes on with them; what was fetched ahead of the position is dropped. It counts
  /// until the partition is taken. The version as for a seek.
  Pause { partitions: Vec<Partition>, paused: bool, assignment_version: Option<u32> },
  /// Leaves the group without closing; `subscribe` joins it again.
  Unsubscribe,
  /// Stops.
  #[serde(skip)]
  Close,
  /// The positions to start a new assignment from have been found, or not.
  #[serde(skip)]
  Resolved { version: u32, outcome: Result<StartOffsets, StartError> },
}

pub(super) struct Inbox {
  pub commands: VecDeque<Command>,
  /// The buffers that are lent to the thread and that it has not taken.
  free_buffers: Vec<u32>,
  /// By number, without the one that the thread has taken.
  buffers: Vec<Option<SharedBuffer>>,
}

impl Inbox {
  /// All buffers are free.
  pub fn with_buffers(buffers: Vec<SharedBuffer>) -> Inbox {
    let free_buffers = (0..buffers.len() as u32).collect();
    Inbox { commands: VecDeque::new(), free_buffers, buffers: buffers.into_iter().map(Some).collect() }
  }

  pub fn has_free_buffer(&self) -> bool {
    !self.free_buffers.is_empty()
  }

  /// A free buffer, for the thread to fill.
  pub fn take_buffer(&mut self) -> Option<(u32, SharedBuffer)> {
    let number = self.free_buffers.pop()?;
    Some((number, self.buffers[number as usize].take()?))
  }

  /// The thread has filled what it took: JavaScript is told next.
  pub fn filled(&mut self, number: u32, buffer: SharedBuffer) {
    self.buffers[number as usize] = Some(buffer);
  }

  /// The thread can use the buffer, or use it again.
  pub fn credit(&mut self, number: u32) {
    self.free_buffers.push(number);
  }

  /// Other memory for a buffer that JavaScript has. False, and nothing is changed, if it has been given back.
  pub fn replace_buffer(&mut self, number: u32, buffer: SharedBuffer) -> bool {
    if self.free_buffers.contains(&number) {
      return false;
    }
    match self.buffers.get_mut(number as usize) {
      Some(Some(before)) => *before = buffer,
      _ => return false,
    }
    true
  }
}
