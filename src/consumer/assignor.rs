//! CustomAssignor that the user's own protocol computes.
//!
//! librdkafka's main thread asks for one and waits; JavaScript answers when it has it. The wait has a bound, since the
//! member sends no heartbeats meanwhile, and ends at once when the handle closes. JavaScript never waits for that thread.

use crate::ffi::{self, Assignor, AssignorRequest, Strategy};
use crate::napi::bridge::{hex, Bridge, Event, MemberText, ToJs};
use serde::Deserialize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often the wait looks whether JavaScript is still there; `end` ends it at once.
const LOOK: Duration = Duration::from_millis(200);

/// What JavaScript says that one member gets. It has checked it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberAssignment {
  member_id: String,
  partitions: Vec<(String, Vec<i32>)>,
  /// JSON text.
  user_data: Option<String>,
}

/// What a member learns with its assignment.
#[derive(Clone, Default)]
pub struct Joined {
  pub leader: bool,
  /// The leader's JSON text for this member.
  pub user_data: Option<String>,
}

#[derive(Default)]
struct State {
  /// By strategy: what this member tells the leader.
  metadata: Vec<Vec<u8>>,
  /// The number of the assignment that is waited for, or 0.
  wanted: u32,
  last: u32,
  /// None of the inner kind: there is no assignment.
  answer: Option<Option<Vec<MemberAssignment>>>,
  ended: bool,
  joined: Joined,
}

pub struct CustomAssignor {
  strategies: Vec<Strategy>,
  /// How long JavaScript may take.
  bound: Duration,
  bridge: Arc<Bridge>,
  state: Mutex<State>,
  changed: Condvar,
}

impl CustomAssignor {
  pub fn new(strategies: Vec<Strategy>, bound: Duration, bridge: Arc<Bridge>) -> Arc<CustomAssignor> {
    let metadata = vec![Vec::new(); strategies.len()];
    let state = Mutex::new(State { metadata, ..State::default() });
    Arc::new(CustomAssignor { strategies, bound, bridge, state, changed: Condvar::new() })
  }

  fn state(&self) -> MutexGuard<'_, State> {
    self.state.lock().unwrap_or_else(PoisonError::into_inner)
  }

  /// What this member tells the leader when it joins next.
  pub fn set_metadata(&self, strategy: usize, bytes: Vec<u8>) {
    if let Some(metadata) = self.state().metadata.get_mut(strategy) {
      *metadata = bytes;
    }
  }

  /// True while the assignment with this number is waited for.
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

impl Assignor for Arc<CustomAssignor> {
  fn metadata(&self, strategy: usize) -> Vec<u8> {
    self.state().metadata.get(strategy).cloned().unwrap_or_default()
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
    let protocol = self.strategies.get(request.strategy).map(|strategy| strategy.name.clone()).unwrap_or_default();
    let asked = self.bridge.post_made_by(|| {
      ToJs::Event(Event::AssignorRequested {
        number,
        protocol: protocol.clone(),
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
        .map(|MemberAssignment { member_id, partitions, user_data }| {
          let member = ids.iter().position(|id| *id == member_id).ok_or("a member that is not in the group")?;
          Ok(ffi::MemberAssignment { member, partitions, user_data: user_data.map(String::into_bytes) })
        })
        .collect(),
      Some(None) => Err("its assign function failed".into()),
      None if self.state().ended || self.bridge.is_closing() => Err("the member is closing".into()),
      None => {
        let timeout = u32::try_from(self.bound.as_millis()).unwrap_or(u32::MAX);
        self.bridge.event(Event::AssignmentOverdue { protocol, timeout });
        Err(format!("its assign function gave no assignment within {timeout} ms"))
      }
    }
  }

  fn joined(&self, leader: bool, user_data: Option<Vec<u8>>) {
    let user_data = user_data.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    self.state().joined = Joined { leader, user_data };
  }
}
