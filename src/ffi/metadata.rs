use super::{c_string, codes, read_code, string_from, sys, Client};
use crate::ffi::error::KafkaError;
use serde::Serialize;
use std::ffi::{c_char, c_int};
use std::sync::Arc;
use std::time::Duration;

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct BrokerInfo {
  pub node_id: i32,
  pub host: String,
  pub port: i32,
  /// `broker.rack`; none if it is not set.
  pub rack: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct PartitionInfo {
  pub partition: i32,
  pub leader: i32,
  /// How often the partition has changed its leader; -1 if the broker does not tell.
  pub leader_epoch: i32,
  pub replicas: Vec<i32>,
  pub isr: Vec<i32>,
  pub error: i32,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TopicInfo {
  pub topic: String,
  pub error: i32,
  pub partitions: Vec<PartitionInfo>,
}

/// A cluster as described by one metadata response.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ClusterMetadata {
  pub brokers: Vec<BrokerInfo>,
  pub topics: Vec<TopicInfo>,
  pub controller_id: i32,
  pub cluster_id: Option<String>,
}

extern "C" {
  // Declared with the code as a plain integer, for the reason given in `super`.
  fn kafka_node_metadata(
    client: *mut sys::rd_kafka_t,
    names: *const *const c_char,
    count: usize,
    may_create: c_int,
    timeout_ms: c_int,
    answer: *mut *const sys::rd_kafka_metadata,
  ) -> c_int;
  fn kafka_node_leader_epoch(answer: *const sys::rd_kafka_metadata, topic: c_int, partition: c_int) -> c_int;
  fn kafka_node_rack(answer: *const sys::rd_kafka_metadata, broker: c_int) -> *const c_char;
}

/// Asks a broker for the cluster's metadata; blocks up to `timeout`. With names, only those topics are described, and
/// the broker may create them (`auto.create.topics.enable`) if `may_create`; without, all are and none is created.
pub fn fetch(
  client: &Arc<Client>,
  topics: Option<&[String]>,
  may_create: bool,
  timeout: Duration,
) -> Result<ClusterMetadata, KafkaError> {
  let mut answer: *const sys::rd_kafka_metadata = std::ptr::null();
  let timeout = timeout.as_millis() as c_int;
  let code = match topics {
    Some(topics) => {
      let texts: Vec<_> = topics.iter().map(|topic| c_string(topic)).collect();
      let names: Vec<_> = texts.iter().map(|text| text.as_ptr()).collect();
      // SAFETY: the client is live, the names are NUL-terminated and copied; the answer becomes ours when the code is 0.
      unsafe {
        kafka_node_metadata(client.raw(), names.as_ptr(), names.len(), c_int::from(may_create), timeout, &mut answer)
      }
    }
    // SAFETY: the client is live; the answer becomes ours when the code is 0.
    None => unsafe { codes::metadata(client.raw(), 1, std::ptr::null_mut(), &mut answer, timeout) },
  };
  if code != 0 {
    return Err(KafkaError::new(code));
  }
  // SAFETY: the answer is live until destroyed below; its counts say how many elements each array has.
  unsafe {
    let brokers = (0..)
      .zip(list((*answer).brokers, (*answer).broker_cnt))
      .map(|(at, b)| {
        let rack = kafka_node_rack(answer, at);
        let rack = (!rack.is_null()).then(|| string_from(rack));
        BrokerInfo { node_id: (*b).id, host: string_from((*b).host), port: (*b).port, rack }
      })
      .collect();
    let topics = (0..)
      .zip(list((*answer).topics, (*answer).topic_cnt))
      .map(|(topic, t)| TopicInfo {
        topic: string_from((*t).topic),
        error: read_code(std::ptr::addr_of!((*t).err)),
        partitions: (0..)
          .zip(list((*t).partitions, (*t).partition_cnt))
          .map(|(at, p)| PartitionInfo {
            partition: (*p).id,
            leader: (*p).leader,
            leader_epoch: kafka_node_leader_epoch(answer, topic, at),
            replicas: list((*p).replicas, (*p).replica_cnt).map(|r| *r).collect(),
            isr: list((*p).isrs, (*p).isr_cnt).map(|r| *r).collect(),
            error: read_code(std::ptr::addr_of!((*p).err)),
          })
          .collect(),
      })
      .collect();
    sys::rd_kafka_metadata_destroy(answer);
    Ok(ClusterMetadata { brokers, topics, controller_id: -1, cluster_id: None })
  }
}

/// The addresses of a C array's elements.
///
/// # Safety
/// `first` points to `count` elements that stay valid while the iterator is used.
unsafe fn list<T>(first: *mut T, count: i32) -> impl Iterator<Item = *mut T> {
  // SAFETY: in bounds by the caller's promise.
  (0..usize::try_from(count).unwrap_or(0)).map(move |index| unsafe { first.add(index) })
}
