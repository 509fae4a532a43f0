'use strict'

/**
 * Cases that are right although they look wrong, each with its reason.
 *
 * @type {{ is: RegExp, why: string }[]}
 */
const EXCUSED = [
  { is: /^new KafkaClient connectTimeout = /, why: 'a few milliseconds are a time-out that no connection keeps' },
  { is: / force = a function$/, why: 'it is taken for the callback, as the short form of the call has it' },
  { is: /^new ConsumerGroup onRebalance = a function$/, why: 'one that never calls back holds the member up, as told' },
  { is: /^Producer\.send partition = a symbol$/, why: 'kafka-node throws while it puts a key for its map together' },
  { is: /^Producer\.send timestamp = a symbol$/, why: 'the way of every record has no room for a better text' },
  { is: /^new (Producer|HighLevelProducer) requireAcks = /, why: 'kafka-node waits forever for acks nobody sends' },
  { is: /^new ConsumerGroup sessionTimeout = /, why: 'what the broker refuses it refuses with its own error' }
]

/**
 * Where kafka-node throws while it writes the request, and ours gives the callback an error, as it does for every other
 * value that cannot be sent.
 *
 * @type {RegExp[]}
 */
const TOLD = [
  /createTopics (partitions|replicationFactor) = (a symbol|a Date|a bigint)$/,
  /(sendOffsetCommitRequest|Offset\.commit) (partition|offset) = /,
  /^ProducerStream\.(write|sendPayload) payload = /,
  /^Admin\.describeConfigs (resourceType|resourceName) = a symbol$/,
  /^Consumer\.addTopics partition = /
]

/**
 * What kafka-node accepts and ours refuses, see D51: it can only be a mistake, and nothing sensible came of it.
 *
 * @type {{ is: RegExp, why: string }[]}
 */
const REFUSED = [
  { is: /^new \w+ [\w.]+ = /, why: 'an option of a type that it cannot have' },
  { is: / callback = /, why: 'its first call would crash the process' },
  { is: /^Admin\.describe(Groups groups|Configs resources) = /, why: 'it described nothing' },
  { is: /^Admin\.describeConfigs resourceName = a Buffer$/, why: 'a name is a text' },
  { is: /^Consumer\.(pauseTopics|resumeTopics) topics = /, why: 'it had no effect' },
  { is: /createCommitStream options = /, why: 'nothing that could hold an option' },
  { is: /removeTopics topics = a Buffer$/, why: 'its bytes counted as names' },
  { is: /createTopics (partitions|replicationFactor) = /, why: 'the broker refused it, and the result said so' },
  { is: /^Producer\.send timestamp = /, why: 'retention would never delete the record, or at once (D101)' },
  { is: /(topic|partition|offset|attributes|metadata|message|payload|payloads) = /, why: 'sent in some form or other' }
]

module.exports = { EXCUSED, REFUSED, TOLD }
