'use strict'

const assert = require('node:assert/strict')
const { describe: suite, it } = require('node:test')

const { Client, DOORS } = require('./client')
const { RecordBatch } = require('../support/hostileBatches')
const { Body, HostileBroker, framed } = require('../support/hostileBroker')

// Answers that are broken or lie, one of them per case; everything else is answered as Kafka does.

/** @typedef {import('../support/hostileBroker').Request} Request */
/** @typedef {import('../support/hostileBroker').ApiName} ApiName */

const LARGEST = 2 ** 31 - 1
/** Codes that no broker has. The second is in the range of librdkafka's own, which are all below -100 or -1. */
const UNKNOWN_CODES = [999, -77]
/** Asked so often with the same hostile answer, a client is in a loop, and tells nobody. */
const IN_VAIN = 500

/** @param {number} length */
function length (length) {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(length)
  return bytes
}

/** @param {HostileBroker} broker @param {Request} request @returns {Buffer} the right answer, without its length */
const payloadOf = (broker, request) => broker.frame(request.correlation, request.answer()).subarray(4)

/**
 * @param {Body} body
 * @param {HostileBroker} broker
 * @param {number} version
 */
function beforeTopics (body, broker, version) {
  body.each(broker.nodes, ({ id, port }) => body.int32(id).text('127.0.0.1').int32(port).text(null))
  if (version >= 2) body.text('hostile')
  return body.int32(0)
}

/**
 * @param {HostileBroker} broker
 * @param {Request} request
 * @param {Parameters<HostileBroker['writeMetadata']>[2]} metadata
 */
function metadata (broker, request, metadata) {
  const body = request.empty()
  broker.writeMetadata(body, request.version, metadata)
  return body
}

/**
 * A fetch's answer for one topic.
 *
 * @param {HostileBroker} broker
 * @param {Request} request
 * @param {{ partition: number, error?: number, aborted?: number, records?: RecordBatch[] }[]} partitions
 */
function fetched (broker, { empty, version }, partitions) {
  const body = empty().int32(0).count(1)
  broker.topicOfFetch(body, 't', version)
  return body.each(partitions, (partition) =>
    broker.partitionOfFetch(body, { version, end: 1, records: [], ...partition }))
}

/** @param {Request} request @param {number} error @param {{ partition?: number, offset?: bigint }} [answer] */
const produced = ({ empty }, error, { partition = 0, offset = 0n } = {}) =>
  empty().count(1).text('t').count(1).int32(partition).int16(error).int64(offset).int64(-1n).int64(0n).int32(0)

/** @param {Request} request @param {[partition: number, error: number, offset: bigint][]} partitions */
const offsets = ({ empty }, partitions) => {
  const body = empty().count(1).text('t')
  return body.each(partitions, ([partition, error, offset]) =>
    body.int32(partition).int16(error).int64(-1n).int64(offset))
}

/** @param {Request} request @param {number} error @param {{ protocol?: string | null, members?: number }} [answer] */
const joined = ({ empty }, error, { protocol = '', members = 0 } = {}) =>
  empty().int16(error).int32(1).text(protocol).text('m').text('m').count(members)

/** @param {Request} request to join @returns {string} what the client offers first */
function assignorOf ({ fields }) {
  const request = fields()
  request.text()
  request.int32()
  request.text()
  request.text()
  return request.each(() => {
    const name = String(request.text())
    request.bytes(request.int32())
    return name
  })[0]
}

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {ApiName} api whose answer is replaced
 * @property {(broker: HostileBroker, request: Request) => import('../support/hostileBroker').Hostile} answer
 * @property {'read' | 'join' | 'write' | 'ask'} role of the client
 * @property {(client: Client) => Promise<unknown>} [ends] how it has to end; by default an error is told
 * @property {number} [inVain]
 * @property {Partial<HostileBroker['versions']>} [versions]
 */

/** Of each question of an admin client: metadata, offsets, groups. */
const QUESTIONS = 3

/** @param {Client} client */
const answersAll = async (client) => {
  await client.until(({ failures }) => client.all('answer').length + failures.length === QUESTIONS, 'all answers')
  assert.deepEqual(client.errors, [])
}

/**
 * Bad in any answer.
 *
 * @type {[name: string, answer: Case['answer']][]}
 */
const FRAMES = [
  ['a frame of length -1', () => ({ frame: length(-1) })],
  ['a frame of 2^31-1 bytes', () => ({ frame: Buffer.concat([length(LARGEST), Buffer.alloc(64)]) })],
  ['a frame of 90 MB that never comes', () => ({ frame: Buffer.concat([length(90e6), Buffer.alloc(64)]) })],
  ['a frame of length 0', () => ({ frame: length(0) })],
  ['a frame too short for its header', () => ({ frame: framed(Buffer.alloc(2)) })],
  ['the correlation id of nothing', (_broker, request) => ({
    correlation: request.correlation + 1000, body: request.answer()
  })],
  ['a negative correlation id', (_broker, request) => ({ correlation: -1, body: request.answer() })],
  ['a frame whose end is missing', (broker, request) => ({
    frame: framed(payloadOf(broker, request).subarray(0, -3))
  })],
  ['random bytes', () => ({ frame: framed(Buffer.from('000000007fffffffdeadbeef00ff', 'hex')) })],
  ['no answer at all', () => null]
]

/** @type {Case[]} */
const CASES = [
  // ---- frames ----
  ...FRAMES.flatMap(([name, answer]) => /** @type {Case[]} */ ([
    { name, api: 'Metadata', role: 'ask', answer },
    { name, api: 'Produce', role: 'write', answer },
    {
      name: `${name}, once`,
      api: 'Fetch',
      role: 'read',
      answer: (broker, request) => request.times === 0 ? answer(broker, request) : request.answer(),
      ends: (client) => client.receives(['a'])
    }
  ])),
  {
    name: 'bytes after the end of the answer',
    api: 'Metadata',
    role: 'ask',
    answer: (broker, request) => ({
      frame: framed(Buffer.concat([payloadOf(broker, request), Buffer.alloc(1000)]))
    }),
    ends: answersAll
  },

  // ---- versions ----
  { name: '2^31-1 APIs', api: 'ApiVersions', role: 'ask', answer: (_, { empty }) => empty().int16(0).count(LARGEST) },
  {
    name: 'no APIs',
    api: 'ApiVersions',
    role: 'ask',
    answer: (_, { version }) => new Body(version >= 3).int16(0).count(0).int32(0).tags()
  },
  {
    name: 'null in place of the APIs',
    api: 'ApiVersions',
    role: 'ask',
    answer: (_, { version }) => new Body(version >= 3).int16(0).count(-1).int32(0).tags()
  },
  ...UNKNOWN_CODES.map((code) => /** @type {Case} */ ({
    name: `the unknown error ${code} in place of the versions`,
    api: 'ApiVersions',
    role: 'ask',
    answer: (_, { empty }) => empty().int16(code).count(0)
  })),

  // ---- metadata ----
  {
    name: '2^31-1 brokers', api: 'Metadata', role: 'ask', answer: (_, { empty }) => empty().count(LARGEST)
  },
  {
    name: '2^31-1 topics',
    api: 'Metadata',
    role: 'ask',
    answer: (broker, { empty, version }) => beforeTopics(empty(), broker, version).count(LARGEST)
  },
  {
    name: '2^31-1 partitions',
    api: 'Metadata',
    role: 'ask',
    answer: (broker, { empty, version }) =>
      beforeTopics(empty(), broker, version).count(1).int16(0).text('t').int8(0).count(LARGEST)
  },
  {
    name: '2^31-1 replicas',
    api: 'Metadata',
    role: 'ask',
    answer: (broker, { empty, version }) => beforeTopics(empty(), broker, version)
      .count(1).int16(0).text('t').int8(0).count(1).int16(0).int32(0).int32(0).count(LARGEST)
  },
  {
    name: 'null in place of the brokers',
    api: 'Metadata',
    role: 'ask',
    answer: (_, { empty, version }) => {
      const body = empty().count(-1)
      if (version >= 2) body.text('hostile')
      return body.int32(0).count(0)
    }
  },
  {
    name: 'null in place of the partitions',
    api: 'Metadata',
    role: 'ask',
    answer: (broker, { empty, version }) =>
      beforeTopics(empty(), broker, version).count(1).int16(0).text('t').int8(0).count(-1)
  },
  {
    name: 'a topic without a name',
    api: 'Metadata',
    role: 'ask',
    answer: (broker, request) =>
      metadata(broker, request, { topics: [{ name: null, error: 0, partitions: [{ id: 0, leader: 0 }] }] })
  },
  {
    name: 'a broker without a host',
    api: 'Metadata',
    role: 'ask',
    answer: (broker, request) => metadata(broker, request, {
      nodes: [{ id: 0, host: null, port: broker.nodes[0].port }],
      topics: [{ name: 't', partitions: [{ id: 0, leader: 0 }] }]
    })
  },
  {
    name: 'null in place of the topics',
    api: 'Metadata',
    role: 'ask',
    answer: (broker, { empty, version }) => beforeTopics(empty(), broker, version).count(-1)
  },
  ...UNKNOWN_CODES.map((code) => /** @type {Case} */ ({
    name: `the unknown error ${code} of a topic`,
    api: 'Metadata',
    role: 'ask',
    answer: (broker, request) => metadata(broker, request, { topics: [{ name: 't', error: code, partitions: [] }] })
  })),
  {
    name: 'node ids -1 and 2^31-1, one node twice, and a negative port',
    api: 'Metadata',
    role: 'read',
    answer: (broker, request) => {
      const [{ port }] = broker.nodes
      return metadata(broker, request, {
        nodes: [{ id: -1, port }, { id: LARGEST, port }, { id: 0, port: -5 }, { id: 0, port }],
        controller: LARGEST,
        topics: [{ name: 't', partitions: [{ id: 0, leader: LARGEST }] }]
      })
    },
    ends: (client) => client.receives(['a'])
  },
  {
    name: 'a topic that nobody has asked for, with the name of a property of objects',
    api: 'Metadata',
    role: 'read',
    answer: (broker, request) => metadata(broker, request, {
      topics: ['__proto__', 'constructor', 't'].map((name) =>
        ({ name, error: 0, partitions: [{ id: 0, leader: 0 }] }))
    }),
    ends: (client) => client.receives(['a'])
  },

  // ---- fetches ----
  {
    name: 'a partition that was not asked for',
    api: 'Fetch',
    role: 'read',
    answer (broker, request) {
      if (request.times < 20) return fetched(broker, request, [0, 1, 9].map((partition) => ({ partition })))
      broker.restore('Fetch')
      return request.answer()
    },
    ends: (client) => client.receives(['a'])
  },
  {
    name: 'a topic without a name',
    api: 'Fetch',
    role: 'read',
    answer (broker, request) {
      if (request.times >= 20) {
        broker.restore('Fetch')
        return request.answer()
      }
      const body = request.empty().int32(0).count(1).text(null)
      return body.each([0], (partition) =>
        broker.partitionOfFetch(body, { version: request.version, partition, end: 1, records: [] }))
    },
    ends: (client) => client.receives(['a'])
  },
  {
    name: 'a partition and a topic that do not exist',
    api: 'Fetch',
    role: 'read',
    answer: (broker, request) => {
      const body = request.empty().int32(0).count(2)
      for (const [topic, partition] of /** @type {[string, number][]} */ ([['nowhere', 0], ['t', LARGEST]])) {
        body.text(topic).each([partition], () =>
          broker.partitionOfFetch(body, { version: request.version, partition, end: 1, records: [] }))
      }
      if (request.times < 20) return body
      broker.restore('Fetch')
      return request.answer()
    },
    ends: (client) => client.receives(['a'])
  },
  ...UNKNOWN_CODES.map((code) => /** @type {Case} */ ({
    name: `the unknown error ${code} of a partition`,
    api: 'Fetch',
    role: 'read',
    answer: (broker, request) =>
      fetched(broker, request, broker.readFetch(request).map(({ partition }) => ({ partition, error: code })))
  })),
  ...[-1, LARGEST].map((count) => /** @type {Case} */ ({
    name: `${count} topics in a fetch`,
    api: 'Fetch',
    role: 'read',
    answer: (_, { empty }) => empty().int32(0).count(count)
  })),
  {
    name: '2^31-1 aborted transactions',
    api: 'Fetch',
    role: 'read',
    answer: (broker, request) => fetched(broker, request, [{ partition: 0, aborted: LARGEST }])
  },

  // ---- sends ----
  ...UNKNOWN_CODES.map((code) => /** @type {Case} */ ({
    name: `the unknown error ${code} of a send`,
    api: 'Produce',
    role: 'write',
    answer: (_, request) => produced(request, code)
  })),
  ...[0, -1, LARGEST].map((count) => /** @type {Case} */ ({
    name: `${count} topics in the answer to a send`,
    api: 'Produce',
    role: 'write',
    answer: (_, { empty }) => empty().count(count).int32(0)
  })),
  {
    name: 'the answer to another send',
    api: 'Produce',
    role: 'write',
    answer: (_, request) => produced(request, 0, { partition: 9 })
  },
  {
    name: 'the answer to a send, without the name of the topic',
    api: 'Produce',
    role: 'write',
    answer: (_, { empty }) =>
      empty().count(1).text(null).count(1).int32(0).int16(0).int64(0n).int64(-1n).int64(0n).int32(0)
  },
  ...[-1, LARGEST].map((count) => /** @type {Case} */ ({
    name: `${count} errors of single records`,
    api: 'Produce',
    role: 'write',
    versions: { Produce: [8, 8] },
    answer: (_, { empty }) => empty().count(1).text('t').count(1)
      .int32(0).int16(87).int64(0n).int64(-1n).int64(0n).count(count)
  })),
  {
    name: 'offsets that go back',
    api: 'Produce',
    role: 'write',
    answer: (_, request) => produced(request, 0, { offset: BigInt(1000 - request.times) }),
    ends: (client) => client.until(() => client.all('sent').length === 2, 'confirmation of both')
  },

  // ---- offsets ----
  {
    name: 'the offset of one partition of two',
    api: 'ListOffsets',
    role: 'ask',
    answer: (_, request) => offsets(request, [[0, 0, 1n]])
  },
  {
    name: 'the offsets of partitions that were not asked for',
    api: 'ListOffsets',
    role: 'ask',
    answer: (_, request) => offsets(request, [[0, 0, 1n], [1, 0, 1n], [7, 0, 1n], [-1, 0, 1n]]),
    ends: answersAll
  },
  ...UNKNOWN_CODES.map((code) => /** @type {Case} */ ({
    name: `the unknown error ${code} in place of offsets`,
    api: 'ListOffsets',
    role: 'ask',
    answer: (_, request) => offsets(request, [[0, code, -1n], [1, code, -1n]])
  })),
  {
    name: 'offsets of -2^63 and 2^63-1',
    api: 'ListOffsets',
    role: 'ask',
    answer: (_, request) => offsets(request, [[0, 0, -(2n ** 63n)], [1, 0, 2n ** 63n - 1n]]),
    ends: answersAll
  },
  ...[-1, 0, LARGEST].map((count) => /** @type {Case} */ ({
    name: `offsets of ${count} topics`,
    api: 'ListOffsets',
    role: 'ask',
    answer: (_, { empty }) => empty().count(count)
  })),

  // ---- groups ----
  {
    name: '2^31-1 groups',
    api: 'ListGroups',
    role: 'ask',
    answer: (_, { empty }) => empty().int16(0).count(LARGEST)
  },
  ...UNKNOWN_CODES.map((code) => /** @type {Case} */ ({
    name: `the unknown error ${code} in place of groups`,
    api: 'ListGroups',
    role: 'ask',
    answer: (_, { empty }) => empty().int16(code).count(0)
  })),
  ...UNKNOWN_CODES.flatMap((code) => /** @type {Case[]} */ ([
    { name: `the unknown error ${code} of a join`, api: 'JoinGroup', role: 'join', answer: (_, q) => joined(q, code) },
    {
      name: `the unknown error ${code} of a coordinator`,
      api: 'FindCoordinator',
      role: 'join',
      answer: (_, { empty }) => empty().int16(code).int32(-1).text('').int32(-1)
    },
    {
      name: `the unknown error ${code} of an assignment`,
      api: 'SyncGroup',
      role: 'join',
      answer: (_, { empty }) => empty().int16(code).bytes(Buffer.alloc(0))
    },
    {
      name: `the unknown error ${code} of committed offsets`,
      api: 'OffsetFetch',
      role: 'join',
      answer: (_, { empty }) => {
        const body = empty().count(1).text('t')
        return body.each([0, 1], (partition) => body.int32(partition).int64(0n).text('').int16(code))
      }
    }
  ])),
  {
    name: '2^31-1 members',
    api: 'JoinGroup',
    role: 'join',
    answer: (_, request) => joined(request, 0, { protocol: assignorOf(request), members: LARGEST })
  },
  {
    name: 'null in place of the members',
    api: 'JoinGroup',
    role: 'join',
    answer: (_, request) => joined(request, 0, { protocol: assignorOf(request), members: -1 })
  },
  {
    name: 'no leader, and no name for the member',
    api: 'JoinGroup',
    role: 'join',
    answer: (_, request) => request.empty().int16(0).int32(1).text(assignorOf(request)).text(null).text(null).count(0),
    ends: (client) =>
      client.until(({ errors }) => errors.length > 0 || client.all('joined').length > 0, 'end of the join')
  },
  {
    name: 'an assignor that nobody has',
    api: 'JoinGroup',
    role: 'join',
    answer: (_, request) => joined(request, 0, { protocol: 'none of ours', members: 0 })
  },
  {
    name: 'an assignment of random bytes',
    api: 'SyncGroup',
    role: 'join',
    answer: (_, { empty }) => empty().int16(0).bytes(Buffer.from('00007fffffff0001', 'hex'))
  },
  {
    name: '2^31-1 committed offsets',
    api: 'OffsetFetch',
    role: 'join',
    answer: (_, { empty }) => empty().count(LARGEST)
  },
  {
    name: 'a partition assigned that does not exist, of a topic named __proto__',
    api: 'SyncGroup',
    role: 'join',
    answer: (_, { empty }) => empty().int16(0).bytes(
      new Body().int16(0).count(1).text('__proto__').count(2).int32(LARGEST).int32(0).int32(0).toBuffer())
  },
  {
    name: 'committed offsets of -2^63 and 2^63-1',
    api: 'OffsetFetch',
    role: 'join',
    answer: (_, { empty }) => {
      const body = empty().count(1).text('t').count(2)
      return body.int32(0).int64(-(2n ** 63n)).text('').int16(0).int32(1).int64(2n ** 63n - 1n).text(null).int16(0)
    },
    ends: (client) => client.receives(['a'])
  },
  {
    name: 'no assignment',
    api: 'SyncGroup',
    role: 'join',
    answer: (_, { empty }) => empty().int16(0).bytes(Buffer.alloc(0)),
    ends: (client) => client.until(() => client.all('joined').length > 0, 'membership without partitions')
  }
]

for (const door of DOORS) {
  suite(`${door}: a hostile answer`, { concurrency: 3 }, () => {
    for (const { name, api, answer, role, ends, inVain = IN_VAIN, versions } of CASES) {
      it(`${api}: ${name}`, { timeout: 60000 }, async (context) => {
        const broker = await new HostileBroker().start()
        context.after(() => broker.stop())
        Object.assign(broker.versions, versions)
        broker.topic('t', [[new RecordBatch(0, ['a'])], [new RecordBatch(0, ['other'])]])
        broker.replace(api, (request) => answer(broker, request))
        const client = new Client(context, {
          door, brokers: broker.brokers, role, values: ['x', 'y']
        })
        if (ends) {
          await ends(client)
        } else {
          const loop = broker.got(api, inVain).then(() =>
            assert.ok(client.errors.length > 0, `nothing was told in ${inVain} times; told: ${client.events}`))
          await Promise.race([client.fails(), loop])
        }
        client.checkErrors()
        await client.end()
      })
    }
  })
}
