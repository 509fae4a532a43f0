use super::super::{c_string, sys, Client, PartitionList, PartitionOffset};
use super::{ask, error_of, later, millis, pointers, Answer, Later, Options};
use crate::ffi::error::{code, is_retriable, KafkaError};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// Which records there are, for a question about offsets.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Isolation {
  /// Those of open transactions too.
  #[default]
  ReadUncommitted,
  /// The end is before the first record of an open transaction.
  ReadCommitted,
}

/// The offsets for times; blocks up to `timeout`. Each partition's `offset` is a time in ms; -1 asks for the end, -2 for
/// the beginning, -3 for the record with the greatest time. The answer has -1 if every record is older.
pub fn list_offsets(
  client: &Arc<Client>,
  partitions: &PartitionList,
  isolation: Isolation,
  timeout: Duration,
) -> Result<Vec<PartitionOffset>, KafkaError> {
  let wait = millis(timeout);
  let options = Options::new(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTOFFSETS, wait);
  options.isolation(isolation)?;
  let answer = ask(client, &options, wait, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the list.
    unsafe { sys::rd_kafka_ListOffsets(rk, partitions.raw(), options, queue) }
  })?;
  let mut count = 0;
  // SAFETY: the answer is this operation's, and its parts are read while it is live.
  unsafe {
    let result = sys::rd_kafka_event_ListOffsets_result(answer.raw);
    let infos = pointers(sys::rd_kafka_ListOffsets_result_infos(result, &mut count), count);
    let offsets: Vec<_> =
      infos.map(|info| PartitionOffset::read(sys::rd_kafka_ListOffsetsResultInfo_topic_partition(info))).collect();
    // A leader that did not answer, or is none any more, is asked again. Codes below 0 are librdkafka's own.
    let is_unanswered = |error| error < 0 && is_retriable(error);
    match offsets.iter().find(|partition| is_unanswered(partition.error)) {
      Some(unanswered) => Err(KafkaError::new(unanswered.error)),
      None => Ok(offsets),
    }
  }
}

/// Owner of a question for a group's offsets (`rd_kafka_ListConsumerGroupOffsets_t`).
struct Question(*mut sys::rd_kafka_ListConsumerGroupOffsets_t);

impl Drop for Question {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_ListConsumerGroupOffsets_destroy(self.0) }
  }
}

/// What a group, which need not be the client's own, has committed; blocks up to `timeout`. -1001 stands for nothing.
/// Without a list the answer has all partitions with a commit.
pub fn group_offsets(
  client: &Arc<Client>,
  group: &str,
  partitions: Option<&PartitionList>,
  timeout: Duration,
) -> Result<Vec<PartitionOffset>, KafkaError> {
  let (wait, group) = (millis(timeout), c_string(group));
  let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS;
  let options = Options::new(client, operation, wait);
  let list = partitions.map_or(std::ptr::null_mut(), PartitionList::raw);
  // SAFETY: NUL-terminated name, null or live list; both are copied.
  let question = Question(unsafe { sys::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), list) });
  let answer = ask(client, &options, wait, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the one question.
    unsafe { sys::rd_kafka_ListConsumerGroupOffsets(rk, &mut { question.0 }, 1, options, queue) }
  })?;
  let mut count = 0;
  // SAFETY: the answer is this operation's, and its parts are read while it is live.
  unsafe {
    let result = sys::rd_kafka_event_ListConsumerGroupOffsets_result(answer.raw);
    partitions_of(pointers(sys::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count), count).next())
  }
}

/// Owner of a commit for a group (`rd_kafka_AlterConsumerGroupOffsets_t`).
struct Commit(*mut sys::rd_kafka_AlterConsumerGroupOffsets_t);

impl Drop for Commit {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_AlterConsumerGroupOffsets_destroy(self.0) }
  }
}

/// Commits offsets with their metadata for a group, without being a member; blocks up to `timeout`. Brokers refuse that
/// for a group with active members; the refusal is in each partition's `error`.
pub fn commit_group_offsets(
  client: &Arc<Client>,
  group: &str,
  partitions: &PartitionList,
  timeout: Duration,
) -> Result<Vec<PartitionOffset>, KafkaError> {
  let (wait, group) = (millis(timeout), c_string(group));
  let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS;
  let options = Options::new(client, operation, wait);
  // SAFETY: NUL-terminated name, live list; both are copied.
  let commit = Commit(unsafe { sys::rd_kafka_AlterConsumerGroupOffsets_new(group.as_ptr(), partitions.raw()) });
  let answer = ask(client, &options, wait, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the one commit.
    unsafe { sys::rd_kafka_AlterConsumerGroupOffsets(rk, &mut { commit.0 }, 1, options, queue) }
  })?;
  let mut count = 0;
  // SAFETY: the answer is this operation's, and its parts are read while it is live.
  unsafe {
    let result = sys::rd_kafka_event_AlterConsumerGroupOffsets_result(answer.raw);
    partitions_of(pointers(sys::rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &mut count), count).next())
  }
}

/// Owner of a group's offsets to delete (`rd_kafka_DeleteConsumerGroupOffsets_t`).
struct Deletion(*mut sys::rd_kafka_DeleteConsumerGroupOffsets_t);

impl Drop for Deletion {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_DeleteConsumerGroupOffsets_destroy(self.0) }
  }
}

/// Asks the coordinator to forget what a group has committed; never blocks. Brokers refuse it for topics that members of
/// the group are subscribed to; the refusal is in each partition's `error`.
pub fn delete_group_offsets(
  client: &Arc<Client>,
  group: &str,
  partitions: &PartitionList,
  timeout: Duration,
) -> Later<Vec<PartitionOffset>> {
  let (wait, group) = (millis(timeout), c_string(group));
  let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS;
  let options = Options::new(client, operation, wait);
  // SAFETY: NUL-terminated name, live list; both are copied.
  let deletion = Deletion(unsafe { sys::rd_kafka_DeleteConsumerGroupOffsets_new(group.as_ptr(), partitions.raw()) });
  let read = |answer: &Answer| {
    let mut count = 0;
    // SAFETY: the answer is this operation's, and its parts are read while it is live.
    unsafe {
      let result = sys::rd_kafka_event_DeleteConsumerGroupOffsets_result(answer.raw);
      partitions_of(pointers(sys::rd_kafka_DeleteConsumerGroupOffsets_result_groups(result, &mut count), count).next())
    }
  };
  later(client, &options, wait, read, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the one request.
    unsafe { sys::rd_kafka_DeleteConsumerGroupOffsets(rk, &mut { deletion.0 }, 1, options, queue) }
  })
}

/// The partitions of the one group that was asked for.
///
/// # Safety
/// The group's result, if any, is live during the call.
unsafe fn partitions_of(
  group: Option<*const sys::rd_kafka_group_result_t>,
) -> Result<Vec<PartitionOffset>, KafkaError> {
  let group = group.ok_or_else(|| KafkaError::new(code::FAIL))?;
  // SAFETY: live by the caller's promise; error and list are the result's own and only read.
  unsafe {
    if let Some(error) = error_of(sys::rd_kafka_group_result_error(group)) {
      return Err(error);
    }
    Ok(PartitionList::copy_of(sys::rd_kafka_group_result_partitions(group)).to_vec())
  }
}
