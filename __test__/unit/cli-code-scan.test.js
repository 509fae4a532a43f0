'use strict'

// The search of `doctor --code`: what it finds, and what it leaves alone.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')

const { CODE_PATTERNS, documentOf } = require('../../cli/doctor/codePatterns')
const { scanText, withoutComments } = require('../../cli/doctor/codeScan')

const LOADS = { 'kafka-node': "require('kafka-node')", kafkajs: "import { Kafka } from 'kafkajs'" }

/** @param {'kafka-node' | 'kafkajs'} api @param {string} code */
const found = (api, code) => scanText(`${LOADS[api]}\n${code}`, 'a.js').findings.map(({ id }) => id)

/**
 * By number: code that is found, and code that is not.
 *
 * @type {Record<string, [found: string, left: string]>}
 */
const EXAMPLES = {
  D01: ["{ kafkaHost: 'localhost' }", "{ kafkaHost: 'localhost:9092' }"],
  D02: ['if (producer.ready) send()', "producer.on('ready', send)"],
  D09: ["require('snappy')", "require('snappyjs')"],
  D12: ['new kafka.Consumer(client, topics)', 'new kafka.ConsumerGroup(options, topics)'],
  D13: ['{ fetchMaxBytes: 1 }', '{ maxBytes: 1 }'],
  D15: ["consumer.setOffset('t', 0, 1)", 'offset.setOffsets()'],
  D22: ['{ onRebalance: (isMember, done) => done() }', 'rebalance()'],
  D27: ["{ protocol: [{ name: 'mine', assign }] }", "{ protocol: ['roundrobin'] }"],
  D30: ["offset.fetch([{ topic: 't', time: Date.now() }], done)", "offset.fetch([{ topic: 't', time: -1 }], done)"],
  D33: ['new Offset(client)', 'new OffsetStore(client)'],
  D36: ['admin.describeGroups(names, done)', 'admin.listGroups(done)'],
  D39: ['client.getController(done)', 'getControllers()'],
  D47: ['new kafka.ConsumerGroupStream(options)', 'new ConsumerGroup(options)'],
  D52: ['{ versions: { disabled: true } }', '{ versions: 1 }'],
  D53: ["error.name === 'SaslAuthenticationError'", "error.name === 'TimeoutError'"],
  D73: ["{ sslOptions: { servername: 'a' } }", '{ sslOptions: { ca } }'],
  D74: ["process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'", '{ rejectUnauthorized: false }'],
  D77: ["{ mechanism: 'gssapi' }", "{ mechanism: 'SCRAM-SHA-256' }"],
  D80: ['group.close(true, done)', 'group.close(done)'],
  D100: ['{ requireAcks: null }', '{ requireAcks: 1 }'],
  K26: ['CompressionCodecs[CompressionTypes.Snappy] = SnappyCodec', '{ compression: CompressionTypes.Snappy }'],
  K43: ['await heartbeat()', '{ heartbeatInterval: 1 }'],
  K48: ["consumer.seek({ topic, partition: 0, offset: '-1' })", "consumer.seek({ topic, partition: 0, offset: '10' })"],
  K58: ['consumer.on(consumer.events.GROUP_JOIN, f)', 'consumer.on(consumer.events.CRASH, f)'],
  K76: ['await admin.resetOffsets({ groupId, topic })', 'await admin.fetchOffsets({ groupId })'],
  K77: ['{ resolveOffsets: true }', '{ resolveOffsets: false }'],
  K101: ['new Kafka({ socketFactory })', 'new Kafka({ brokers })'],
  K102: ['{ ssl: { checkServerIdentity: () => undefined } }', '{ ssl: { ca } }'],
  K103: ["{ sasl: { mechanism: 'aws', accessKeyId } }", "{ sasl: { mechanism: 'plain' } }"],
  K104: ['{ oauthBearerProvider: token }', '{ provider: token }'],
  K105: ['{ reauthenticationThreshold: 1 }', '{ authenticationTimeout: 1 }'],
  K106: ['{ maxWaitTimeInMs: 5000 }', '{ maxWait: 5000 }'],
  K108: ['results[0].logAppendTime', 'results[0].baseOffset'],
  K109: ['producer.on(producer.events.REQUEST, f)', 'producer.on(producer.events.CONNECT, f)'],
  K110: ["consumer.on('consumer.heartbeat', f)", "consumer.on('consumer.stop', f)"],
  K111: ['event.payload.leaderId', 'event.payload.isLeader'],
  K112: ['{ partitionAssigners: [mine] }', '{ partitionAssigners: [PartitionAssigners.roundRobin] }'],
  K113: ['message.batchContext', 'batch.messages'],
  K119: ['ConfigResourceTypes.BROKER_LOGGER', 'ConfigResourceTypes.BROKER'],
  K121: ["require('kafkajs/src/protocol/encoder')", "require('kafkajs')"],
  K123: ['{ idempotent: true }', '{ idempotent: false }'],
  K127: ['process.env.KAFKAJS_DEBUG_PROTOCOL_BUFFERS', 'process.env.KAFKAJS_LOG_LEVEL'],
  K128: ["{ acks: 'all' }", '{ acks: -1 }'],
  K129: ['{ maxInFlightRequests: 1 }', '{ maxInFlight: 1 }']
}

describe('the search of doctor --code', () => {
  it('has an example of each pattern, whose number is in the docs', () => {
    assert.deepEqual(CODE_PATTERNS.map(({ id }) => id), Object.keys(EXAMPLES))
    for (const entry of CODE_PATTERNS) {
      const document = fs.readFileSync(path.join(__dirname, '..', '..', documentOf(entry)), 'utf8')
      for (const [, id] of [['', entry.id], ...entry.advice.matchAll(/\b([DK]\d+)\b/g)]) {
        assert.ok(document.includes(`### ${id} `), `${id} is not in ${documentOf(entry)}`)
      }
      const [yes, no] = EXAMPLES[entry.id]
      assert.deepEqual(found(entry.api, yes), [entry.id])
      assert.deepEqual(found(entry.api, no), [])
    }
  })

  it('names the line, once', () => {
    const text = "// kafkajs\nconst { Kafka } = require('kafkajs')\n\n  await heartbeat(); await heartbeat()\n"
    const { findings } = scanText(text, 'a.js')
    assert.equal(findings.length, 1)
    const [{ id, line, code, document }] = findings
    assert.deepEqual([id, line, code], ['K43', 4, 'await heartbeat(); await heartbeat()'])
    assert.equal(document, 'docs/differences-kafkajs.md')
  })

  it('looks only at what loads the API, but for what is unmistakable', () => {
    assert.deepEqual(scanText('heart.heartbeat(); room.close(true)', 'a.js').findings, [])
    assert.deepEqual(scanText('heartbeat({ socketFactory })', 'a.js').findings.map(({ id }) => id), ['K101'])
    assert.deepEqual(found('kafkajs', 'room.close(true)'), [])
    assert.deepEqual(scanText("require('kafka-node-native/kafkajs'); room.close(true)", 'a.js').loads, ['kafkajs'])
  })

  it('leaves out comments, and nothing else', () => {
    const text = [
      'a // heartbeat()', '/* b', ' heartbeat() */ c', "'// no comment' + \"/* none */\"", '`//\n${x}` // gone',
      'x = /[/*]"/ // gone', 'y = 4 / 2 // gone', "don't('", 'end'
    ].join('\n')
    const expected = [
      'a', '', '                c', "'// no comment' + \"/* none */\"", '`//\n${x}`', 'x = /[/*]"/', 'y = 4 / 2',
      "don't('", 'end'
    ].join('\n')
    assert.equal(withoutComments(text).split('\n').map((line) => line.trimEnd()).join('\n'), expected)
  })
})
