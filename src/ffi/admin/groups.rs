use super::super::{c_string, read_code, string_from, sys, Client, PartitionList, PartitionOffset};
use super::{ask, error_of, later, millis, pointers, Answer, Later, Options};
use crate::ffi::error::{code, KafkaError};
use std::ffi::{c_char, c_int};
use std::sync::Arc;
use std::time::Duration;

extern "C" {
  // As plain integers, for the reason given in `ffi`.
  #[link_name = "rd_kafka_list_groups"]
  fn list_groups_raw(
    rk: *mut sys::rd_kafka_t,
    group: *const c_char,
    list: *mut *const sys::rd_kafka_group_list,
    timeout_ms: c_int,
  ) -> c_int;
}

/// librdkafka's "not all brokers have answered" (`RD_KAFKA_RESP_ERR__PARTIAL`).
const PARTIAL: i32 = -158;
/// The broker's "no such group" (Kafka protocol, error codes).
const GROUP_ID_NOT_FOUND: i32 = 69;
/// The protocol type of consumer groups (Kafka protocol, JoinGroup).
const CONSUMER: &str = "consumer";

/// A group as its coordinator describes it.
pub struct GroupInfo {
  pub group: String,
  /// The broker's name for it, e.g. `Stable`.
  pub state: String,
  pub protocol_type: String,
  /// The name of the assignor in use.
  pub protocol: String,
  pub coordinator: (i32, String, i32),
  pub members: Vec<GroupMember>,
}

pub struct GroupMember {
  pub id: String,
  pub client_id: String,
  /// E.g. `/127.0.0.1`.
  pub host: String,
  pub state: MemberState,
}

/// What a member has told the group, and what the group has given it.
pub enum MemberState {
  /// As on the wire, in the form that the group's protocol type defines.
  Wire { metadata: Vec<u8>, assignment: Vec<u8> },
  /// Members of the newer protocol (KIP-848) have no such blobs.
  Assigned(Vec<PartitionOffset>),
}

/// A group and the type of its protocol; empty for a group that only keeps offsets.
pub struct Listed {
  pub group: String,
  pub protocol_type: String,
}

/// All groups of the cluster; blocks up to twice `timeout`. An error of one broker is an error of the whole.
pub fn list_groups(client: &Arc<Client>, timeout: Duration) -> Result<Vec<Listed>, KafkaError> {
  // This request reports each broker's error, but leaves out groups that are not consumers.
  let mut groups = list_consumer_groups(client, timeout)?;
  // The other has them all, but it may call a group of the newer protocol dead, and forgets errors.
  for other in legacy_groups(client, None, timeout)? {
    if !groups.iter().any(|known| known.group == other.group) {
      groups.push(Listed { group: other.group, protocol_type: other.protocol_type });
    }
  }
  Ok(groups)
}

fn list_consumer_groups(client: &Arc<Client>, timeout: Duration) -> Result<Vec<Listed>, KafkaError> {
  let wait = millis(timeout);
  let options = Options::new(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, wait);
  let answer = ask(client, &options, wait, |rk, options, queue| {
    // SAFETY: all are live through the call.
    unsafe { sys::rd_kafka_ListConsumerGroups(rk, options, queue) }
  })?;
  let (mut failed, mut valid) = (0, 0);
  // SAFETY: the answer is this operation's, and its parts are read while it is live.
  unsafe {
    let result = sys::rd_kafka_event_ListConsumerGroups_result(answer.raw);
    let errors = sys::rd_kafka_ListConsumerGroups_result_errors(result, &mut failed);
    if let Some(error) = pointers(errors, failed).find_map(|error| error_of(error)) {
      return Err(error);
    }
    let groups = pointers(sys::rd_kafka_ListConsumerGroups_result_valid(result, &mut valid), valid);
    Ok(
      groups
        .map(|group| Listed {
          group: string_from(sys::rd_kafka_ConsumerGroupListing_group_id(group)),
          protocol_type: match sys::rd_kafka_ConsumerGroupListing_is_simple_consumer_group(group) {
            0 => CONSUMER.into(),
            _ => String::new(),
          },
        })
        .collect(),
    )
  }
}

/// Owner of a group to delete (`rd_kafka_DeleteGroup_t`).
struct Deletion(*mut sys::rd_kafka_DeleteGroup_t);

impl Drop for Deletion {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_DeleteGroup_destroy(self.0) }
  }
}

/// Asks the coordinators to delete groups without members, and what they have committed; never blocks. The answer has
/// each group, with the error if it was refused.
pub fn delete_groups(
  client: &Arc<Client>,
  groups: &[String],
  timeout: Duration,
) -> Later<Vec<(String, Option<KafkaError>)>> {
  let deletions: Vec<_> = groups
    .iter()
    .map(|group| {
      let name = c_string(group);
      // SAFETY: NUL-terminated name, which is copied.
      Deletion(unsafe { sys::rd_kafka_DeleteGroup_new(name.as_ptr()) })
    })
    .collect();
  let mut raw: Vec<_> = deletions.iter().map(|deletion| deletion.0).collect();
  let wait = millis(timeout);
  let options = Options::new(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DELETEGROUPS, wait);
  let read = |answer: &Answer| {
    let mut count = 0;
    // SAFETY: the answer is this operation's, and its parts are read while it is live.
    unsafe {
      let result = sys::rd_kafka_event_DeleteGroups_result(answer.raw);
      let groups = pointers(sys::rd_kafka_DeleteGroups_result_groups(result, &mut count), count);
      Ok(
        groups
          .map(|group| {
            let name = string_from(sys::rd_kafka_group_result_name(group));
            (name, error_of(sys::rd_kafka_group_result_error(group)))
          })
          .collect(),
      )
    }
  };
  later(client, &options, wait, read, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the names.
    unsafe { sys::rd_kafka_DeleteGroups(rk, raw.as_mut_ptr(), raw.len(), options, queue) }
  })
}

/// Describes one group; blocks up to twice `timeout`. A group that does not exist has the state `Dead`.
pub fn describe_group(client: &Arc<Client>, group: &str, timeout: Duration) -> Result<GroupInfo, KafkaError> {
  // Only this request shows what members have told the group; but it finds no group of the newer protocol, says nothing
  // of who would be the coordinator of a missing one, and takes a broker that fails for one that has no groups.
  let found = legacy_groups(client, Some(group), timeout)?.into_iter().find(|info| info.group == group);
  match found {
    Some(info) if info.state != "Dead" => Ok(info),
    _ => describe_consumer_group(client, group, timeout),
  }
}

fn legacy_groups(client: &Arc<Client>, only: Option<&str>, timeout: Duration) -> Result<Vec<GroupInfo>, KafkaError> {
  let only = only.map(c_string);
  let only_raw = only.as_ref().map_or(std::ptr::null(), |name| name.as_ptr());
  let mut list = List(std::ptr::null());
  // SAFETY: the client is live, the name null or NUL-terminated. The list, if one is given, becomes ours.
  match unsafe { list_groups_raw(client.raw(), only_raw, &mut list.0, millis(timeout)) } {
    0 => list.to_vec(),
    PARTIAL => Err(KafkaError::new(code::TIMED_OUT)),
    code => Err(KafkaError::new(code)),
  }
}

/// Owner of a list of groups (`rd_kafka_group_list`); null is empty.
struct List(*const sys::rd_kafka_group_list);

impl List {
  fn to_vec(&self) -> Result<Vec<GroupInfo>, KafkaError> {
    if self.0.is_null() {
      return Ok(Vec::new());
    }
    // SAFETY: the list is live and has `group_cnt` groups.
    unsafe {
      let count = usize::try_from((*self.0).group_cnt).unwrap_or(0);
      (0..count).map(|index| read_group((*self.0).groups.add(index))).collect()
    }
  }
}

impl Drop for List {
  fn drop(&mut self) {
    if !self.0.is_null() {
      // SAFETY: owned, dropped once.
      unsafe { sys::rd_kafka_group_list_destroy(self.0) }
    }
  }
}

/// # Safety
/// `group` is live during the call.
unsafe fn read_group(group: *const sys::rd_kafka_group_info) -> Result<GroupInfo, KafkaError> {
  // SAFETY: live by the caller's promise, with `member_cnt` members; strings are NUL-terminated, blobs have their sizes.
  unsafe {
    let code = read_code(std::ptr::addr_of!((*group).err));
    if code != 0 {
      return Err(KafkaError::new(code));
    }
    let broker = std::ptr::addr_of!((*group).broker);
    let members = (0..usize::try_from((*group).member_cnt).unwrap_or(0)).map(|index| {
      let member = (*group).members.add(index);
      GroupMember {
        id: string_from((*member).member_id),
        client_id: string_from((*member).client_id),
        host: string_from((*member).client_host),
        state: MemberState::Wire {
          metadata: bytes((*member).member_metadata.cast(), (*member).member_metadata_size),
          assignment: bytes((*member).member_assignment.cast(), (*member).member_assignment_size),
        },
      }
    });
    Ok(GroupInfo {
      group: string_from((*group).group),
      state: string_from((*group).state),
      protocol_type: string_from((*group).protocol_type),
      protocol: string_from((*group).protocol),
      coordinator: ((*broker).id, string_from((*broker).host), (*broker).port),
      members: members.collect(),
    })
  }
}

/// # Safety
/// `first` is null or points to `size` bytes that are valid during the call.
unsafe fn bytes(first: *const u8, size: c_int) -> Vec<u8> {
  match usize::try_from(size) {
    // SAFETY: by the caller's promise.
    Ok(size) if size > 0 && !first.is_null() => unsafe { std::slice::from_raw_parts(first, size) }.to_vec(),
    _ => Vec::new(),
  }
}

fn describe_consumer_group(client: &Arc<Client>, group: &str, timeout: Duration) -> Result<GroupInfo, KafkaError> {
  let (wait, name) = (millis(timeout), c_string(group));
  let options = Options::new(client, sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, wait);
  let answer = ask(client, &options, wait, |rk, options, queue| {
    // SAFETY: all are live through the call, which copies the one name.
    unsafe { sys::rd_kafka_DescribeConsumerGroups(rk, &mut name.as_ptr(), 1, options, queue) }
  })?;
  let mut count = 0;
  // SAFETY: the answer is this operation's, and its parts are read while it is live.
  unsafe {
    let result = sys::rd_kafka_event_DescribeConsumerGroups_result(answer.raw);
    let groups = sys::rd_kafka_DescribeConsumerGroups_result_groups(result, &mut count);
    let description = pointers(groups, count).next().ok_or_else(|| KafkaError::new(code::FAIL))?;
    read_description(description)
  }
}

/// # Safety
/// `description` is live during the call.
unsafe fn read_description(
  description: *const sys::rd_kafka_ConsumerGroupDescription_t,
) -> Result<GroupInfo, KafkaError> {
  // SAFETY: live by the caller's promise; everything in it is its own and copied.
  unsafe {
    let error = error_of(sys::rd_kafka_ConsumerGroupDescription_error(description));
    let state = match error {
      Some(error) if error.code != GROUP_ID_NOT_FOUND => return Err(error),
      Some(_) => "Dead".into(),
      None => {
        string_from(sys::rd_kafka_consumer_group_state_name(sys::rd_kafka_ConsumerGroupDescription_state(description)))
      }
    };
    let dead = state == "Dead";
    let count = sys::rd_kafka_ConsumerGroupDescription_member_count(description);
    let members = (0..count).map(|index| {
      let member = sys::rd_kafka_ConsumerGroupDescription_member(description, index);
      let assignment = sys::rd_kafka_MemberDescription_assignment(member);
      let partitions = if assignment.is_null() {
        PartitionList::new()
      } else {
        PartitionList::copy_of(sys::rd_kafka_MemberAssignment_partitions(assignment))
      };
      GroupMember {
        id: string_from(sys::rd_kafka_MemberDescription_consumer_id(member)),
        client_id: string_from(sys::rd_kafka_MemberDescription_client_id(member)),
        host: string_from(sys::rd_kafka_MemberDescription_host(member)),
        state: MemberState::Assigned(partitions.to_vec()),
      }
    });
    Ok(GroupInfo {
      group: string_from(sys::rd_kafka_ConsumerGroupDescription_group_id(description)),
      state,
      protocol_type: if dead { String::new() } else { CONSUMER.into() },
      protocol: string_from(sys::rd_kafka_ConsumerGroupDescription_partition_assignor(description)),
      coordinator: read_node(sys::rd_kafka_ConsumerGroupDescription_coordinator(description)),
      members: members.collect(),
    })
  }
}

/// Id, host and port; null, for a coordinator that is not known, has the id -1.
///
/// # Safety
/// `node` is null or live during the call.
unsafe fn read_node(node: *const sys::rd_kafka_Node_t) -> (i32, String, i32) {
  if node.is_null() {
    return (-1, String::new(), 0);
  }
  // SAFETY: live by the caller's promise.
  unsafe {
    let host = string_from(sys::rd_kafka_Node_host(node));
    (sys::rd_kafka_Node_id(node), host, i32::from(sys::rd_kafka_Node_port(node)))
  }
}
