//! Questions to the controller that librdkafka does not have, or whose answer it cannot be trusted with: reassignments, and
//! the credentials of SASL's SCRAM.

use super::acls::{outcome, text};
use super::admin::Admin;
use super::answer::{PartitionOutcome, PartitionReassignment, ScramCredential, ScramUser, TopicReassignments};
use super::protocol::{Reader, Writer};
use crate::error::KafkaError;
use crate::ffi::Api;
use serde::Deserialize;

const ALTER: Api = Api { key: 45, name: "AlterPartitionReassignments", versions: (0, 0), is_flexible: true };
const LIST: Api = Api { key: 46, name: "ListPartitionReassignments", versions: (0, 0), is_flexible: true };
const SCRAM: Api = Api { key: 50, name: "DescribeUserScramCredentials", versions: (0, 0), is_flexible: true };

/// The broker's "no such user" (Kafka protocol, error codes).
const RESOURCE_NOT_FOUND: i16 = 91;

#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Reassignment {
  pub topic: String,
  pub partitions: Vec<Replicas>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Replicas {
  pub partition: i32,
  /// Broker ids, the preferred leader first; none cancels a reassignment.
  pub replicas: Option<Vec<i32>>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct TopicPartitions {
  pub topic: String,
  pub partitions: Vec<i32>,
}

fn header(reader: &mut Reader) -> Result<(), KafkaError> {
  reader.int32()?;
  let code = reader.int16()?;
  match outcome(code, reader.string()?) {
    Some(error) => Err(error),
    None => Ok(()),
  }
}

fn millis(timeout: std::time::Duration) -> i32 {
  i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX)
}

impl Admin {
  /// The partitions whose replicas the controller does not move, each with its error.
  pub async fn alter_reassignments(
    self,
    topics: Vec<Reassignment>,
    effect: u64,
  ) -> Result<Vec<PartitionOutcome>, KafkaError> {
    let effect = millis(std::time::Duration::from_millis(effect));
    let body = move |_| {
      let mut writer = Writer::new(true);
      writer.int32(effect);
      writer.array(Some(&topics), |writer, topic| {
        writer.string(Some(&topic.topic));
        writer.array(Some(&topic.partitions), |writer, partition| {
          writer.int32(partition.partition);
          writer.array(partition.replicas.as_deref(), |writer, id| writer.int32(*id));
          writer.tags();
        });
        writer.tags();
      });
      writer.finish()
    };
    let (_, response) = self.speak(ALTER, body).await?;
    let mut reader = Reader::new(&response, true);
    header(&mut reader)?;
    let topics = reader.array(|reader| {
      let topic = text(reader)?;
      let partitions = reader.array(|reader| {
        let (partition, code) = (reader.int32()?, reader.int16()?);
        let error = outcome(code, reader.string()?);
        reader.tags()?;
        Ok(error.map(|error| PartitionOutcome { topic: topic.clone(), partition, error: Some(error) }))
      })?;
      reader.tags()?;
      Ok(partitions)
    })?;
    Ok(topics.into_iter().flatten().flatten().collect())
  }

  /// The reassignments that are under way: of the partitions, or all.
  pub async fn list_reassignments(
    self,
    topics: Option<Vec<TopicPartitions>>,
    effect: u64,
  ) -> Result<Vec<TopicReassignments>, KafkaError> {
    let effect = millis(std::time::Duration::from_millis(effect));
    let body = move |_| {
      let mut writer = Writer::new(true);
      writer.int32(effect);
      writer.array(topics.as_deref(), |writer, topic| {
        writer.string(Some(&topic.topic));
        writer.array(Some(&topic.partitions), |writer, partition| writer.int32(*partition));
        writer.tags();
      });
      writer.finish()
    };
    let (_, response) = self.speak(LIST, body).await?;
    let mut reader = Reader::new(&response, true);
    header(&mut reader)?;
    reader.array(|reader| {
      let topic = text(reader)?;
      let partitions = reader.array(|reader| {
        let partition = reader.int32()?;
        let mut ids = || reader.array(|reader| reader.int32());
        let (replicas, adding, removing) = (ids()?, ids()?, ids()?);
        reader.tags()?;
        Ok(PartitionReassignment { partition, replicas, adding, removing })
      })?;
      reader.tags()?;
      Ok(TopicReassignments { topic, partitions })
    })
  }

  /// Which SCRAM credentials users have; of the named ones, or all that have any.
  pub async fn describe_scram_users(self, users: Option<Vec<String>>) -> Result<Vec<ScramUser>, KafkaError> {
    let body = move |_| {
      let mut writer = Writer::new(true);
      writer.array(users.as_deref(), |writer, user| {
        writer.string(Some(user));
        writer.tags();
      });
      writer.finish()
    };
    let (_, response) = self.speak(SCRAM, body).await?;
    let mut reader = Reader::new(&response, true);
    header(&mut reader)?;
    reader.array(|reader| {
      let (user, code) = (text(reader)?, reader.int16()?);
      let reason = reader.string()?;
      let credentials = reader.array(|reader| {
        let (mechanism, iterations) = (reader.int8()?, reader.int32()?);
        reader.tags()?;
        Ok(ScramCredential { mechanism, iterations })
      })?;
      reader.tags()?;
      // a user without credentials is none to the broker
      let error = if code == RESOURCE_NOT_FOUND { None } else { outcome(code, reason) };
      Ok(ScramUser { user, error, credentials })
    })
  }
}
