//! Which partitions are not fetched: those that JavaScript has paused, or all of them, for a while.

use super::PartitionKey;
use std::collections::BTreeSet;

/// Each method returns what librdkafka has to be told.
#[derive(Default)]
pub(super) struct Pauses {
  all: bool,
  /// Counts until the partition is taken.
  by_javascript: BTreeSet<PartitionKey>,
  /// librdkafka does not forget a pause when the partition is taken.
  in_librdkafka: BTreeSet<PartitionKey>,
}

impl Pauses {
  pub fn are_all(&self) -> bool {
    self.all
  }

  fn is_paused(&self, partition: PartitionKey) -> bool {
    self.all || self.by_javascript.contains(&partition)
  }

  /// JavaScript pauses these: what is to be paused.
  pub fn pause(&mut self, mut partitions: Vec<PartitionKey>) -> Vec<PartitionKey> {
    partitions.retain(|partition| self.by_javascript.insert(*partition) && !self.all);
    self.in_librdkafka.extend(&partitions);
    partitions
  }

  /// JavaScript resumes these: what is to be resumed.
  pub fn resume(&mut self, mut partitions: Vec<PartitionKey>) -> Vec<PartitionKey> {
    partitions.retain(|partition| self.by_javascript.remove(partition));
    self.resumed(partitions)
  }

  /// Nothing is fetched from now on, and these are what is assigned: what is to be paused.
  pub fn pause_all(&mut self, assigned: Vec<PartitionKey>) -> Vec<PartitionKey> {
    self.all = true;
    self.in_librdkafka.extend(&assigned);
    assigned
  }

  /// The end of that: what is to be resumed.
  pub fn resume_all(&mut self, assigned: Vec<PartitionKey>) -> Vec<PartitionKey> {
    if std::mem::take(&mut self.all) {
      self.resumed(assigned)
    } else {
      Vec::new()
    }
  }

  /// These have just been assigned: what is to be paused, and what is to be resumed.
  pub fn assigned(&mut self, partitions: Vec<PartitionKey>) -> (Vec<PartitionKey>, Vec<PartitionKey>) {
    let (paused, fetched): (Vec<_>, Vec<_>) = partitions.into_iter().partition(|partition| self.is_paused(*partition));
    self.in_librdkafka.extend(&paused);
    (paused, self.resumed(fetched))
  }

  /// The partition is not this consumer's any more.
  pub fn taken(&mut self, partition: PartitionKey) {
    self.by_javascript.remove(&partition);
  }

  fn resumed(&mut self, mut partitions: Vec<PartitionKey>) -> Vec<PartitionKey> {
    partitions.retain(|partition| !self.is_paused(*partition) && self.in_librdkafka.remove(partition));
    partitions
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  const A: PartitionKey = (0, 0);
  const B: PartitionKey = (0, 1);

  #[test]
  fn javascript_pauses_and_resumes_once() {
    let mut pauses = Pauses::default();
    assert_eq!(pauses.pause(vec![A]), [A]);
    assert!(pauses.pause(vec![A]).is_empty());
    assert_eq!(pauses.resume(vec![A, B]), [A]);
    assert!(pauses.resume(vec![A]).is_empty());
  }

  #[test]
  fn what_javascript_pauses_while_all_are_paused_stays_paused_afterwards() {
    let mut pauses = Pauses::default();
    assert_eq!(pauses.pause_all(vec![A, B]), [A, B]);
    assert!(pauses.pause(vec![A]).is_empty());
    assert_eq!(pauses.resume_all(vec![A, B]), [B]);
    assert!(pauses.resume_all(vec![A, B]).is_empty());
    assert_eq!(pauses.resume(vec![A]), [A]);
  }

  #[test]
  fn what_javascript_resumes_while_all_are_paused_is_fetched_afterwards() {
    let mut pauses = Pauses::default();
    pauses.pause(vec![A]);
    pauses.pause_all(vec![A, B]);
    assert!(pauses.resume(vec![A]).is_empty());
    assert_eq!(pauses.resume_all(vec![A, B]), [A, B]);
  }

  #[test]
  fn what_was_paused_when_it_was_taken_is_fetched_when_it_comes_back() {
    let mut pauses = Pauses::default();
    pauses.pause(vec![A]);
    pauses.taken(A);
    assert_eq!(pauses.assigned(vec![A, B]), (vec![], vec![A]));
    assert_eq!(pauses.assigned(vec![A, B]), (vec![], vec![]));
  }

  #[test]
  fn what_was_taken_while_all_were_paused_is_fetched_when_it_comes_back_later() {
    let mut pauses = Pauses::default();
    pauses.pause_all(vec![A, B]);
    pauses.taken(A);
    assert_eq!(pauses.resume_all(vec![B]), [B]);
    assert_eq!(pauses.assigned(vec![A]), (vec![], vec![A]));
  }

  #[test]
  fn what_comes_while_all_are_paused_is_paused() {
    let mut pauses = Pauses::default();
    pauses.pause_all(vec![A]);
    assert_eq!(pauses.assigned(vec![B]), (vec![B], vec![]));
    assert_eq!(pauses.resume_all(vec![A, B]), [A, B]);
  }

  /// librdkafka may have dropped its object of the partition meanwhile, and the pause with it.
  #[test]
  fn what_is_assigned_again_while_it_is_paused_is_paused_again() {
    let mut pauses = Pauses::default();
    pauses.pause(vec![A]);
    assert_eq!(pauses.assigned(vec![A]), (vec![A], vec![]));
  }
}
