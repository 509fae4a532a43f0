//! ACLs. Spoken by hand, as librdkafka takes a refused question for a cluster without ACLs.

use super::admin::Admin;
use super::answer::{FilterOutcome, MatchingAcl};
use super::protocol::{Reader, Writer};
use crate::error::KafkaError;
use crate::ffi::Api;
use serde::{Deserialize, Serialize};

const DESCRIBE: Api = Api { key: 29, name: "DescribeAcls", versions: (0, 1), is_flexible: false };
const CREATE: Api = Api { key: 30, name: "CreateAcls", versions: (0, 1), is_flexible: false };
const DELETE: Api = Api { key: 31, name: "DeleteAcls", versions: (0, 1), is_flexible: false };

/// One ACL. The numbers are those of the Kafka protocol.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct Acl {
  pub resource_type: i8,
  pub resource_name: String,
  pub pattern_type: i8,
  pub principal: String,
  pub host: String,
  pub operation: i8,
  pub permission: i8,
}

/// What ACLs must have; `None` matches everything.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct Filter {
  pub resource_type: i8,
  pub resource_name: Option<String>,
  pub pattern_type: i8,
  pub principal: Option<String>,
  pub host: Option<String>,
  pub operation: i8,
  pub permission: i8,
}

/// What brokers before Kafka 2.0, which know no patterns, take the names of resources for.
const LITERAL: i8 = 3;

fn write_acl(writer: &mut Writer, acl: &Acl, version: i16) {
  writer.int8(acl.resource_type);
  writer.string(Some(&acl.resource_name));
  if version >= 1 {
    writer.int8(acl.pattern_type);
  }
  writer.string(Some(&acl.principal));
  writer.string(Some(&acl.host));
  writer.int8(acl.operation);
  writer.int8(acl.permission);
}

fn write_filter(writer: &mut Writer, filter: &Filter, version: i16) {
  writer.int8(filter.resource_type);
  writer.string(filter.resource_name.as_deref());
  if version >= 1 {
    writer.int8(filter.pattern_type);
  }
  writer.string(filter.principal.as_deref());
  writer.string(filter.host.as_deref());
  writer.int8(filter.operation);
  writer.int8(filter.permission);
}

/// A text; null, which brokers do not send here, is an empty one.
pub fn text(reader: &mut Reader) -> Result<String, KafkaError> {
  Ok(reader.string()?.unwrap_or_default())
}

/// A code and the broker's text as an error; 0 is none.
pub fn outcome(code: i16, text: Option<String>) -> Option<KafkaError> {
  (code != 0).then(|| KafkaError::with_text(i32::from(code), text.unwrap_or_default()))
}

fn read_outcome(reader: &mut Reader) -> Result<Option<KafkaError>, KafkaError> {
  let code = reader.int16()?;
  Ok(outcome(code, reader.string()?))
}

/// An ACL as in the response to a deletion.
fn read_acl(reader: &mut Reader, version: i16) -> Result<Acl, KafkaError> {
  Ok(Acl {
    resource_type: reader.int8()?,
    resource_name: text(reader)?,
    pattern_type: if version >= 1 { reader.int8()? } else { LITERAL },
    principal: text(reader)?,
    host: text(reader)?,
    operation: reader.int8()?,
    permission: reader.int8()?,
  })
}

fn read_described(bytes: &[u8], version: i16) -> Result<Vec<Acl>, KafkaError> {
  let mut reader = Reader::new(bytes, false);
  reader.int32()?;
  if let Some(error) = read_outcome(&mut reader)? {
    return Err(error);
  }
  let resources = reader.array(|reader| {
    let (resource_type, resource_name) = (reader.int8()?, text(reader)?);
    let pattern_type = if version >= 1 { reader.int8()? } else { LITERAL };
    reader.array(|reader| {
      Ok(Acl {
        resource_type,
        resource_name: resource_name.clone(),
        pattern_type,
        principal: text(reader)?,
        host: text(reader)?,
        operation: reader.int8()?,
        permission: reader.int8()?,
      })
    })
  })?;
  Ok(resources.into_iter().flatten().collect())
}

impl Admin {
  /// The ACLs that match.
  pub async fn describe_acls(self, filter: Filter) -> Result<Vec<Acl>, KafkaError> {
    let body = move |version| {
      let mut writer = Writer::new(false);
      write_filter(&mut writer, &filter, version);
      writer.finish()
    };
    let (version, response) = self.speak(DESCRIBE, body).await?;
    read_described(&response, version)
  }

  /// The errors of the ACLs, in their order; null for those that there are now.
  pub async fn create_acls(self, acls: Vec<Acl>) -> Result<Vec<Option<KafkaError>>, KafkaError> {
    let body = move |version| {
      let mut writer = Writer::new(false);
      writer.array(Some(&acls), |writer, acl| write_acl(writer, acl, version));
      writer.finish()
    };
    let (_, response) = self.speak(CREATE, body).await?;
    let mut reader = Reader::new(&response, false);
    reader.int32()?;
    reader.array(read_outcome)
  }

  /// For each filter its error, or what it has matched; of that each with its own error.
  pub async fn delete_acls(self, filters: Vec<Filter>) -> Result<Vec<FilterOutcome>, KafkaError> {
    let body = move |version| {
      let mut writer = Writer::new(false);
      writer.array(Some(&filters), |writer, filter| write_filter(writer, filter, version));
      writer.finish()
    };
    let (version, response) = self.speak(DELETE, body).await?;
    let mut reader = Reader::new(&response, false);
    reader.int32()?;
    reader.array(|reader| {
      let error = read_outcome(reader)?;
      let matching = reader.array(|reader| {
        let error = read_outcome(reader)?;
        let acl = read_acl(reader, version)?;
        Ok(MatchingAcl { error, acl })
      })?;
      Ok(FilterOutcome { error, matching })
    })
  }
}

#[cfg(test)]
mod tests {
  use super::*;

  #[test]
  fn a_refused_question_is_an_error_and_not_a_cluster_without_acls() {
    let mut bytes = vec![0, 0, 0, 0, 0, 54, 0, 2];
    bytes.extend(b"no");
    bytes.extend([0, 0, 0, 0]);
    let error = read_described(&bytes, 1).unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (54, "no"));
  }

  #[test]
  fn the_acls_of_a_resource_have_its_name() {
    let mut bytes = vec![0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 1, 2, 0, 1, b't', 4, 0, 0, 0, 1];
    bytes.extend([0, 3, b'U', b':', b'a', 0, 1, b'*', 3, 3]);
    let expected = Acl {
      resource_type: 2,
      resource_name: "t".into(),
      pattern_type: 4,
      principal: "U:a".into(),
      host: "*".into(),
      operation: 3,
      permission: 3,
    };
    assert_eq!(read_described(&bytes, 1).unwrap(), [expected]);
  }
}
