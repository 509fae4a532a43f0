use std::ffi::c_void;

use super::{c_string, read_code, string_from, sys};

/// One element of a partition list, copied out.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionOffset {
  pub topic: String,
  pub partition: i32,
  pub offset: i64,
  /// The string stored with a committed offset; `None` if there is none.
  pub metadata: Option<String>,
  /// 0, or the code of what went wrong for this partition.
  pub error: i32,
}

impl PartitionOffset {
  /// Copies librdkafka's element.
  ///
  /// # Safety
  /// `element` is live during the call.
  pub(super) unsafe fn read(element: *const sys::rd_kafka_topic_partition_t) -> PartitionOffset {
    // SAFETY: live by the caller's promise; strings are NUL-terminated and metadata has its size beside it.
    unsafe {
      let metadata = (!(*element).metadata.is_null()).then(|| {
        let bytes = std::slice::from_raw_parts((*element).metadata.cast::<u8>(), (*element).metadata_size);
        String::from_utf8_lossy(bytes).into_owned()
      });
      PartitionOffset {
        topic: string_from((*element).topic),
        partition: (*element).partition,
        offset: (*element).offset,
        metadata,
        error: read_code(std::ptr::addr_of!((*element).err)),
      }
    }
  }
}

/// # Safety
/// `list` is live and nobody else uses it as long as the result is used.
unsafe fn elements_of<'a>(
  list: *mut sys::rd_kafka_topic_partition_list_t,
) -> &'a mut [sys::rd_kafka_topic_partition_t] {
  // SAFETY: by the caller's promise; librdkafka keeps `cnt` elements there, or none at a null pointer.
  unsafe {
    match (*list).cnt {
      0 => &mut [],
      count => std::slice::from_raw_parts_mut((*list).elems, count as usize),
    }
  }
}

/// Owner of a partition list (`rd_kafka_topic_partition_list_t`).
pub struct PartitionList {
  raw: *mut sys::rd_kafka_topic_partition_list_t,
}

// SAFETY: plain data without thread affinity.
unsafe impl Send for PartitionList {}

impl PartitionList {
  pub fn new() -> PartitionList {
    // SAFETY: no precondition; the size is only a hint.
    PartitionList { raw: unsafe { sys::rd_kafka_topic_partition_list_new(8) } }
  }

  /// Copies librdkafka's list; null gives an empty one.
  ///
  /// # Safety
  /// `list` is null or live during the call.
  pub(super) unsafe fn copy_of(list: *const sys::rd_kafka_topic_partition_list_t) -> PartitionList {
    if list.is_null() {
      return PartitionList::new();
    }
    // SAFETY: live by the caller's promise; the copy is ours.
    PartitionList { raw: unsafe { sys::rd_kafka_topic_partition_list_copy(list) } }
  }

  /// Notes each element's error in its opaque field, which copies of the list keep, for `restore_own_errors`.
  ///
  /// # Safety
  /// `list` is live and nobody else uses it during the call.
  pub(super) unsafe fn keep_own_errors(list: *mut sys::rd_kafka_topic_partition_list_t) {
    // SAFETY: live by the caller's promise; nobody but us uses the opaque field of a commit's partitions.
    unsafe {
      for element in elements_of(list) {
        let code = read_code(std::ptr::addr_of!(element.err));
        element.opaque = ((code as isize) << 1 | 1) as *mut c_void;
      }
    }
  }

  /// Undoes what has been done to the errors since `keep_own_errors`.
  pub(super) fn restore_own_errors(&mut self) {
    // SAFETY: the list is ours. The enum is `repr(i32)`, and the code was read from such a field.
    unsafe {
      for element in elements_of(self.raw) {
        let kept = element.opaque as isize;
        if kept & 1 == 1 {
          std::ptr::addr_of_mut!(element.err).cast::<i32>().write((kept >> 1) as i32);
        }
      }
    }
  }

  pub(super) fn raw(&self) -> *mut sys::rd_kafka_topic_partition_list_t {
    self.raw
  }

  pub fn add(&mut self, topic: &str, partition: i32, offset: i64, metadata: Option<&str>) {
    let topic = c_string(topic);
    // SAFETY: the list is live; the new element is valid until the list changes. The metadata must come from malloc,
    // because librdkafka frees it with the list; a null from malloc is "no metadata".
    unsafe {
      let element = sys::rd_kafka_topic_partition_list_add(self.raw, topic.as_ptr(), partition);
      (*element).offset = offset;
      if let Some(metadata) = metadata {
        let copy = sys::rd_kafka_mem_malloc(std::ptr::null_mut(), metadata.len());
        if !copy.is_null() {
          std::ptr::copy_nonoverlapping(metadata.as_ptr(), copy.cast::<u8>(), metadata.len());
          (*element).metadata = copy;
          (*element).metadata_size = metadata.len();
        }
      }
    }
  }

  pub fn to_vec(&self) -> Vec<PartitionOffset> {
    // SAFETY: the list is live and has `cnt` elements.
    unsafe { (0..(*self.raw).cnt as usize).map(|index| PartitionOffset::read((*self.raw).elems.add(index))).collect() }
  }
}

impl From<&[PartitionOffset]> for PartitionList {
  fn from(elements: &[PartitionOffset]) -> PartitionList {
    let mut list = PartitionList::new();
    for element in elements {
      list.add(&element.topic, element.partition, element.offset, element.metadata.as_deref());
    }
    list
  }
}

impl Drop for PartitionList {
  fn drop(&mut self) {
    // SAFETY: owned, dropped once.
    unsafe { sys::rd_kafka_topic_partition_list_destroy(self.raw) }
  }
}
