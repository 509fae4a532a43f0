//! Transactions of a producer. All calls but `begin` block up to their time-out, and go on where they were when they are
//! called again after it.

use super::{c_string, sys, take_error, Client, PartitionList};
use crate::ffi::error::KafkaError;
use std::time::Duration;

/// Whose offsets are committed with a transaction.
#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct GroupIdentity {
  pub group_id: String,
  /// Of the member that has the partitions; without one the broker does not check that they are still its own.
  pub member: Option<MemberIdentity>,
}

#[derive(serde::Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct MemberIdentity {
  pub generation_id: i32,
  pub member_id: String,
  pub group_instance_id: Option<String>,
}

/// Owner of a group's identity (`rd_kafka_consumer_group_metadata_t`).
struct GroupMetadata {
  raw: *mut sys::rd_kafka_consumer_group_metadata_t,
}

impl GroupMetadata {
  fn new(group: &GroupIdentity) -> GroupMetadata {
    let group_id = c_string(&group.group_id);
    let Some(member) = &group.member else {
      // SAFETY: the name is NUL-terminated and copied; the object is ours.
      return GroupMetadata { raw: unsafe { sys::rd_kafka_consumer_group_metadata_new(group_id.as_ptr()) } };
    };
    let member_id = c_string(&member.member_id);
    let instance_id = member.group_instance_id.as_deref().map(c_string);
    let instance_id = instance_id.as_ref().map_or(std::ptr::null(), |id| id.as_ptr());
    // SAFETY: as above; a null instance id stands for none.
    let raw = unsafe {
      sys::rd_kafka_consumer_group_metadata_new_with_genid(
        group_id.as_ptr(),
        member.generation_id,
        member_id.as_ptr(),
        instance_id,
      )
    };
    GroupMetadata { raw }
  }
}

impl Drop for GroupMetadata {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_consumer_group_metadata_destroy(self.raw) }
  }
}

extern "C" {
  fn kafka_node_renew_epoch_at_abort(rk: *mut sys::rd_kafka_t);
}

fn millis(timeout: Duration) -> i32 {
  i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
}

impl Client {
  /// Gets the producer's id, and ends what an earlier producer with the same transactional id has left open.
  pub fn init_transactions(&self, timeout: Duration) -> Result<(), KafkaError> {
    // SAFETY: `raw` is live; the error object, if any, becomes ours. Likewise below.
    unsafe { take_error(sys::rd_kafka_init_transactions(self.raw(), millis(timeout))) }
  }

  pub fn begin_transaction(&self) -> Result<(), KafkaError> {
    // SAFETY: as above.
    unsafe { take_error(sys::rd_kafka_begin_transaction(self.raw())) }
  }

  pub fn commit_transaction(&self, timeout: Duration) -> Result<(), KafkaError> {
    // SAFETY: as above.
    unsafe { take_error(sys::rd_kafka_commit_transaction(self.raw(), millis(timeout))) }
  }

  /// Also gives up what has not been sent; its delivery reports come with `_PURGE_QUEUE` or `_PURGE_INFLIGHT`.
  pub fn abort_transaction(&self, timeout: Duration) -> Result<(), KafkaError> {
    // SAFETY: as above.
    unsafe {
      kafka_node_renew_epoch_at_abort(self.raw());
      take_error(sys::rd_kafka_abort_transaction(self.raw(), millis(timeout)))
    }
  }

  /// Makes a group's offsets a part of the transaction.
  pub fn send_offsets_to_transaction(
    &self,
    offsets: &PartitionList,
    group: &GroupIdentity,
    timeout: Duration,
  ) -> Result<(), KafkaError> {
    let group = GroupMetadata::new(group);
    // SAFETY: as above; the list and the group are live, and copied.
    unsafe {
      take_error(sys::rd_kafka_send_offsets_to_transaction(self.raw(), offsets.raw(), group.raw, millis(timeout)))
    }
  }
}
