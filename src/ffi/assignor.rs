use super::{c_string, string_from};
use crate::ffi::error::KafkaError;
use std::ffi::{c_char, c_int, c_void, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::NonNull;

/// An algorithm that assigns the partitions of a group, as a member offers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignor {
  pub name: String,
  /// Computed by the application (`AssignorCallbacks`), not by librdkafka.
  pub custom: bool,
}

/// An assignment to compute.
pub struct AssignorRequest {
  /// Index into the assignors of the member.
  pub assignor: usize,
  /// This member, the group's leader.
  pub member_id: String,
  pub generation_id: i32,
  pub members: Vec<GroupMemberMetadata>,
  /// The topics that members subscribe to and that exist, with the ids of their partitions.
  pub topics: Vec<(String, Vec<i32>)>,
}

pub struct GroupMemberMetadata {
  pub id: String,
  /// As on the wire (`core/group/memberMetadata.js`).
  pub metadata: Vec<u8>,
}

/// What one member is assigned.
pub struct MemberAssignment {
  /// Index into `AssignorRequest::members`.
  pub member: usize,
  pub partitions: Vec<(String, Vec<i32>)>,
  pub user_data: Option<Vec<u8>>,
}

/// The application's part in a group, for its custom assignors. All of these calls are made by librdkafka's main thread.
pub trait AssignorCallbacks: Send + Sync {
  /// What this member tells the leader when it joins, as on the wire.
  fn metadata(&self, assignor: usize) -> Vec<u8>;
  /// May wait, but the member sends no heartbeats meanwhile. After an error the member rejoins.
  fn assign(&self, request: AssignorRequest) -> Result<Vec<MemberAssignment>, String>;
  /// The member has its assignment; `rebalance` follows.
  fn joined(&self, assignor: usize, leader: bool, user_data: Option<Vec<u8>>);
}

/// `offered_assignors_t`, `run_t` and `rd_kafkap_bytes_t` of src/ffi/shims/assignor.c; only passed on.
type RawAssignors = c_void;
type RawRun = c_void;
type RawBytes = c_void;

#[repr(C)]
struct Callbacks {
  assign: unsafe extern "C" fn(*mut c_void, usize, *mut RawRun) -> c_int,
  metadata: unsafe extern "C" fn(*mut c_void, usize) -> *mut RawBytes,
  joined: unsafe extern "C" fn(*mut c_void, usize, c_int, *const c_void, usize),
}

extern "C" {
  fn kafka_node_assignors_offer(
    rk: *mut c_void,
    names: *const *const c_char,
    custom: *const c_int,
    count: usize,
    callbacks: *const Callbacks,
    opaque: *mut c_void,
  ) -> *mut RawAssignors;
  fn kafka_node_assignors_free(all: *mut RawAssignors);
  fn kafka_node_bytes(data: *const c_void, size: usize) -> *mut RawBytes;
  fn kafka_node_run_generation(run: *const RawRun) -> i32;
  fn kafka_node_run_me(run: *const RawRun) -> *const c_char;
  fn kafka_node_run_member_cnt(run: *const RawRun) -> usize;
  fn kafka_node_run_member_id(run: *const RawRun, member: usize, size: *mut usize) -> *const c_void;
  fn kafka_node_run_member_metadata(run: *const RawRun, member: usize, size: *mut usize) -> *const c_void;
  fn kafka_node_run_topic_cnt(run: *const RawRun) -> usize;
  fn kafka_node_run_topic(run: *const RawRun, topic: usize, partitions: *mut usize) -> *const c_char;
  fn kafka_node_run_partition(run: *const RawRun, topic: usize, index: usize) -> i32;
  fn kafka_node_run_assign(run: *mut RawRun, member: usize, topic: *const c_char, partition: i32);
  fn kafka_node_run_user_data(run: *mut RawRun, member: usize, data: *const c_void, size: usize);
  fn kafka_node_run_fail(run: *mut RawRun, reason: *const c_char);
}

/// Owner of the assignors that a client offers, and of the callbacks behind them.
pub(super) struct OfferedAssignors {
  raw: NonNull<RawAssignors>,
  // Used by librdkafka's callbacks until the client is destroyed, hence boxed for a stable address.
  callbacks: *mut Box<dyn AssignorCallbacks>,
}

impl OfferedAssignors {
  /// Makes a client offer exactly these assignors, in order of preference.
  ///
  /// # Safety
  /// `rk` is a live consumer that has not subscribed yet, and is destroyed before the result is dropped.
  pub(super) unsafe fn offer(
    rk: *mut c_void,
    assignors: &[Assignor],
    callbacks: Box<dyn AssignorCallbacks>,
  ) -> Result<OfferedAssignors, KafkaError> {
    let names: Vec<CString> = assignors.iter().map(|assignor| c_string(&assignor.name)).collect();
    let pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    let custom: Vec<c_int> = assignors.iter().map(|assignor| c_int::from(assignor.custom)).collect();
    let functions = Callbacks { assign, metadata, joined };
    let callbacks = Box::into_raw(Box::new(callbacks));
    // SAFETY: `rk` by the caller's promise; arrays and names live through the call, which copies what it keeps.
    let raw = unsafe {
      kafka_node_assignors_offer(rk, pointers.as_ptr(), custom.as_ptr(), names.len(), &functions, callbacks.cast())
    };
    match NonNull::new(raw) {
      Some(raw) => Ok(OfferedAssignors { raw, callbacks }),
      None => {
        // SAFETY: made above, and the failed call has not kept it.
        drop(unsafe { Box::from_raw(callbacks) });
        Err(KafkaError::invalid_config("protocol: librdkafka has no such assignor".into()))
      }
    }
  }
}

impl Drop for OfferedAssignors {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once; by the promise given to `offer` the client is gone, so no more callbacks come.
    unsafe {
      kafka_node_assignors_free(self.raw.as_ptr());
      drop(Box::from_raw(self.callbacks));
    }
  }
}

/// # Safety
/// `opaque` is what `OfferedAssignors::offer` was given as `callbacks`, still live.
unsafe fn callbacks<'a>(opaque: *mut c_void) -> &'a dyn AssignorCallbacks {
  // SAFETY: by the caller's promise; only ever shared by reference.
  unsafe { &**opaque.cast::<Box<dyn AssignorCallbacks>>() }
}

/// # Safety
/// `data` points to `size` bytes that stay valid during the call, or is null.
unsafe fn bytes_from(data: *const c_void, size: usize) -> Vec<u8> {
  if data.is_null() {
    return Vec::new();
  }
  // SAFETY: by the caller's promise.
  unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) }.to_vec()
}

/// # Safety
/// `run` is live.
unsafe fn request_of(assignor: usize, run: *const RawRun) -> AssignorRequest {
  // SAFETY: the indices stay below the counts that the run gives; sizes belong to the pointers they come with.
  unsafe {
    let members = (0..kafka_node_run_member_cnt(run)).map(|member| {
      let mut size = 0;
      let id = kafka_node_run_member_id(run, member, &mut size);
      let id = String::from_utf8_lossy(&bytes_from(id, size)).into_owned();
      let metadata = kafka_node_run_member_metadata(run, member, &mut size);
      GroupMemberMetadata { id, metadata: bytes_from(metadata, size) }
    });
    let topics = (0..kafka_node_run_topic_cnt(run)).filter_map(|topic| {
      let mut count = 0;
      let name = string_from(kafka_node_run_topic(run, topic, &mut count));
      let partitions = (0..count).map(|index| kafka_node_run_partition(run, topic, index)).collect();
      (count > 0).then_some((name, partitions))
    });
    AssignorRequest {
      assignor,
      member_id: string_from(kafka_node_run_me(run)),
      generation_id: kafka_node_run_generation(run),
      members: members.collect(),
      topics: topics.collect(),
    }
  }
}

unsafe extern "C" fn assign(opaque: *mut c_void, assignor: usize, run: *mut RawRun) -> c_int {
  // SAFETY: the run is live during this call, and the opaque is ours.
  let (callbacks, request) = unsafe { (callbacks(opaque), request_of(assignor, run)) };
  let members = request.members.len();
  let outcome = catch_unwind(AssertUnwindSafe(|| callbacks.assign(request)));
  let assignments = match outcome.unwrap_or_else(|_| Err("the assignor panicked".into())) {
    Ok(assignments) => assignments,
    Err(reason) => {
      let reason = c_string(&reason);
      // SAFETY: both are live; the text is copied.
      unsafe { kafka_node_run_fail(run, reason.as_ptr()) };
      return 1;
    }
  };
  for assignment in assignments.iter().filter(|assignment| assignment.member < members) {
    for (topic, partitions) in &assignment.partitions {
      let topic = c_string(topic);
      for &partition in partitions {
        // SAFETY: the run is live, the member is one of its own, the name is copied.
        unsafe { kafka_node_run_assign(run, assignment.member, topic.as_ptr(), partition) };
      }
    }
    if let Some(data) = &assignment.user_data {
      // SAFETY: as above; the bytes are copied.
      unsafe { kafka_node_run_user_data(run, assignment.member, data.as_ptr().cast(), data.len()) };
    }
  }
  0
}

unsafe extern "C" fn metadata(opaque: *mut c_void, assignor: usize) -> *mut RawBytes {
  // SAFETY: the opaque is ours.
  let callbacks = unsafe { callbacks(opaque) };
  let bytes = catch_unwind(AssertUnwindSafe(|| callbacks.metadata(assignor))).unwrap_or_default();
  // SAFETY: the bytes are copied. An empty vector has a dangling address, which is not read.
  unsafe { kafka_node_bytes(bytes.as_ptr().cast(), bytes.len()) }
}

unsafe extern "C" fn joined(
  opaque: *mut c_void,
  assignor: usize,
  leader: c_int,
  user_data: *const c_void,
  size: usize,
) {
  // SAFETY: the opaque is ours, and the bytes are valid during this call.
  let (callbacks, user_data) = unsafe { (callbacks(opaque), bytes_from(user_data, size)) };
  let user_data = (!user_data.is_empty()).then_some(user_data);
  let _ = catch_unwind(AssertUnwindSafe(|| callbacks.joined(assignor, leader != 0, user_data)));
}
