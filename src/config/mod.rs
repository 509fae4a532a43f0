//! A handle's options as librdkafka's properties. Pure: options in, a list of names and values out.
//!
//! JavaScript validates what users give and fills in their API's defaults; this file decides what each option means to
//! librdkafka. `docs/options.md` is the same table in prose.

pub mod keystore;
pub mod properties;

use crate::error::KafkaError;
use crate::ffi::Conf;
use serde::Deserialize;

/// What every handle needs.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct ClientOptions {
  /// `host:port` list, comma separated; IPv6 addresses in brackets.
  pub brokers: String,
  pub client_id: String,
  /// ms for TCP, TLS and SASL together.
  pub connect_timeout: u32,
  /// ms per request; `None` waits forever.
  pub request_timeout: Option<u32>,
  /// ms after which an unused connection is closed.
  pub idle_connection: u32,
  /// ms between statistics; 0 is off.
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub statistics_interval: u32,
  /// Whether questions for a topic may create it, if the broker is set to.
  #[serde(default = "yes")]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub allow_auto_topic_creation: bool,
  pub ssl: Option<SslOptions>,
  pub sasl: Option<SaslOptions>,
  /// The user's own properties for this kind of handle, names and values; JavaScript has refused those that are ours.
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub librdkafka: Vec<(String, String)>,
}

fn yes() -> bool {
  true
}

/// TLS material. `ca`, `cert` and `key` are PEM text.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct SslOptions {
  pub ca: Option<String>,
  pub cert: Option<String>,
  pub key: Option<String>,
  pub passphrase: Option<String>,
  /// PKCS#12 in Base64; takes the place of `cert` and `key`.
  pub pfx: Option<String>,
  pub reject_unauthorized: bool,
  pub ciphers: Option<String>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct SaslOptions {
  pub mechanism: String,
  pub username: String,
  pub password: String,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct ProducerOptions {
  #[serde(flatten)]
  pub client: ClientOptions,
  /// 0, 1 or -1 (all in-sync replicas).
  pub acks: i32,
  /// ms the broker may wait for its replicas; `None` unless the user set it.
  pub ack_timeout: Option<u32>,
  /// `none`, `gzip`, `snappy`, `lz4` or `zstd`.
  pub codec: String,
  /// Records librdkafka may hold.
  pub queue_messages: u32,
  /// KiB librdkafka may hold.
  pub queue_kbytes: u32,
  /// ms a record may take from `send` to its report; `None`: as long as a request.
  pub delivery_timeout: Option<u32>,
  /// How often a record is sent again; `None`: until it is delivered or its time is over.
  pub retries: Option<u32>,
  /// ms before the first of them; the pauses double.
  pub retry_backoff: Option<u32>,
  /// ms, the longest of those pauses.
  pub retry_backoff_max: Option<u32>,
  /// Requests under way on one connection.
  pub max_in_flight: Option<u32>,
  /// Makes the handle one for transactions, with all acknowledgements.
  pub transactional_id: Option<String>,
  /// ms after which the broker aborts a transaction that has not ended; at least the delivery time-out.
  pub transaction_timeout: Option<u32>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct ConsumerOptions {
  #[serde(flatten)]
  pub client: ClientOptions,
  pub group_id: String,
  /// ms that a broker may keep a fetch waiting for `fetch_min_bytes`.
  pub fetch_max_wait: u32,
  pub fetch_min_bytes: u32,
  /// Bytes per partition and fetch.
  pub fetch_max_bytes: u32,
  /// Bytes of one fetch response over all partitions; at least `fetch_max_bytes`. `None` for our own limit.
  #[serde(default)]
  pub fetch_response_bytes: Option<u32>,
  /// KiB fetched ahead at most.
  pub queue_kbytes: u32,
  /// Hides records of transactions that are open or were aborted.
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub read_committed: bool,
  /// Where this consumer is: it fetches from the nearest replica, if the broker has a replica selector.
  #[serde(default)]
  pub rack: Option<String>,
  /// Present for a group member, absent for a consumer of fixed partitions.
  pub group: Option<GroupOptions>,
}

/// An assignor that a group member offers.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
pub struct Assignor {
  pub name: String,
  /// Written by the user, not one of librdkafka's.
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub custom: bool,
}

/// How a group is kept.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Debug)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum GroupProtocol {
  /// The leader assigns.
  #[default]
  Classic,
  /// The broker assigns, and sets time-outs and pace (KIP-848, Kafka 4).
  Consumer,
}

impl GroupProtocol {
  pub fn is_consumer(self) -> bool {
    self == GroupProtocol::Consumer
  }
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields = nullable))]
#[serde(rename_all = "camelCase")]
pub struct GroupOptions {
  #[serde(default)]
  #[cfg_attr(test, ts(as = "Option<_>", optional))]
  pub group_protocol: GroupProtocol,
  /// In order of preference.
  pub assignors: Vec<Assignor>,
  pub session_timeout: u32,
  pub heartbeat_interval: u32,
  /// ms between checks for new topics and partitions.
  pub metadata_interval: u32,
  /// ms that the coordinator waits for this member when the group rebalances; `None` for our own limit.
  #[serde(default)]
  pub rebalance_timeout: Option<u32>,
  /// ms that JavaScript may take to give up partitions; `None` for most of a session.
  #[serde(default)]
  pub revoke_timeout: Option<u32>,
  /// Makes this a static member: it keeps its partitions through a restart within the session.
  #[serde(default)]
  pub instance_id: Option<String>,
  /// The broker's assignor, by name, when the broker assigns; `None` lets it choose.
  #[serde(default)]
  pub remote_assignor: Option<String>,
}

/// A client's whole configuration: the properties that our options set, then the user's own.
pub fn configure(client: &ClientOptions, properties: Properties) -> Result<Conf, KafkaError> {
  let mut conf = Conf::new();
  for (name, value) in properties {
    conf.set(name, &value)?;
  }
  if let Some(ssl) = &client.ssl {
    if let Some(pfx) = &ssl.pfx {
      for (name, value) in keystore::properties(pfx, ssl)? {
        conf.set(name, &value)?;
      }
    }
    if ssl.reject_unauthorized {
      conf.report_certificates();
    }
  }
  for (name, value) in &client.librdkafka {
    conf.set(name, value)?;
  }
  Ok(conf)
}

pub type Properties = Vec<(&'static str, String)>;

/// librdkafka's upper limit for `socket.timeout.ms`; also what "wait forever" becomes there.
const MAX_SOCKET_TIMEOUT: u32 = 300_000;
/// Half of it is also the pace at which librdkafka retries brokers that refuse at once: a shorter one costs CPU time
/// for as long as an outage lasts, a longer one delays clients whose first bootstrap brokers are down.
const RECONNECT_BACKOFF: u32 = 200;
/// A broker that comes back must be in use again within 2 s; librdkafka's own default would wait up to 10 s.
const RECONNECT_BACKOFF_MAX: u32 = 1_000;
/// The broker decides what is too large; librdkafka's own limit of 1 MB would apply first.
const PRODUCER_MAX_MESSAGE: u32 = 100_000_000;
/// Bytes in one fetch response, over all partitions: bounds memory for topics with many partitions.
const FETCH_MAX: u32 = 16 * 1024 * 1024;
/// The rebalance timeout that librdkafka sends when it joins. The native thread answers rebalances even while JavaScript
/// is blocked, so it is only the limit for a member that is alive but frozen.
const MAX_POLL_INTERVAL: u32 = 300_000;

/// A shorter time would close connections between two requests that belong together, and a group would never join.
const LEAST_IDLE: u32 = 10_000;

fn idle_connection(wanted: u32) -> u32 {
  match wanted {
    0 => 0,
    wanted => wanted.clamp(LEAST_IDLE, i32::MAX as u32),
  }
}

fn client_properties(options: &ClientOptions) -> Properties {
  let hosts: Vec<&str> = options.brokers.split(',').map(str::trim).filter(|host| !host.is_empty()).collect();
  let socket_timeout = options.request_timeout.unwrap_or(MAX_SOCKET_TIMEOUT).clamp(10, MAX_SOCKET_TIMEOUT);
  let mut properties = vec![
    ("bootstrap.servers", hosts.join(",")),
    ("client.id", options.client_id.clone()),
    ("client.software.name", "kafka-node-native".into()),
    ("client.software.version", env!("CARGO_PKG_VERSION").into()),
    ("socket.connection.setup.timeout.ms", options.connect_timeout.clamp(1_000, i32::MAX as u32).to_string()),
    ("socket.timeout.ms", socket_timeout.to_string()),
    ("socket.keepalive.enable", "true".into()),
    // 0 is "never".
    ("connections.max.idle.ms", idle_connection(options.idle_connection).to_string()),
    ("reconnect.backoff.ms", RECONNECT_BACKOFF.to_string()),
    ("reconnect.backoff.max.ms", RECONNECT_BACKOFF_MAX.to_string()),
    ("allow.auto.create.topics", options.allow_auto_topic_creation.to_string()),
    ("log.queue", "true".into()),
    ("log.connection.close", "false".into()),
    ("statistics.interval.ms", options.statistics_interval.min(86_400_000).to_string()),
  ];
  let protocol = match (&options.ssl, &options.sasl) {
    (None, None) => "plaintext",
    (Some(_), None) => "ssl",
    (None, Some(_)) => "sasl_plaintext",
    (Some(_), Some(_)) => "sasl_ssl",
  };
  properties.push(("security.protocol", protocol.into()));
  if let Some(ssl) = &options.ssl {
    ssl_properties(ssl, &mut properties);
  }
  if let Some(sasl) = &options.sasl {
    properties.push(("sasl.mechanism", sasl.mechanism.to_uppercase()));
    // Tokens come with requests.
    if !sasl.mechanism.eq_ignore_ascii_case("OAUTHBEARER") {
      properties.push(("sasl.username", sasl.username.clone()));
      properties.push(("sasl.password", sasl.password.clone()));
    }
  }
  properties
}

fn ssl_properties(ssl: &SslOptions, properties: &mut Properties) {
  let texts = [
    ("ssl.ca.pem", &ssl.ca),
    ("ssl.certificate.pem", &ssl.cert),
    ("ssl.key.pem", &ssl.key),
    ("ssl.key.password", &ssl.passphrase),
    ("ssl.cipher.suites", &ssl.ciphers),
  ];
  for (name, value) in texts {
    if let Some(value) = value {
      properties.push((name, value.clone()));
    }
  }
  properties.push(("enable.ssl.certificate.verification", ssl.reject_unauthorized.to_string()));
  let identification = if ssl.reject_unauthorized { "https" } else { "none" };
  properties.push(("ssl.endpoint.identification.algorithm", identification.into()));
}

pub fn producer_properties(options: &ProducerOptions) -> Properties {
  let mut properties = client_properties(&options.client);
  let request_timeout = options.client.request_timeout;
  properties.extend([
    ("acks", options.acks.to_string()),
    // The time a record may take from `send` to its receipt; 0 is librdkafka's "for ever".
    ("message.timeout.ms", options.delivery_timeout.or(request_timeout).unwrap_or(0).min(i32::MAX as u32).to_string()),
    (
      "request.timeout.ms",
      options.ack_timeout.or(request_timeout).unwrap_or(MAX_SOCKET_TIMEOUT).clamp(1, 900_000).to_string(),
    ),
    ("linger.ms", "0".into()),
    ("compression.codec", options.codec.clone()),
    ("message.max.bytes", PRODUCER_MAX_MESSAGE.to_string()),
    ("queue.buffering.max.messages", options.queue_messages.to_string()),
    ("queue.buffering.max.kbytes", options.queue_kbytes.to_string()),
  ]);
  // Without idempotence, src/ffi/shims/max_in_flight_per_partition.c lets only one request of a partition be under way.
  if options.acks == -1 {
    // No duplicates and no change of order, whatever breaks.
    properties.push(("enable.idempotence", "true".into()));
  }
  if let Some(retries) = options.retries {
    // With idempotence librdkafka wants one at least.
    let least = u32::from(options.acks == -1);
    properties.push(("message.send.max.retries", retries.clamp(least, i32::MAX as u32).to_string()));
  }
  if let Some(pause) = options.retry_backoff {
    let longest = options.retry_backoff_max.unwrap_or(pause).clamp(1, 300_000);
    properties.push(("retry.backoff.ms", pause.clamp(1, longest).to_string()));
    properties.push(("retry.backoff.max.ms", longest.to_string()));
  }
  if let Some(id) = &options.transactional_id {
    properties.push(("transactional.id", id.clone()));
  }
  if let Some(timeout) = options.transaction_timeout {
    properties.push(("transaction.timeout.ms", timeout.clamp(1_000, i32::MAX as u32).to_string()));
  }
  if let Some(requests) = options.max_in_flight {
    // An idempotent producer's order holds for five.
    let most = if options.acks == -1 { 5 } else { 1_000_000 };
    properties.push(("max.in.flight.requests.per.connection", requests.clamp(1, most).to_string()));
  }
  properties
}

pub fn consumer_properties(options: &ConsumerOptions) -> Properties {
  let mut properties = client_properties(&options.client);
  properties.extend([
    ("group.id", options.group_id.clone()),
    ("fetch.wait.max.ms", options.fetch_max_wait.clamp(0, 300_000).to_string()),
    ("fetch.min.bytes", options.fetch_min_bytes.clamp(1, 100_000_000).to_string()),
    ("fetch.message.max.bytes", options.fetch_max_bytes.clamp(1, 1_000_000_000).to_string()),
    (
      "fetch.max.bytes",
      options
        .fetch_response_bytes
        .unwrap_or(FETCH_MAX)
        .clamp(options.fetch_max_bytes.clamp(1, 1_000_000_000), 1_000_000_000)
        .to_string(),
    ),
    // Off by default in librdkafka. Java's client checks, too.
    ("check.crcs", "true".into()),
    // librdkafka's default of 1 s starves a consumer that is slower than the network.
    ("fetch.queue.backoff.ms", "10".into()),
    ("queued.min.messages", "60000".into()),
    ("queued.max.messages.kbytes", options.queue_kbytes.to_string()),
    // Positions count once JavaScript has emitted the records, so we do both ourselves.
    ("enable.auto.commit", "false".into()),
    ("enable.auto.offset.store", "false".into()),
    // Out of range is reported; `outOfRangeOffset` or the user's `offsetOutOfRange` handler decides what to do.
    ("auto.offset.reset", "error".into()),
    ("isolation.level", if options.read_committed { "read_committed" } else { "read_uncommitted" }.into()),
  ]);
  if let Some(rack) = &options.rack {
    properties.push(("client.rack", rack.clone()));
  }
  if let Some(group) = &options.group {
    if group.group_protocol.is_consumer() {
      // The rest is the broker's business there, and librdkafka refuses it.
      properties.push(("group.protocol", "consumer".into()));
      if let Some(assignor) = &group.remote_assignor {
        properties.push(("group.remote.assignor", assignor.clone()));
      }
    } else {
      properties.extend([
        ("partition.assignment.strategy", builtin_assignors(&group.assignors)),
        ("session.timeout.ms", group.session_timeout.clamp(1, 3_600_000).to_string()),
        ("heartbeat.interval.ms", group.heartbeat_interval.clamp(1, 3_600_000).to_string()),
      ]);
    }
    if let Some(id) = &group.instance_id {
      properties.push(("group.instance.id", id.clone()));
    }
    let rebalance_timeout = group.rebalance_timeout.unwrap_or(MAX_POLL_INTERVAL).max(1);
    properties.extend([
      ("max.poll.interval.ms", rebalance_timeout.max(group.session_timeout).min(86_400_000).to_string()),
      ("topic.metadata.refresh.interval.ms", group.metadata_interval.clamp(10, 3_600_000).to_string()),
    ]);
  }
  properties
}

/// librdkafka learns of the user's own after it was created (`Client::new_member`), and needs a built-in one until then.
fn builtin_assignors(assignors: &[Assignor]) -> String {
  let names: Vec<&str> =
    assignors.iter().filter(|assignor| !assignor.custom).map(|assignor| assignor.name.as_str()).collect();
  if names.is_empty() {
    "roundrobin".into()
  } else {
    names.join(",")
  }
}

#[cfg(test)]
mod tests {
  use super::*;
  use serde_json::{json, Value};

  fn base() -> Value {
    json!({ "brokers": "a:9092, b:9093", "clientId": "c", "connectTimeout": 10000, "requestTimeout": 30000,
      "idleConnection": 300000 })
  }

  fn merged(mut into: Value, from: Value) -> Value {
    into.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
    into
  }

  fn producer(extra: Value) -> Properties {
    let defaults = json!({ "acks": 1, "codec": "none", "queueMessages": 1000, "queueKbytes": 1024 });
    producer_properties(&serde_json::from_value(merged(merged(base(), defaults), extra)).unwrap())
  }

  fn consumer(extra: Value) -> Properties {
    let defaults = json!({ "groupId": "g", "fetchMaxWait": 100, "fetchMinBytes": 1, "fetchMaxBytes": 1048576,
      "queueKbytes": 16384 });
    consumer_properties(&serde_json::from_value(merged(merged(base(), defaults), extra)).unwrap())
  }

  fn group(extra: Value) -> Properties {
    let defaults = json!({ "assignors": [{ "name": "roundrobin" }, { "name": "range" }], "sessionTimeout": 30000, "heartbeatInterval": 3000,
      "metadataInterval": 30000 });
    consumer(json!({ "group": merged(defaults, extra) }))
  }

  fn value<'a>(properties: &'a Properties, name: &str) -> Option<&'a str> {
    properties.iter().rev().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
  }

  #[test]
  fn each_option_becomes_its_property() {
    let rows: Vec<(Properties, &str, Option<&str>)> = vec![
      (producer(json!({})), "bootstrap.servers", Some("a:9092,b:9093")),
      (producer(json!({})), "client.id", Some("c")),
      (producer(json!({})), "security.protocol", Some("plaintext")),
      (producer(json!({})), "message.timeout.ms", Some("30000")),
      (producer(json!({ "requestTimeout": null })), "message.timeout.ms", Some("0")),
      (producer(json!({ "requestTimeout": null })), "socket.timeout.ms", Some("300000")),
      (producer(json!({})), "request.timeout.ms", Some("30000")),
      (producer(json!({ "ackTimeout": 100 })), "request.timeout.ms", Some("100")),
      (producer(json!({ "deliveryTimeout": 40000 })), "message.timeout.ms", Some("40000")),
      (producer(json!({})), "message.send.max.retries", None),
      (producer(json!({ "retries": 0 })), "message.send.max.retries", Some("0")),
      (producer(json!({ "retries": 0, "acks": -1 })), "message.send.max.retries", Some("1")),
      (producer(json!({ "retryBackoff": 300, "retryBackoffMax": 30000 })), "retry.backoff.ms", Some("300")),
      (producer(json!({ "retryBackoff": 300, "retryBackoffMax": 30000 })), "retry.backoff.max.ms", Some("30000")),
      (producer(json!({ "maxInFlight": 7 })), "max.in.flight.requests.per.connection", Some("7")),
      (producer(json!({ "maxInFlight": 7, "acks": -1 })), "max.in.flight.requests.per.connection", Some("5")),
      (producer(json!({ "transactionalId": "t" })), "transactional.id", Some("t")),
      (producer(json!({ "transactionTimeout": 5000 })), "transaction.timeout.ms", Some("5000")),
      (producer(json!({})), "allow.auto.create.topics", Some("true")),
      (producer(json!({ "allowAutoTopicCreation": false })), "allow.auto.create.topics", Some("false")),
      (producer(json!({})), "connections.max.idle.ms", Some("300000")),
      (producer(json!({ "idleConnection": 5 })), "connections.max.idle.ms", Some("10000")),
      (producer(json!({ "idleConnection": 0 })), "connections.max.idle.ms", Some("0")),
      (producer(json!({})), "reconnect.backoff.ms", Some("200")),
      (producer(json!({})), "reconnect.backoff.max.ms", Some("1000")),
      (producer(json!({ "statisticsInterval": 5000 })), "statistics.interval.ms", Some("5000")),
      (producer(json!({ "codec": "gzip" })), "compression.codec", Some("gzip")),
      (producer(json!({ "acks": 1 })), "acks", Some("1")),
      (producer(json!({ "acks": 1 })), "enable.idempotence", None),
      (producer(json!({ "acks": -1 })), "acks", Some("-1")),
      (producer(json!({ "acks": -1 })), "enable.idempotence", Some("true")),
      (consumer(json!({})), "group.id", Some("g")),
      (consumer(json!({})), "session.timeout.ms", None),
      (consumer(json!({})), "enable.auto.commit", Some("false")),
      (consumer(json!({})), "isolation.level", Some("read_uncommitted")),
      (consumer(json!({})), "fetch.max.bytes", Some("16777216")),
      (consumer(json!({ "fetchMaxBytes": 33554432 })), "fetch.max.bytes", Some("33554432")),
      (consumer(json!({ "fetchMaxBytes": 2147483647 })), "fetch.max.bytes", Some("1000000000")),
      (consumer(json!({ "fetchMaxBytes": 1000 })), "fetch.message.max.bytes", Some("1000")),
      (consumer(json!({ "fetchResponseBytes": 2000000 })), "fetch.max.bytes", Some("2000000")),
      (consumer(json!({ "fetchResponseBytes": 1000 })), "fetch.max.bytes", Some("1048576")),
      (consumer(json!({ "readCommitted": true })), "isolation.level", Some("read_committed")),
      (consumer(json!({})), "client.rack", None),
      (consumer(json!({ "rack": "a" })), "client.rack", Some("a")),
      (group(json!({})), "group.instance.id", None),
      (group(json!({ "instanceId": "i-1" })), "group.instance.id", Some("i-1")),
      (group(json!({ "rebalanceTimeout": 60000 })), "max.poll.interval.ms", Some("60000")),
      (group(json!({ "rebalanceTimeout": 1000 })), "max.poll.interval.ms", Some("30000")),
      (
        group(json!({ "groupProtocol": "consumer", "remoteAssignor": "range" })),
        "group.remote.assignor",
        Some("range"),
      ),
      (group(json!({})), "partition.assignment.strategy", Some("roundrobin,range")),
      (
        group(json!({ "assignors": [{ "name": "mine", "custom": true }, { "name": "range" }] })),
        "partition.assignment.strategy",
        Some("range"),
      ),
      (
        group(json!({ "assignors": [{ "name": "mine", "custom": true }] })),
        "partition.assignment.strategy",
        Some("roundrobin"),
      ),
      (group(json!({ "sessionTimeout": 6000 })), "session.timeout.ms", Some("6000")),
      (group(json!({})), "heartbeat.interval.ms", Some("3000")),
      (group(json!({})), "max.poll.interval.ms", Some("300000")),
      (group(json!({ "sessionTimeout": 600000 })), "max.poll.interval.ms", Some("600000")),
    ];
    for (properties, name, expected) in &rows {
      assert_eq!(value(properties, name), *expected, "{name}");
    }
  }

  #[test]
  fn tls_and_sasl_choose_the_security_protocol() {
    let ssl = json!({ "ca": "PEM", "rejectUnauthorized": true });
    let sasl = json!({ "mechanism": "scram-sha-256", "username": "u", "password": "p" });
    let rows = [
      (json!({ "ssl": ssl }), "ssl"),
      (json!({ "sasl": sasl }), "sasl_plaintext"),
      (json!({ "ssl": ssl, "sasl": sasl }), "sasl_ssl"),
    ];
    for (extra, expected) in rows {
      assert_eq!(value(&producer(extra), "security.protocol"), Some(expected));
    }
    let properties = producer(json!({ "sasl": sasl }));
    assert_eq!(value(&properties, "sasl.mechanism"), Some("SCRAM-SHA-256"));
  }

  #[test]
  fn verification_is_on_unless_it_is_switched_off() {
    let on = producer(json!({ "ssl": { "rejectUnauthorized": true } }));
    assert_eq!(value(&on, "enable.ssl.certificate.verification"), Some("true"));
    assert_eq!(value(&on, "ssl.endpoint.identification.algorithm"), Some("https"));
    let off = producer(json!({ "ssl": { "rejectUnauthorized": false } }));
    assert_eq!(value(&off, "enable.ssl.certificate.verification"), Some("false"));
    assert_eq!(value(&off, "ssl.endpoint.identification.algorithm"), Some("none"));
  }

  #[test]
  fn what_the_broker_decides_is_not_set_when_the_broker_assigns() {
    let properties = group(json!({ "groupProtocol": "consumer" }));
    assert_eq!(value(&properties, "group.protocol"), Some("consumer"));
    for name in ["partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms"] {
      assert_eq!(value(&properties, name), None, "{name}");
    }
    assert_eq!(value(&group(json!({})), "group.protocol"), None);
  }

  #[test]
  fn librdkafka_accepts_every_property() {
    let sasl = json!({ "sasl": { "mechanism": "plain", "username": "u", "password": "p" } });
    let lists = [
      producer(json!({})),
      producer(json!({ "acks": -1 })),
      producer(json!({ "acks": -1, "transactionalId": "t", "transactionTimeout": 60000 })),
      producer(json!({ "sasl": { "mechanism": "oauthbearer", "username": "", "password": "" } })),
      producer(json!({ "acks": -1, "retries": 0, "retryBackoff": 0, "retryBackoffMax": 0, "maxInFlight": 0 })),
      producer(sasl),
      consumer(json!({})),
      group(json!({})),
      group(json!({ "groupProtocol": "consumer" })),
    ];
    for properties in lists {
      let mut conf = Conf::new();
      for (name, value) in &properties {
        conf.set(name, value).unwrap_or_else(|error| panic!("{name}={value}: {}", error.message));
      }
    }
  }
}
