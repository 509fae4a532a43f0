// Generated from the types in src/ by src/typescript.rs. Do not edit: run `npm run protocol`.
//
// Everything but records crosses as JSON text. JavaScript sends options, commands and requests; events come back.

/**
 * One ACL. The numbers are those of the Kafka protocol.
 */
export type Acl = { resourceType: number, resourceName: string, patternType: number, principal: string, host: string, operation: number, permission: number, };

/**
 * What to change about one resource's configuration.
 */
export type Alteration = { name: string, entries: Array<Entry>, };

/**
 * The result of each request, by the request's `op`.
 */
export type Answer = { "op": "metadata", "result": ClusterMetadata } | { "op": "committed", "result": Array<PartitionAnswer> } | { "op": "offsets", "result": Array<PartitionAnswer> } | { "op": "createTopics", "result": Array<FailedTopic> } | { "op": "deleteTopics", "result": Array<FailedTopic> } | { "op": "createPartitions", "result": Array<FailedTopic> } | { "op": "deleteRecords", "result": Array<PartitionAnswer> } | { "op": "electLeaders", "result": Array<PartitionOutcome> } | { "op": "describeConfigs", "result": Array<ResourceConfig> } | { "op": "alterConfigs", "result": Array<ResourceConfig> } | { "op": "listGroups", "result": { [key in string]: string } } | { "op": "describeGroup", "result": GroupDescription } | { "op": "listOffsets", "result": Array<PartitionAnswer> } | { "op": "groupOffsets", "result": Array<PartitionAnswer> } | { "op": "commitGroupOffsets", "result": Array<PartitionAnswer> } | { "op": "deleteGroupOffsets", "result": Array<PartitionAnswer> } | { "op": "deleteGroups", "result": Array<GroupOutcome> } | { "op": "describeAcls", "result": Array<Acl> } | { "op": "createAcls", "result": Array<KafkaError | null> } | { "op": "deleteAcls", "result": Array<FilterOutcome> } | { "op": "alterReassignments", "result": Array<PartitionOutcome> } | { "op": "listReassignments", "result": Array<TopicReassignments> } | { "op": "describeScramUsers", "result": Array<ScramUser> } | { "op": "initTransactions", "result": null } | { "op": "beginTransaction", "result": null } | { "op": "sendOffsets", "result": null } | { "op": "commitTransaction", "result": null } | { "op": "abortTransaction", "result": null } | { "op": "addBrokers", "result": null } | { "op": "reportRequests", "result": null } | { "op": "setToken", "result": null } | { "op": "setTokenFailure", "result": null };

/**
 * An assignor that a group member offers.
 */
export type Assignor = { name: string, 
/**
 * Written by the user, not one of librdkafka's.
 */
custom?: boolean, };

export type BrokerInfo = { nodeId: number, host: string, port: number, 
/**
 * `broker.rack`; none if it is not set.
 */
rack: string | null, };

/**
 * A cluster as described by one metadata response.
 */
export type ClusterMetadata = { brokers: Array<BrokerInfo>, topics: Array<TopicInfo>, controllerId: number, clusterId: string | null, };

/**
 * A command, as JSON text from JavaScript. Versions are of assignments, see `membership.rs`.
 */
export type Command = { "type": "subscribe", topics: Array<string>, start: StartPolicy, } | { "type": "setAssignment", partitions: Array<Partition>, } | { "type": "revoked", assignmentVersion: number, commit: Array<Partition>, } | { "type": "commit", id: number, partitions: Array<Partition>, assignmentVersion?: number | null, generationId?: number | null, } | { "type": "seek", topic: string, partition: number, offset: number, seekVersion: number, assignmentVersion?: number | null, } | { "type": "pause", partitions: Array<Partition>, paused: boolean, assignmentVersion?: number | null, } | { "type": "unsubscribe" };

export type ConfigEntry = { name: string, 
/**
 * Empty if it is not set or not to be seen.
 */
value: string, 
/**
 * It is not set, or not to be seen.
 */
isNull: boolean, readOnly: boolean, 
/**
 * Where the value comes from (Kafka protocol, DescribeConfigs), e.g. 1 the topic, 5 the default.
 */
source: number, sensitive: boolean, synonyms: Array<Synonym>, };

export type ConsumerOptions = { groupId: string, 
/**
 * ms that a broker may keep a fetch waiting for `fetch_min_bytes`.
 */
fetchMaxWait: number, fetchMinBytes: number, 
/**
 * Bytes per partition and fetch.
 */
fetchMaxBytes: number, 
/**
 * Bytes of one fetch response over all partitions; at least `fetch_max_bytes`. `None` for our own limit.
 */
fetchResponseBytes?: number | null, 
/**
 * KiB fetched ahead at most.
 */
queueKbytes: number, 
/**
 * Hides records of transactions that are open or were aborted.
 */
readCommitted?: boolean, 
/**
 * Where this consumer is: it fetches from the nearest replica, if the broker has a replica selector.
 */
rack?: string | null, 
/**
 * Present for a group member, absent for a consumer of fixed partitions.
 */
group?: GroupOptions | null, 
/**
 * `host:port` list, comma separated; IPv6 addresses in brackets.
 */
brokers: string, clientId: string, 
/**
 * ms for TCP, TLS and SASL together.
 */
connectTimeout: number, 
/**
 * ms per request; `None` waits forever.
 */
requestTimeout?: number | null, 
/**
 * ms after which an unused connection is closed.
 */
idleConnection: number, 
/**
 * ms between statistics; 0 is off.
 */
statisticsInterval?: number, 
/**
 * Whether questions for a topic may create it, if the broker is set to.
 */
allowAutoTopicCreation?: boolean, ssl?: SslOptions | null, sasl?: SaslOptions | null, 
/**
 * The user's own properties for this kind of handle, names and values; JavaScript has refused those that are ours.
 */
librdkafka?: Array<[string, string]>, };

/**
 * The id is -1 if it is not known.
 */
export type Coordinator = { id: number, host: string, port: number, };

export type Entry = { name: string, value?: string | null, operation?: Operation, };

export type Event = { "type": "error", error: KafkaError, topic: string | null, partition: number | null, offset: number | null, } | { "type": "log", level: number, facility: string, text: string, } | { "type": "statistics", statistics: unknown, } | { "type": "broker", id: number, host: string, port: number, state: string, } | { "type": "certificate", broker: string, error: number, reason: string, } | { "type": "answered", broker: string, apiKey: number, apiVersion: number, correlationId: number, size: number, duration: number, error: number, } | { "type": "tokenWanted" } | { "type": "reply", id: number, error: KafkaError | null, 
/**
 * `Answer` of the requests.
 */
result: Answer['result'] | null, } | { "type": "topic", id: number, name: string, } | { "type": "assigned", assignmentVersion: number, incremental: boolean, partitions: Array<PartitionAnswer>, memberId: string, generationId: number, committed: boolean, 
/**
 * This member has computed the group's assignment.
 */
leader: boolean, 
/**
 * The assignor that the group has chosen; none when the broker assigns.
 */
assignor: string | null, 
/**
 * JSON text that the leader sent along.
 */
userData: string | null, } | { "type": "assignorRequested", number: number, assignor: string, memberId: string, generationId: number, members: Array<MemberText>, 
/**
 * Names and ids of partitions.
 */
topics: Array<[string, Array<number>]>, } | { "type": "assignmentOverdue", assignor: string, timeout: number, } | { "type": "revoked", assignmentVersion: number, incremental: boolean, partitions: Array<[string, number]>, lost: boolean, } | { "type": "startFailed", error: KafkaError, } | { "type": "offsetsMissing", assignmentVersion: number, } | { "type": "committed", id: number, error: KafkaError | null, partitions: Array<PartitionAnswer>, stale: boolean, } | { "type": "closed" };

/**
 * A topic that was not created, changed or deleted.
 */
export type FailedTopic = { topic: string, 
/**
 * The broker's code.
 */
code: number, 
/**
 * The broker's text, or librdkafka's if the broker gave none.
 */
error: string, };

/**
 * What ACLs must have; `None` matches everything.
 */
export type Filter = { resourceType: number, resourceName?: string | null, patternType: number, principal?: string | null, host?: string | null, operation: number, permission: number, };

/**
 * What the deletion of ACLs has come to for one filter.
 */
export type FilterOutcome = { error: KafkaError | null, matching: Array<MatchingAcl>, };

export type FromOffset = "earliest" | "latest" | "none";

export type GroupDescription = { group: string, 
/**
 * The broker's name for it, e.g. `Stable`.
 */
state: string, protocolType: string, 
/**
 * The assignor in use.
 */
protocol: string, coordinator: Coordinator, members: Array<MemberDescription>, };

/**
 * Whose offsets are committed with a transaction.
 */
export type GroupIdentity = { groupId: string, 
/**
 * Of the member that has the partitions; without one the broker does not check that they are still its own.
 */
member?: MemberIdentity | null, };

export type GroupOptions = { groupProtocol?: GroupProtocol, 
/**
 * In order of preference.
 */
assignors: Array<Assignor>, sessionTimeout: number, heartbeatInterval: number, 
/**
 * ms between checks for new topics and partitions.
 */
metadataInterval: number, 
/**
 * ms that the coordinator waits for this member when the group rebalances; `None` for our own limit.
 */
rebalanceTimeout?: number | null, 
/**
 * ms that JavaScript may take to give up partitions; `None` for most of a session.
 */
revokeTimeout?: number | null, 
/**
 * Makes this a static member: it keeps its partitions through a restart within the session.
 */
instanceId?: string | null, 
/**
 * The broker's assignor, by name, when the broker assigns; `None` lets it choose.
 */
remoteAssignor?: string | null, };

/**
 * What a deletion has come to for one group.
 */
export type GroupOutcome = { group: string, error: KafkaError | null, };

/**
 * How a group is kept.
 */
export type GroupProtocol = "classic" | "consumer";

/**
 * Which records there are, for a question about offsets.
 */
export type Isolation = "readUncommitted" | "readCommitted";

/**
 * One error. `code` below 0 is local to librdkafka, above 0 it is the broker's (Kafka protocol, error codes).
 */
export type KafkaError = { code: number, 
/**
 * librdkafka's name without its prefix, e.g. `_TIMED_OUT`, `NOT_LEADER_FOR_PARTITION`.
 */
name: string, message: string, 
/**
 * The same call may succeed later.
 */
retriable: boolean, 
/**
 * The client is unusable; it must be closed and replaced by a new one.
 */
fatal: boolean, 
/**
 * The transaction cannot be committed; it must be aborted, then another one may follow.
 */
abortable: boolean, };

export type MatchingAcl = { 
/**
 * Why it is still there.
 */
error: KafkaError | null, acl: Acl, };

/**
 * What one member gets according to JavaScript, which has checked it.
 */
export type MemberAssignment = { memberId: string, partitions: Array<[string, Array<number>]>, 
/**
 * JSON text.
 */
userData?: string | null, 
/**
 * Bytes instead of JSON text, in hexadecimal.
 */
userDataHex?: string | null, };

/**
 * Members of the newer protocol (KIP-848) have `partitions`, all others `metadata` and `assignment`.
 */
export type MemberDescription = { id: string, clientId: string, 
/**
 * E.g. `/127.0.0.1`.
 */
host: string, 
/**
 * As on the wire, in hexadecimal.
 */
metadata?: string, 
/**
 * As on the wire, in hexadecimal.
 */
assignment?: string, partitions?: Array<PartitionAnswer>, };

export type MemberIdentity = { generationId: number, memberId: string, groupInstanceId?: string | null, };

/**
 * A member of a group and what it tells the leader.
 */
export type MemberText = { id: string, 
/**
 * As on the wire, in hexadecimal.
 */
metadata: string, };

/**
 * A topic that is to have more partitions.
 */
export type MorePartitions = { topic: string, 
/**
 * How many it shall have, together with those that it has.
 */
count: number, 
/**
 * Broker ids for each new partition; empty lets the controller choose.
 */
assignments?: Array<Array<number>>, };

/**
 * A topic to create.
 */
export type NewTopic = { topic: string, 
/**
 * -1 leaves it to the broker's default.
 */
partitions: number, 
/**
 * -1 leaves it to the broker's default, or to `replica_assignment`.
 */
replicationFactor: number, configEntries: Array<[string, string | null]>, 
/**
 * Broker ids for partition 0, 1, ...; empty lets the controller choose.
 */
replicaAssignment?: Array<Array<number>>, };

/**
 * What an incremental change does to an entry.
 */
export type Operation = "set" | "delete" | "append" | "subtract";

export type Partition = { topic: string, partition: number, offset?: number, metadata?: string | null, };

/**
 * A broker's answer for one partition.
 */
export type PartitionAnswer = { topic: string, partition: number, offset: number, metadata: string | null, error: number, };

export type PartitionInfo = { partition: number, leader: number, 
/**
 * How often the partition has changed its leader; -1 if the broker does not tell.
 */
leaderEpoch: number, replicas: Array<number>, isr: Array<number>, error: number, };

/**
 * What a change has come to for one partition.
 */
export type PartitionOutcome = { topic: string, partition: number, error: KafkaError | null, };

/**
 * Broker ids: all that have the partition at the moment, those that shall have it, and those that shall not.
 */
export type PartitionReassignment = { partition: number, replicas: Array<number>, adding: Array<number>, removing: Array<number>, };

export type ProducerOptions = { 
/**
 * 0, 1 or -1 (all in-sync replicas).
 */
acks: number, 
/**
 * ms the broker may wait for its replicas; `None` unless the user set it.
 */
ackTimeout?: number | null, 
/**
 * `none`, `gzip`, `snappy`, `lz4` or `zstd`.
 */
codec: string, 
/**
 * Records librdkafka may hold.
 */
queueMessages: number, 
/**
 * KiB librdkafka may hold.
 */
queueKbytes: number, 
/**
 * ms a record may take from `send` to its report; `None`: as long as a request.
 */
deliveryTimeout?: number | null, 
/**
 * How often a record is sent again; `None`: until it is delivered or its time is over.
 */
retries?: number | null, 
/**
 * ms before the first of them; the pauses double.
 */
retryBackoff?: number | null, 
/**
 * ms, the longest of those pauses.
 */
retryBackoffMax?: number | null, 
/**
 * Requests under way on one connection.
 */
maxInFlight?: number | null, 
/**
 * Makes the handle one for transactions, with all acknowledgements.
 */
transactionalId?: string | null, 
/**
 * ms after which the broker aborts a transaction that has not ended; at least the delivery time-out.
 */
transactionTimeout?: number | null, 
/**
 * `host:port` list, comma separated; IPv6 addresses in brackets.
 */
brokers: string, clientId: string, 
/**
 * ms for TCP, TLS and SASL together.
 */
connectTimeout: number, 
/**
 * ms per request; `None` waits forever.
 */
requestTimeout?: number | null, 
/**
 * ms after which an unused connection is closed.
 */
idleConnection: number, 
/**
 * ms between statistics; 0 is off.
 */
statisticsInterval?: number, 
/**
 * Whether questions for a topic may create it, if the broker is set to.
 */
allowAutoTopicCreation?: boolean, ssl?: SslOptions | null, sasl?: SaslOptions | null, 
/**
 * The user's own properties for this kind of handle, names and values; JavaScript has refused those that are ours.
 */
librdkafka?: Array<[string, string]>, };

/**
 * One of librdkafka's properties.
 */
export type Property = { name: string, 
/**
 * `P` for producers only, `C` for consumers only, `*` for both.
 */
scope: string, 
/**
 * The property that this is an alias of.
 */
alias: string | null, };

export type Reassignment = { topic: string, partitions: Array<Replicas>, };

export type Replicas = { partition: number, 
/**
 * Broker ids, the preferred leader first; none cancels a reassignment.
 */
replicas?: Array<number> | null, };

/**
 * A request from JavaScript.
 */
export type Request = { "op": "metadata", topics?: Array<string> | null, create?: boolean | null, timeout: number, } | { "op": "committed", partitions: Array<Partition>, timeout: number, } | { "op": "offsets", partitions: Array<Partition>, timeout: number, } | { "op": "createTopics", topics: Array<NewTopic>, validateOnly?: boolean | null, effect?: number | null, timeout: number, } | { "op": "deleteTopics", topics: Array<string>, effect?: number | null, timeout: number, } | { "op": "createPartitions", topics: Array<MorePartitions>, validateOnly?: boolean | null, effect?: number | null, timeout: number, } | { "op": "deleteRecords", partitions: Array<Partition>, timeout: number, } | { "op": "electLeaders", unclean: boolean, partitions?: Array<Partition> | null, timeout: number, } | { "op": "describeConfigs", kind: ResourceKind, wanted: Array<Wanted>, timeout: number, } | { "op": "alterConfigs", kind: ResourceKind, alterations: Array<Alteration>, incremental: boolean, validateOnly: boolean, timeout: number, } | { "op": "listGroups", timeout: number, } | { "op": "describeGroup", group: string, timeout: number, } | { "op": "listOffsets", partitions: Array<Partition>, isolation?: Isolation | null, timeout: number, } | { "op": "groupOffsets", group: string, partitions?: Array<Partition> | null, timeout: number, } | { "op": "commitGroupOffsets", group: string, partitions: Array<Partition>, timeout: number, } | { "op": "deleteGroupOffsets", group: string, partitions: Array<Partition>, timeout: number, } | { "op": "deleteGroups", groups: Array<string>, timeout: number, } | { "op": "describeAcls", filter: Filter, timeout: number, } | { "op": "createAcls", acls: Array<Acl>, timeout: number, } | { "op": "deleteAcls", filters: Array<Filter>, timeout: number, } | { "op": "alterReassignments", topics: Array<Reassignment>, effect: number, timeout: number, } | { "op": "listReassignments", topics?: Array<TopicPartitions> | null, effect: number, timeout: number, } | { "op": "describeScramUsers", users?: Array<string> | null, timeout: number, } | { "op": "initTransactions", timeout: number, } | { "op": "beginTransaction", timeout: number, } | { "op": "sendOffsets", group: GroupIdentity, partitions: Array<Partition>, timeout: number, } | { "op": "commitTransaction", timeout: number, } | { "op": "abortTransaction", timeout: number, } | { "op": "addBrokers", brokers: string, } | { "op": "reportRequests", on: boolean, } | { "op": "setToken", token: Token, } | { "op": "setTokenFailure", reason: string, };

/**
 * The configuration of one resource, or why it could not be read.
 */
export type ResourceConfig = { name: string, 
/**
 * 0, or the broker's code.
 */
code: number, error: string, entries: Array<ConfigEntry>, };

export type ResourceKind = "topic" | "broker";

export type SaslOptions = { mechanism: string, username: string, password: string, };

/**
 * The mechanism is a number of the Kafka protocol.
 */
export type ScramCredential = { mechanism: number, iterations: number, };

export type ScramUser = { user: string, error: KafkaError | null, credentials: Array<ScramCredential>, };

/**
 * TLS material. `ca`, `cert` and `key` are PEM text.
 */
export type SslOptions = { ca?: string | null, cert?: string | null, key?: string | null, passphrase?: string | null, 
/**
 * PKCS#12 in Base64; takes the place of `cert` and `key`.
 */
pfx?: string | null, rejectUnauthorized: boolean, ciphers?: string | null, };

export type StartPolicy = { fromOffset: FromOffset, 
/**
 * The same for single topics.
 */
fromOffsetOf?: { [key in string]: FromOffset }, 
/**
 * Commit the start offsets when one of them was not committed before.
 */
commitOnFirstJoin: boolean, 
/**
 * ms for each look-up.
 */
timeout: number, 
/**
 * Look up again for as long as it fails with an error that may pass, such as a partition without a leader, and report
 * each time. Otherwise the first failure is the end of the attempt to join.
 */
keepTrying: boolean, };

export type Synonym = { name: string, value: string, isNull: boolean, source: number, };

export type Token = { value: string, 
/**
 * When it expires, ms since 1970.
 */
expiresAt: number, principal: string, 
/**
 * Names and values that the broker gets beside the token.
 */
extensions?: Array<[string, string]>, };

export type TopicInfo = { topic: string, error: number, partitions: Array<PartitionInfo>, };

export type TopicPartitions = { topic: string, partitions: Array<number>, };

export type TopicReassignments = { topic: string, partitions: Array<PartitionReassignment>, };

/**
 * What to describe.
 */
export type Wanted = { name: string, 
/**
 * The entries to describe; empty for all.
 */
entries: Array<string>, };
