'use strict'

// What of docs/differences.md and docs/differences-kafkajs.md can be seen in code: patterns, the number of the entry,
// and what to look at. Entries where nothing is to be done are not here, nor those that only show when a program runs.

/**
 * @typedef {object} CodePattern
 * @property {string} id of the entry
 * @property {'kafka-node' | 'kafkajs'} api
 * @property {RegExp} pattern matched against text without comments
 * @property {string} advice
 * @property {boolean} [anywhere] so unmistakable that it counts in files that do not load the API, too
 */

/** Options of `tls.connect` that librdkafka has no counterpart for; those that it has are in docs/options.md. */
const REFUSED_TLS = /\b(servername|checkServerIdentity|ALPNProtocols|secureContext|minDHSize|crl|dhparam)\s*:/g

/** @type {CodePattern[]} */
const CODE_PATTERNS = [
  // kafka-node's API
  {
    id: 'D01',
    api: 'kafka-node',
    pattern: /\bkafkaHost\s*:\s*(['"`])[^'"`:$]+\1/g,
    advice: 'a broker without a port is refused with another text'
  },
  {
    id: 'D02',
    api: 'kafka-node',
    pattern: /\bproducer\w*\.ready\b/gi,
    advice: 'a producer on a ready client emits `ready`, too: do not work both here and in the handler'
  },
  {
    id: 'D09',
    api: 'kafka-node',
    pattern: /(?:require\s*\(\s*|from\s+)(['"])snappy\1/g,
    advice: 'snappy is built in: the module is not needed'
  },
  {
    id: 'D12',
    api: 'kafka-node',
    pattern: /\bnew\s+(?:\w+\.)?Consumer(?:Stream)?\s*\(/g,
    advice: 'its offsets are in Kafka, not in ZooKeeper: move them once with `move-offsets`'
  },
  {
    id: 'D13',
    api: 'kafka-node',
    pattern: /\bfetchMaxBytes\s*:/g,
    advice: "it does not hold back large messages any more: set the topic's max.message.bytes"
  },
  {
    id: 'D15',
    api: 'kafka-node',
    pattern: /\.setOffset\s*\(/g,
    advice: 'it takes effect in handlers, and backwards in groups (D21)'
  },
  {
    id: 'D22',
    api: 'kafka-node',
    pattern: /\bonRebalance\s*[:(=]/g,
    advice: 'a promise that it returns is waited for'
  },
  {
    id: 'D27',
    api: 'kafka-node',
    pattern: /\bprotocol\s*:\s*\[[^\]]*\{/g,
    advice: 'a custom assignor that fails or is slow (D28) is an `error` event; its `version` is not sent (D29)'
  },
  {
    id: 'D30',
    api: 'kafka-node',
    pattern: /\.fetch\s*\(\s*\[[^\]]*\btime\s*:(?!\s*-[12]\b)/g,
    advice: 'a look-up by time gives exactly one offset, that of the first message that is not older'
  },
  {
    id: 'D33',
    api: 'kafka-node',
    pattern: /\bnew\s+(?:\w+\.)?Offset\s*\(/g,
    advice: '`commit` goes to Kafka, and needs a group without members'
  },
  {
    id: 'D36',
    api: 'kafka-node',
    pattern: /\.describeGroups\s*\(/g,
    advice: '`memberMetadata.version` is another number'
  },
  {
    id: 'D39',
    api: 'kafka-node',
    pattern: /\.getController\s*\(/g,
    advice: 'gives `{ nodeId, host, port }`, not a socket'
  },
  {
    id: 'D47',
    api: 'kafka-node',
    pattern: /\bnew\s+(?:\w+\.)?ConsumerGroupStream\s*\(/g,
    advice: 'ignores commits for partitions that it has lost; `destroy(error)` emits the error (D49)'
  },
  {
    id: 'D52',
    api: 'kafka-node',
    pattern: /\bversions\s*:\s*\{/g,
    advice: 'is ignored: versions are negotiated'
  },
  {
    id: 'D53',
    api: 'kafka-node',
    pattern: /\bSaslAuthenticationError\b/g,
    advice: 'has another text, and comes once (D75): check the class'
  },
  {
    id: 'D73',
    api: 'kafka-node',
    pattern: REFUSED_TLS,
    advice: 'is refused in `sslOptions`: librdkafka has no such option'
  },
  {
    id: 'D74',
    api: 'kafka-node',
    pattern: /\bNODE_TLS_REJECT_UNAUTHORIZED\b/g,
    advice: 'has no effect: give `ca`, or `rejectUnauthorized: false`',
    anywhere: true
  },
  {
    id: 'D77',
    api: 'kafka-node',
    pattern: /\bmechanism\s*:\s*(['"`])(?!(?:plain|scram-sha-256|scram-sha-512|oauthbearer)\1)[\w-]+\1/gi,
    advice: 'is refused by the constructor'
  },
  {
    id: 'D80',
    api: 'kafka-node',
    pattern: /\.close\s*\(\s*true\b/g,
    advice: 'closes even if its commit fails: do not call it again'
  },
  {
    id: 'D100',
    api: 'kafka-node',
    pattern: /\brequireAcks\s*:\s*null\b/g,
    advice: 'means 1, not 0'
  },

  // KafkaJS's API
  {
    id: 'K26',
    api: 'kafkajs',
    pattern: /\bCompressionCodecs\b/g,
    advice: 'codecs are built in: what is set here is not called',
    anywhere: true
  },
  {
    id: 'K43',
    api: 'kafkajs',
    pattern: /\bheartbeat\s*\(/g,
    advice: 'the session needs no help; it rejects once the partition has been taken. A handler that hangs keeps its ' +
      'partitions'
  },
  {
    id: 'K48',
    api: 'kafkajs',
    pattern: /\.seek\s*\([^)]*\boffset\s*:\s*['"`]?-[12]\b/g,
    advice: '-1 and -2 are the end and the beginning'
  },
  {
    id: 'K58',
    api: 'kafkajs',
    pattern: /\bGROUP_JOIN\b|(['"`])consumer\.group_join\1/g,
    advice: 'comes less often: a new leader of a partition is no reason to join again'
  },
  {
    id: 'K76',
    api: 'kafkajs',
    pattern: /\.(?:resetOffsets|setOffsets)\s*\(/g,
    advice: 'stores the real offset of the beginning or the end as it is now, and is one request (K75)'
  },
  {
    id: 'K77',
    api: 'kafkajs',
    pattern: /\bresolveOffsets\s*:\s*true\b/g,
    advice: 'only reads: call `setOffsets` to write'
  },
  {
    id: 'K101',
    api: 'kafkajs',
    pattern: /\bsocketFactory\b/g,
    advice: 'is refused: connections are native',
    anywhere: true
  },
  {
    id: 'K102',
    api: 'kafkajs',
    pattern: REFUSED_TLS,
    advice: 'is refused in `ssl`: librdkafka has no such option'
  },
  {
    id: 'K103',
    api: 'kafkajs',
    pattern: /\b(?:authenticationProvider|authorizationIdentity)\b|\bmechanism\s*:\s*(['"`])aws\1/gi,
    advice: 'is refused: use plain, scram-sha-256, scram-sha-512 or oauthbearer'
  },
  {
    id: 'K104',
    api: 'kafkajs',
    pattern: /\boauthBearerProvider\b/g,
    advice: 'is called when a client starts and before the token ends, not for each connection'
  },
  {
    id: 'K105',
    api: 'kafkajs',
    pattern: /\breauthenticationThreshold\b/g,
    advice: 'has no effect',
    anywhere: true
  },
  {
    id: 'K106',
    api: 'kafkajs',
    pattern: /\bmaxWaitTimeInMs\s*:/g,
    advice: 'with `minBytes: 1` more than 500 counts as 500'
  },
  {
    id: 'K108',
    api: 'kafkajs',
    pattern: /\b(?:logAppendTime|logStartOffset)\b/g,
    advice: "is '-1' in the results of `send`"
  },
  {
    id: 'K109',
    api: 'kafkajs',
    pattern: /\.REQUEST(?:_TIMEOUT|_QUEUE_SIZE)?\b|\.network\.request/g,
    advice: 'is told of less: REQUEST_QUEUE_SIZE never comes'
  },
  {
    id: 'K110',
    api: 'kafkajs',
    pattern: /\bevents\.(?:HEARTBEAT|FETCH|FETCH_START)\b|(['"`])consumer\.(?:heartbeat|fetch|fetch_start)\1/g,
    advice: 'comes with native requests: do not count them'
  },
  {
    id: 'K111',
    api: 'kafkajs',
    pattern: /\bleaderId\b/g,
    advice: 'is null in other members: use `isLeader`'
  },
  {
    id: 'K112',
    api: 'kafkajs',
    pattern: /\bpartitionAssigners\s*:\s*\[\s*(?!(?:\w+\.)?(?:PartitionAssigners|roundRobin)\b)[^\s\]]/g,
    advice: 'a custom assigner has half of `sessionTimeout`, and of the cluster `findTopicPartitionMetadata`'
  },
  {
    id: 'K113',
    api: 'kafkajs',
    pattern: /\bbatchContext\b/g,
    advice: 'there is none'
  },
  {
    id: 'K119',
    api: 'kafkajs',
    pattern: /\bBROKER_LOGGER\b/g,
    advice: 'is rejected'
  },
  {
    id: 'K121',
    api: 'kafkajs',
    pattern: /(['"`])kafkajs\/src\/[^'"`]*\1/g,
    advice: 'only the paths that programs and agents use are there',
    anywhere: true
  },
  {
    id: 'K123',
    api: 'kafkajs',
    pattern: /\bidempotent\s*:\s*true\b/g,
    advice: 'a refusal rejects the sends, not `connect()`; sends are retried until `requestTimeout` (K03)'
  },
  {
    id: 'K127',
    api: 'kafkajs',
    pattern: /\bKAFKAJS_DEBUG_\w+/g,
    advice: 'has no effect',
    anywhere: true
  },
  {
    id: 'K128',
    api: 'kafkajs',
    pattern: /\backs\s*:\s*(?:-(?!1\b)\d+|[2-9]\d*|['"`])/g,
    advice: 'is refused: use -1, 0 or 1'
  },
  {
    id: 'K129',
    api: 'kafkajs',
    pattern: /\bmaxInFlightRequests\s*:/g,
    advice: 'counts for producers only (K105), and more than 5 counts as 5 with `acks: -1`'
  }
]

/** @param {CodePattern} entry */
function documentOf ({ api }) {
  return api === 'kafkajs' ? 'docs/differences-kafkajs.md' : 'docs/differences.md'
}

module.exports = { CODE_PATTERNS, documentOf }
