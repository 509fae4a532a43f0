//! Assignments that the user's custom assignors compute.
//!
//! librdkafka's main thread asks for one and waits; JavaScript answers once it is ready. The wait is bounded, since the
//! member sends no heartbeats meanwhile, and ends at once when the handle closes. JavaScript never waits for it.

use crate::bridge::{bytes, hex, Bridge, Event, MemberText, ToJs};
use crate::ffi::{self, Assignor, AssignorCallbacks, AssignorRequest};
use serde::Deserialize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the wait checks whether JavaScript is still there; `end` ends it at once.
const LOOK: Duration = Duration::from_millis(200);

/// What one member gets according to JavaScript, which has checked it.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct MemberAssignment {
  member_id: String,
  partitions: Vec<(String, Vec<i32>)>,
  /// JSON text.
  user_data: Option<String>,
  /// Bytes instead of JSON text, in hexadecimal.
  #[serde(default)]
  user_data_hex: Option<String>,
}

impl MemberAssignment {
  fn user_data(&self) -> Option<Vec<u8>> {
    let hex = self.user_data_hex.as_ref().map(|text| bytes(text));
    hex.or_else(|| self.user_data.as_ref().map(|text| text.clone().into_bytes()))
  }
}

/// What a member learns with its assignment.
#[derive(Clone, Default)]
pub struct Joined {
  pub leader: bool,
  /// The assignor that the group has chosen.
  pub assignor: Option<String>,
  /// The leader's JSON text for this member.
  pub user_data: Option<String>,
}

#[derive(Default)]
struct State {
  /// By assignor: what this member tells the leader.
  metadata: Vec<Vec<u8>>,
  /// The number of the assignment that the wait is for, or 0.
  wanted: u32,
  last: u32,
  /// `Some(None)`: there is no assignment.
  answer: Option<Option<Vec<MemberAssignment>>>,
  ended: bool,
  joined: Joined,
}

pub struct CustomAssignors {
  assignors: Vec<Assignor>,
  /// How long JavaScript may take.
  bound: Duration,
  bridge: Arc<Bridge>,
  state: Mutex<State>,
  changed: Condvar,
}

impl CustomAssignors {
  pub fn new(assignors: Vec<Assignor>, bound: Duration, bridge: Arc<Bridge>) -> Arc<CustomAssignors> {
    let metadata = vec![Vec::new(); assignors.len()];
    let state = Mutex::new(State { metadata, ..State::default() });
    Arc::new(CustomAssignors { assignors, bound, bridge, state, changed: Condvar::new() })
  }

  fn state(&self) -> MutexGuard<'_, State> {
    self.state.lock().unwrap_or_else(PoisonError::into_inner)
  }

  /// What this member tells the leader when it next joins.
  pub fn set_metadata(&self, assignor: usize, bytes: Vec<u8>) {
    if let Some(metadata) = self.state().metadata.get_mut(assignor) {
      *metadata = bytes;
    }
  }

  /// True as long as the wait is for the assignment with this number.
  pub fn is_wanted(&self, number: u32) -> bool {
    let state = self.state();
    state.wanted == number && state.answer.is_none() && !state.ended
  }

  /// False when the answer comes too late, or is not the first.
  pub fn answer(&self, number: u32, assignments: Option<Vec<MemberAssignment>>) -> bool {
    let mut state = self.state();
    if state.wanted != number || state.answer.is_some() || state.ended {
      return false;
    }
    state.answer = Some(assignments);
    self.changed.notify_all();
    true
  }

  /// Ends the wait, if there is one, and all later ones.
  pub fn end(&self) {
    self.state().ended = true;
    self.changed.notify_all();
  }

  pub fn joined_as(&self) -> Joined {
    self.state().joined.clone()
  }

  fn wait(&self, number: u32) -> Option<Option<Vec<MemberAssignment>>> {
    let deadline = Instant::now() + self.bound;
    let mut state = self.state();
    loop {
      if let Some(answer) = state.answer.take() {
        state.wanted = 0;
        return Some(answer);
      }
      let left = deadline.saturating_duration_since(Instant::now());
      if state.ended || self.bridge.is_closing() || left.is_zero() || state.wanted != number {
        state.wanted = 0;
        return None;
      }
      state = self.changed.wait_timeout(state, left.min(LOOK)).unwrap_or_else(PoisonError::into_inner).0;
    }
  }
}

impl AssignorCallbacks for Arc<CustomAssignors> {
  fn metadata(&self, assignor: usize) -> Vec<u8> {
    self.state().metadata.get(assignor).cloned().unwrap_or_default()
  }

  fn assign(&self, request: AssignorRequest) -> Result<Vec<ffi::MemberAssignment>, String> {
    let number = {
      let mut state = self.state();
      // 0 is for "none".
      state.last = state.last.wrapping_add(1).max(1);
      state.wanted = state.last;
      state.answer = None;
      state.last
    };
    let ids: Vec<String> = request.members.iter().map(|member| member.id.clone()).collect();
    let assignor = self.assignors.get(request.assignor).map(|assignor| assignor.name.clone()).unwrap_or_default();
    let asked = self.bridge.post_made_by(|| {
      ToJs::Event(Event::AssignorRequested {
        number,
        assignor: assignor.clone(),
        member_id: request.member_id,
        generation_id: request.generation_id,
        members: request
          .members
          .into_iter()
          .map(|member| MemberText { id: member.id, metadata: hex(&member.metadata) })
          .collect(),
        topics: request.topics,
      })
    });
    if !asked {
      return Err("the member is closing".into());
    }
    match self.wait(number) {
      Some(Some(assignments)) => assignments
        .into_iter()
        .map(|assignment| {
          let user_data = assignment.user_data();
          let MemberAssignment { member_id, partitions, .. } = assignment;
          let member = ids.iter().position(|id| *id == member_id).ok_or("a member that is not in the group")?;
          Ok(ffi::MemberAssignment { member, partitions, user_data })
        })
        .collect(),
      Some(None) => Err("its assign function failed".into()),
      None if self.state().ended || self.bridge.is_closing() => Err("the member is closing".into()),
      None => {
        let timeout = u32::try_from(self.bound.as_millis()).unwrap_or(u32::MAX);
        self.bridge.event(Event::AssignmentOverdue { assignor, timeout });
        Err(format!("its assign function gave no assignment within {timeout} ms"))
      }
    }
  }

  fn joined(&self, assignor: usize, leader: bool, user_data: Option<Vec<u8>>) {
    let user_data = user_data.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let assignor = self.assignors.get(assignor).map(|assignor| assignor.name.clone());
    self.state().joined = Joined { leader, assignor, user_data };
  }
}
