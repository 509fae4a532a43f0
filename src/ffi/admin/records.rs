use super::super::{sys, Client, PartitionList, PartitionOffset};
use super::{error_of, later, millis, pointers, Answer, Later, Options};
use crate::ffi::error::{code, KafkaError};
use std::sync::Arc;
use std::time::Duration;

/// Owner of a request to delete records (`rd_kafka_DeleteRecords_t`).
struct Deletion(*mut sys::rd_kafka_DeleteRecords_t);

impl Drop for Deletion {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_DeleteRecords_destroy(self.0) }
  }
}

/// Asks the leaders to delete what is before each partition's `offset`; -1 deletes all. Never blocks. The answer has the
/// new low watermarks.
pub fn delete_records(
  client: &Arc<Client>,
  partitions: &PartitionList,
  timeout: Duration,
) -> Later<Vec<PartitionOffset>> {
  let wait = millis(timeout);
  let options = Options::new(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DELETERECORDS, wait);
  options.wait_for_effect(wait);
  // SAFETY: live list, which is copied.
  let deletion = Deletion(unsafe { sys::rd_kafka_DeleteRecords_new(partitions.raw()) });
  later(client, &options, wait, read_low_watermarks, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the one request.
    unsafe { sys::rd_kafka_DeleteRecords(rk, &mut { deletion.0 }, 1, options, queue) }
  })
}

fn read_low_watermarks(answer: &Answer) -> Result<Vec<PartitionOffset>, KafkaError> {
  // SAFETY: the answer is this operation's, and its list is copied while it is live.
  unsafe {
    let result = sys::rd_kafka_event_DeleteRecords_result(answer.raw);
    if result.is_null() {
      return Err(KafkaError::new(code::FAIL));
    }
    Ok(PartitionList::copy_of(sys::rd_kafka_DeleteRecords_result_offsets(result)).to_vec())
  }
}

/// Owner of a request for elections (`rd_kafka_ElectLeaders_t`).
struct Election(*mut sys::rd_kafka_ElectLeaders_t);

impl Drop for Election {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_ElectLeaders_destroy(self.0) }
  }
}

/// One partition's part of an answer, with the broker's own text.
pub struct PartitionOutcome {
  pub topic: String,
  pub partition: i32,
  pub error: Option<KafkaError>,
}

/// Asks the controller to elect leaders: the preferred replicas, or, if `unclean`, replicas that may lack records, for
/// partitions that have no leader. Without a list it is about all partitions. Never blocks.
pub fn elect_leaders(
  client: &Arc<Client>,
  unclean: bool,
  partitions: Option<&PartitionList>,
  timeout: Duration,
) -> Later<Vec<PartitionOutcome>> {
  let wait = millis(timeout);
  let options = Options::new(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ELECTLEADERS, wait);
  options.wait_for_effect(wait);
  let kind = match unclean {
    true => sys::rd_kafka_ElectionType_t::RD_KAFKA_ELECTION_TYPE_UNCLEAN,
    false => sys::rd_kafka_ElectionType_t::RD_KAFKA_ELECTION_TYPE_PREFERRED,
  };
  let list = partitions.map_or(std::ptr::null_mut(), PartitionList::raw);
  // SAFETY: the list is null or live, and copied.
  let election = Election(unsafe { sys::rd_kafka_ElectLeaders_new(kind, list) });
  later(client, &options, wait, read_elections, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the request.
    unsafe { sys::rd_kafka_ElectLeaders(rk, election.0, options, queue) }
  })
}

fn read_elections(answer: &Answer) -> Result<Vec<PartitionOutcome>, KafkaError> {
  let mut count = 0;
  // SAFETY: the answer is this operation's, and its parts are read while it is live.
  unsafe {
    let result = sys::rd_kafka_event_ElectLeaders_result(answer.raw);
    let partitions = pointers(sys::rd_kafka_ElectLeaders_result_partitions(result, &mut count), count);
    Ok(
      partitions
        .map(|partition| {
          let element = PartitionOffset::read(sys::rd_kafka_topic_partition_result_partition(partition));
          let error = error_of(sys::rd_kafka_topic_partition_result_error(partition));
          PartitionOutcome { topic: element.topic, partition: element.partition, error }
        })
        .collect(),
    )
  }
}
