//! What JavaScript tells the thread.

use super::start_offsets::{StartError, StartOffsets, StartPolicy};
use crate::requests::Partition;
use serde::Deserialize;
use std::collections::VecDeque;

/// A command, as JSON text from JavaScript. Versions are of assignments, see `membership.rs`.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Command {
  /// Joins the group.
  Subscribe { topics: Vec<String>, start: StartPolicy },
  /// Fetches exactly these partitions from these offsets; for a consumer without group membership.
  SetAssignment { partitions: Vec<Partition> },
  /// JavaScript has seen the revocation of this version; `commit` are its last positions.
  Revoked { assignment_version: u32, commit: Vec<Partition> },
  /// Commits these offsets; the answer is an event with the same id. A member says under which assignment the records
  /// were handled, or in which generation: a commit that is older than the partition's assignment is not sent, and its
  /// answer is the broker's `ILLEGAL_GENERATION`.
  Commit { id: u32, partitions: Vec<Partition>, assignment_version: Option<u32>, generation_id: Option<i32> },
  /// Continues one partition somewhere else. Batches taken later carry this version or a higher one.
  Seek { topic: String, partition: i32, offset: i64, seek_version: u32 },
  /// Leaves the group without closing; `subscribe` joins it again.
  Unsubscribe,
  /// Stops.
  #[serde(skip)]
  Close,
  /// The positions to start a new assignment from have been found, or not.
  #[serde(skip)]
  Resolved { version: u32, outcome: Result<StartOffsets, StartError> },
}

#[derive(Default)]
pub(super) struct Inbox {
  pub commands: VecDeque<Command>,
  pub free_buffers: Vec<u32>,
}

impl Inbox {
  /// All buffers are free.
  pub fn with_buffers(count: usize) -> Inbox {
    Inbox { commands: VecDeque::new(), free_buffers: (0..count as u32).collect() }
  }
}
