//! A member's side of its group as a state machine: inputs in, actions out. It knows nothing of librdkafka, clocks or
//! JavaScript; the consumer's thread carries out the actions (`rebalance.rs`).
//!
//! There are two forms, chosen by the rebalance protocol that librdkafka uses. The *eager* form takes everything and
//! gives everything anew. The *incremental* form (cooperative-sticky, KIP-848) takes and gives only the difference, and
//! what a member retains continues undisturbed.
//!
//! Each partition carries the version of the assignment that gave it. Records and commits carry that version, too, so
//! that what belongs to an assignment that is gone can be told from what is current, partition by partition.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A partition: the topic's id within the handle, and its number.
pub type PartitionKey = (u32, i32);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
  Eager,
  Incremental,
}

/// What happens to a membership.
#[derive(Debug)]
pub enum Input {
  /// The group gives partitions: all there are (eager), or further ones (incremental).
  Given { form: Form, partitions: Vec<PartitionKey> },
  /// The group takes partitions: all (eager), or those (incremental). `lost`: it has already given them away.
  Taken { form: Form, partitions: Vec<PartitionKey>, lost: bool },
  /// The look-up that `Action::LookUpStart` requested has found where to start.
  StartFound { version: u32 },
  /// It has failed for good.
  StartMissing { version: u32 },
  /// JavaScript has dealt with the revocation of this version, and may have positions to commit.
  Released { version: u32, has_commit: bool, lost: bool },
  /// The commit that `Action::CommitPositions` requested has been answered, or could not be sent.
  CommitAnswered,
  /// Time has passed.
  Tick,
  /// The handle closes.
  Closing,
}

/// What the thread is to do, in this order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
  /// Drop the records of these partitions that have not been handed over.
  Forget(Vec<PartitionKey>),
  /// Look up where these partitions start.
  LookUpStart { version: u32, partitions: Vec<PartitionKey> },
  /// Tell librdkafka to fetch exactly the partitions whose start was found, then tell JavaScript.
  Assign { version: u32 },
  /// The same, in addition to what is already fetched.
  IncrementalAssign { version: u32 },
  /// Tell librdkafka to fetch nothing, and JavaScript why.
  AssignNothing { form: Form, version: u32 },
  /// Tell JavaScript that these partitions are being taken.
  AnnounceRevoked { form: Form, version: u32, partitions: Vec<PartitionKey>, lost: bool },
  /// Commit JavaScript's last positions.
  CommitPositions,
  /// Answer librdkafka: everything has been given up.
  Unassign,
  /// Answer librdkafka: these have been given up.
  IncrementalUnassign(Vec<PartitionKey>),
}

#[derive(Debug)]
enum State {
  /// Nothing is open between the group and this member.
  Steady,
  /// Partitions were given; their start is being looked up.
  Resolving {
    form: Form,
    version: u32,
    partitions: Vec<PartitionKey>,
  },
  /// Partitions are being taken; the answer is due.
  Revoking {
    form: Form,
    version: u32,
    /// With the version that each was assigned under: JavaScript may still commit.
    partitions: BTreeMap<PartitionKey, u32>,
    lost: bool,
    deadline: Instant,
    committing: bool,
  },
  Closed,
}

/// How long to wait for an answer.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
  /// For JavaScript, when partitions are taken.
  pub javascript: Duration,
  /// For the coordinator's answer to the last commit.
  pub commit: Duration,
}

/// What one handle has been assigned, and where it stands with its group.
#[derive(Debug)]
pub struct Membership {
  state: State,
  waits: Waits,
  /// Counts every change of the assignment.
  version: u32,
  /// What is being fetched, with the version of the assignment that gave it.
  assigned: BTreeMap<PartitionKey, u32>,
  /// False until the first assignment, and between an answer that gave up everything and the next assignment.
  is_member: bool,
}

impl Membership {
  pub fn new(waits: Waits) -> Membership {
    Membership { state: State::Steady, waits, version: 0, assigned: BTreeMap::new(), is_member: false }
  }

  /// The version of the last change.
  pub fn version(&self) -> u32 {
    self.version
  }

  /// The version of the assignment that this partition is fetched under.
  pub fn version_of(&self, partition: PartitionKey) -> Option<u32> {
    self.assigned.get(&partition).copied()
  }

  pub fn assigned(&self) -> &BTreeMap<PartitionKey, u32> {
    &self.assigned
  }

  /// True while the start of this version's partitions is being looked up.
  pub fn is_resolving(&self, wanted: u32) -> bool {
    matches!(self.state, State::Resolving { version, .. } if version == wanted)
  }

  /// True while everything is being taken away.
  pub fn is_giving_up(&self) -> bool {
    matches!(self.state, State::Revoking { .. }) && self.assigned.is_empty()
  }

  /// Whether the partition was given after the assignment of this version, so that what JavaScript says of it is about one
  /// that has gone.
  pub fn is_newer(&self, partition: PartitionKey, known: Option<u32>) -> bool {
    known.zip(self.assigned.get(&partition)).is_some_and(|(known, version)| *version > known)
  }

  /// Whether a commit of this partition, made under the assignment of this version or an earlier one, may be sent. What
  /// is being taken may be committed until the revocation has been answered, unless the group has given it away. A
  /// partition that is not this member's may be committed, too, as the broker allows, but not across a change.
  pub fn may_commit(&self, partition: PartitionKey, made_under: u32) -> bool {
    let (revoked, since) = match &self.state {
      State::Revoking { lost: true, .. } | State::Closed => return false,
      State::Revoking { partitions, version, .. } => (partitions.get(&partition), version - 1),
      _ => (None, self.version),
    };
    match revoked.or_else(|| self.assigned.get(&partition)) {
      Some(version) => *version <= made_under,
      None => self.is_member && made_under >= since,
    }
  }

  /// Fetches exactly these partitions from now on, without a group. Returns the assignment's version.
  pub fn set_assignment(&mut self, partitions: impl IntoIterator<Item = PartitionKey>) -> u32 {
    self.version += 1;
    let version = self.version;
    self.assigned = partitions.into_iter().map(|partition| (partition, version)).collect();
    version
  }

  pub fn handle(&mut self, input: Input, now: Instant) -> Vec<Action> {
    if matches!(self.state, State::Closed) {
      return Vec::new();
    }
    match input {
      Input::Given { form, partitions } => self.given(form, partitions),
      Input::Taken { form, partitions, lost } => self.taken(form, partitions, lost, now),
      Input::StartFound { version } => self.start_found(version),
      Input::StartMissing { version } => self.start_missing(version),
      Input::Released { version, has_commit, lost } => self.released(version, has_commit, lost, now),
      Input::CommitAnswered => match self.state {
        State::Revoking { committing: true, .. } => self.answer(),
        _ => Vec::new(),
      },
      Input::Tick => match self.state {
        State::Revoking { deadline, .. } if now >= deadline => self.answer(),
        _ => Vec::new(),
      },
      Input::Closing => {
        self.version += 1;
        self.state = State::Closed;
        vec![Action::Forget(std::mem::take(&mut self.assigned).into_keys().collect())]
      }
    }
  }

  fn given(&mut self, form: Form, mut partitions: Vec<PartitionKey>) -> Vec<Action> {
    let mut actions = Vec::new();
    match (form, std::mem::replace(&mut self.state, State::Steady)) {
      (Form::Eager, _) => actions.push(Action::Forget(std::mem::take(&mut self.assigned).into_keys().collect())),
      // The group moved on without waiting for an answer: what it took is given up first, what it gave is kept.
      (Form::Incremental, State::Revoking { partitions: taken, .. }) => {
        actions.push(Action::IncrementalUnassign(taken.into_keys().collect()));
      }
      (Form::Incremental, State::Resolving { partitions: before, .. }) => partitions.extend(before),
      (Form::Incremental, _) => {}
    }
    partitions.retain(|partition| !self.assigned.contains_key(partition));
    partitions.sort_unstable();
    partitions.dedup();
    self.version += 1;
    let version = self.version;
    self.state = State::Resolving { form, version, partitions: partitions.clone() };
    actions.push(Action::LookUpStart { version, partitions });
    actions
  }

  fn start_found(&mut self, found: u32) -> Vec<Action> {
    let (form, version, partitions) = match std::mem::replace(&mut self.state, State::Steady) {
      State::Resolving { form, version, partitions } if version == found => (form, version, partitions),
      other => {
        self.state = other;
        return Vec::new();
      }
    };
    self.assigned.extend(partitions.into_iter().map(|partition| (partition, version)));
    self.is_member = true;
    vec![match form {
      Form::Eager => Action::Assign { version },
      Form::Incremental => Action::IncrementalAssign { version },
    }]
  }

  /// The member stays, but fetches nothing of it: leaving would only hand the same problem to the next.
  fn start_missing(&mut self, missing: u32) -> Vec<Action> {
    match self.state {
      State::Resolving { form, version, .. } if version == missing => {
        self.state = State::Steady;
        vec![Action::AssignNothing { form, version }]
      }
      _ => Vec::new(),
    }
  }

  fn taken(&mut self, form: Form, partitions: Vec<PartitionKey>, lost: bool, now: Instant) -> Vec<Action> {
    let mut revoked = match (form, std::mem::replace(&mut self.state, State::Steady)) {
      // Lost in the middle of a revocation: one answer serves both.
      (Form::Incremental, State::Revoking { partitions, .. }) => partitions,
      _ => BTreeMap::new(),
    };
    match form {
      Form::Eager => revoked.append(&mut self.assigned),
      Form::Incremental => {
        // What never got a start is not assigned in librdkafka either, which would refuse to unassign it.
        revoked.extend(partitions.iter().filter_map(|key| self.assigned.remove_entry(key)));
      }
    }
    self.version += 1;
    let version = self.version;
    let keys: Vec<PartitionKey> = revoked.keys().copied().collect();
    let deadline = now + self.waits.javascript;
    self.state = State::Revoking { form, version, partitions: revoked, lost, deadline, committing: false };
    vec![Action::Forget(keys.clone()), Action::AnnounceRevoked { form, version, partitions: keys, lost }]
  }

  fn released(&mut self, released: u32, has_commit: bool, now_lost: bool, now: Instant) -> Vec<Action> {
    let State::Revoking { version, lost, deadline, committing, .. } = &mut self.state else { return Vec::new() };
    if *version != released || *committing {
      return Vec::new();
    }
    *lost |= now_lost;
    if has_commit && !*lost {
      *committing = true;
      *deadline = now + self.waits.commit;
      return vec![Action::CommitPositions];
    }
    self.answer()
  }

  /// Ends a revocation.
  fn answer(&mut self) -> Vec<Action> {
    match std::mem::replace(&mut self.state, State::Steady) {
      State::Revoking { form: Form::Eager, .. } => {
        self.is_member = false;
        vec![Action::Unassign]
      }
      State::Revoking { form: Form::Incremental, partitions, .. } => {
        vec![Action::IncrementalUnassign(partitions.into_keys().collect())]
      }
      other => {
        self.state = other;
        Vec::new()
      }
    }
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use Form::{Eager, Incremental};

  const A: PartitionKey = (0, 0);
  const B: PartitionKey = (0, 1);
  const C: PartitionKey = (1, 0);

  struct Member {
    membership: Membership,
    now: Instant,
  }

  impl Member {
    fn new() -> Member {
      let waits = Waits { javascript: Duration::from_secs(8), commit: Duration::from_secs(3) };
      Member { membership: Membership::new(waits), now: Instant::now() }
    }

    fn on(&mut self, input: Input) -> Vec<Action> {
      self.membership.handle(input, self.now)
    }

    fn given(&mut self, form: Form, partitions: &[PartitionKey]) -> Vec<Action> {
      self.on(Input::Given { form, partitions: partitions.to_vec() })
    }

    fn taken(&mut self, form: Form, partitions: &[PartitionKey], lost: bool) -> Vec<Action> {
      self.on(Input::Taken { form, partitions: partitions.to_vec(), lost })
    }

    /// Gets partitions and finds where they start.
    fn owning(form: Form, partitions: &[PartitionKey]) -> Member {
      let mut member = Member::new();
      member.given(form, partitions);
      let version = member.membership.version();
      member.on(Input::StartFound { version });
      member
    }

    fn released(&mut self, has_commit: bool) -> Vec<Action> {
      let version = self.membership.version();
      self.on(Input::Released { version, has_commit, lost: false })
    }
  }

  fn versions(member: &Member) -> Vec<(PartitionKey, u32)> {
    member.membership.assigned().iter().map(|(key, version)| (*key, *version)).collect()
  }

  #[test]
  fn what_is_given_is_fetched_once_its_start_is_known() {
    let mut member = Member::new();
    let actions = member.given(Eager, &[B, A]);
    assert_eq!(actions, [Action::Forget(vec![]), Action::LookUpStart { version: 1, partitions: vec![A, B] }]);
    assert!(versions(&member).is_empty());
    assert_eq!(member.on(Input::StartFound { version: 1 }), [Action::Assign { version: 1 }]);
    assert_eq!(versions(&member), [(A, 1), (B, 1)]);
  }

  #[test]
  fn knows_what_was_given_anew_since_an_assignment() {
    let mut member = Member::owning(Incremental, &[A]);
    member.given(Incremental, &[B]);
    member.on(Input::StartFound { version: 2 });
    let membership = &member.membership;
    assert_eq!([A, B].map(|partition| membership.is_newer(partition, Some(1))), [false, true]);
    assert_eq!([A, B].map(|partition| membership.is_newer(partition, Some(2))), [false, false]);
    assert!(!membership.is_newer(B, None) && !membership.is_newer(C, Some(1)));
  }

  #[test]
  fn eager_takes_everything_and_answers_after_the_last_commit() {
    let mut member = Member::owning(Eager, &[A, B]);
    let announced = Action::AnnounceRevoked { form: Eager, version: 2, partitions: vec![A, B], lost: false };
    assert_eq!(member.taken(Eager, &[A, B], false), [Action::Forget(vec![A, B]), announced]);
    assert!(member.membership.is_giving_up());
    assert_eq!(member.released(true), [Action::CommitPositions]);
    assert_eq!(member.released(true), []);
    assert_eq!(member.on(Input::CommitAnswered), [Action::Unassign]);
    assert_eq!(member.on(Input::CommitAnswered), []);
    assert!(!member.membership.is_giving_up());
  }

  #[test]
  fn without_positions_the_answer_comes_at_once() {
    let mut member = Member::owning(Eager, &[A]);
    member.taken(Eager, &[A], false);
    assert_eq!(member.released(false), [Action::Unassign]);
  }

  #[test]
  fn a_lost_assignment_is_answered_without_a_commit() {
    let mut member = Member::owning(Eager, &[A]);
    member.taken(Eager, &[A], true);
    assert_eq!(member.released(true), [Action::Unassign]);
    let mut member = Member::owning(Eager, &[A]);
    member.taken(Eager, &[A], false);
    assert_eq!(member.on(Input::Released { version: 2, has_commit: true, lost: true }), [Action::Unassign]);
  }

  #[test]
  fn javascript_and_the_coordinator_have_a_limit_each() {
    let mut member = Member::owning(Eager, &[A]);
    member.taken(Eager, &[A], false);
    member.now += Duration::from_millis(7999);
    assert_eq!(member.on(Input::Tick), []);
    member.now += Duration::from_millis(1);
    assert_eq!(member.on(Input::Tick), [Action::Unassign]);
    let mut member = Member::owning(Eager, &[A]);
    member.taken(Eager, &[A], false);
    member.released(true);
    member.now += Duration::from_secs(3);
    assert_eq!(member.on(Input::Tick), [Action::Unassign]);
  }

  #[test]
  fn answers_for_another_assignment_change_nothing() {
    let mut member = Member::owning(Eager, &[A]);
    assert_eq!(member.on(Input::StartFound { version: 1 }), []);
    assert_eq!(member.on(Input::Released { version: 1, has_commit: true, lost: false }), []);
    member.taken(Eager, &[A], false);
    assert_eq!(member.on(Input::Released { version: 1, has_commit: true, lost: false }), []);
    member.released(false);
    member.given(Eager, &[A]);
    assert_eq!(member.on(Input::StartFound { version: 1 }), []);
    assert_eq!(member.on(Input::StartMissing { version: 2 }), []);
    assert_eq!(member.on(Input::StartMissing { version: 3 }), [Action::AssignNothing { form: Eager, version: 3 }]);
    assert!(versions(&member).is_empty());
  }

  #[test]
  fn incremental_gives_and_takes_the_difference_and_leaves_the_rest_alone() {
    let mut member = Member::owning(Incremental, &[A, B]);
    let announced = Action::AnnounceRevoked { form: Incremental, version: 2, partitions: vec![B], lost: false };
    assert_eq!(member.taken(Incremental, &[B], false), [Action::Forget(vec![B]), announced]);
    assert!(!member.membership.is_giving_up());
    assert_eq!(versions(&member), [(A, 1)]);
    assert_eq!(member.released(true), [Action::CommitPositions]);
    assert_eq!(member.on(Input::CommitAnswered), [Action::IncrementalUnassign(vec![B])]);
    let actions = member.given(Incremental, &[C]);
    assert_eq!(actions, [Action::LookUpStart { version: 3, partitions: vec![C] }]);
    assert_eq!(versions(&member), [(A, 1)]);
    assert_eq!(member.on(Input::StartFound { version: 3 }), [Action::IncrementalAssign { version: 3 }]);
    assert_eq!(versions(&member), [(A, 1), (C, 3)]);
  }

  #[test]
  fn incremental_gives_back_only_what_was_assigned() {
    let mut member = Member::owning(Incremental, &[A]);
    member.given(Incremental, &[B]);
    let failed = Action::AssignNothing { form: Incremental, version: 2 };
    assert_eq!(member.on(Input::StartMissing { version: 2 }), [failed]);
    member.taken(Incremental, &[A, B], true);
    assert_eq!(member.released(false), [Action::IncrementalUnassign(vec![A])]);
  }

  #[test]
  fn partitions_lost_during_a_revocation_are_answered_with_it() {
    let mut member = Member::owning(Incremental, &[A, B]);
    member.taken(Incremental, &[A], false);
    member.taken(Incremental, &[B], true);
    assert!(member.membership.is_giving_up());
    assert_eq!(member.on(Input::Released { version: 2, has_commit: false, lost: false }), []);
    assert_eq!(member.released(true), [Action::IncrementalUnassign(vec![A, B])]);
  }

  #[test]
  fn a_group_that_gives_without_waiting_for_an_answer_gets_both() {
    let mut member = Member::owning(Incremental, &[A]);
    member.taken(Incremental, &[A], true);
    let actions = member.given(Incremental, &[A]);
    let expected = [Action::IncrementalUnassign(vec![A]), Action::LookUpStart { version: 3, partitions: vec![A] }];
    assert_eq!(actions, expected);
    let mut member = Member::new();
    member.given(Incremental, &[A]);
    let actions = member.given(Incremental, &[B]);
    assert_eq!(actions, [Action::LookUpStart { version: 2, partitions: vec![A, B] }]);
    let mut member = Member::owning(Eager, &[A]);
    member.taken(Eager, &[A], true);
    let actions = member.given(Eager, &[A]);
    assert_eq!(actions, [Action::Forget(vec![]), Action::LookUpStart { version: 3, partitions: vec![A] }]);
  }

  #[test]
  fn a_commit_counts_for_the_assignment_it_was_made_under() {
    let mut member = Member::owning(Eager, &[A]);
    assert!(!Member::new().membership.may_commit(A, 0));
    assert!(member.membership.may_commit(A, 1));
    member.taken(Eager, &[A], false);
    // Before and after JavaScript has heard of the revocation, until it is answered.
    assert!(member.membership.may_commit(A, 1) && member.membership.may_commit(A, 2));
    member.released(false);
    assert!(!member.membership.may_commit(A, 1) && !member.membership.may_commit(A, 2));
    member.given(Eager, &[A]);
    member.on(Input::StartFound { version: 3 });
    assert!(!member.membership.may_commit(A, 1) && !member.membership.may_commit(A, 2));
    assert!(member.membership.may_commit(A, 3));
    member.taken(Eager, &[A], true);
    assert!(!member.membership.may_commit(A, 3));
  }

  #[test]
  fn a_foreign_partition_may_be_committed_but_not_across_a_change() {
    let mut member = Member::owning(Eager, &[A]);
    assert!(member.membership.may_commit(C, 1));
    member.taken(Eager, &[A], false);
    assert!(member.membership.may_commit(C, 1) && member.membership.may_commit(C, 2));
    member.released(false);
    assert!(!member.membership.may_commit(C, 2));
    member.given(Eager, &[B]);
    assert!(!member.membership.may_commit(C, 3));
    member.on(Input::StartFound { version: 3 });
    assert!(!member.membership.may_commit(A, 2) && member.membership.may_commit(A, 3));
  }

  #[test]
  fn a_retained_partition_may_be_committed_under_its_old_version() {
    let mut member = Member::owning(Incremental, &[A, B]);
    member.taken(Incremental, &[B], false);
    member.released(false);
    assert!(member.membership.may_commit(A, 1));
    assert!(!member.membership.may_commit(B, 1));
  }

  #[test]
  fn a_fixed_assignment_replaces_the_one_before() {
    let mut member = Member::new();
    assert_eq!(member.membership.set_assignment([A, B]), 1);
    assert_eq!(member.membership.set_assignment([B]), 2);
    assert_eq!((member.membership.version_of(A), member.membership.version_of(B)), (None, Some(2)));
  }

  #[test]
  fn nothing_happens_after_closing() {
    let mut member = Member::owning(Incremental, &[A]);
    assert_eq!(member.on(Input::Closing), [Action::Forget(vec![A])]);
    assert_eq!(member.given(Incremental, &[B]), []);
    assert_eq!(member.taken(Incremental, &[A], true), []);
    assert!(versions(&member).is_empty());
  }
}
