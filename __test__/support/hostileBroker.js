'use strict'

const net = require('node:net')
const { once } = require('node:events')

const { Reader, Writer } = require('../../tools/kafka/wire')

// Brokers that answer as Kafka does, until a test replaces an answer, a frame or a batch by a hostile one. Their logs
// are given to them; what is produced to them is kept. Nothing else in it is real: groups have one member.

const API = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  LeaveGroup: 13,
  SyncGroup: 14,
  DescribeGroups: 15,
  ListGroups: 16,
  ApiVersions: 18,
  CreateTopics: 19,
  InitProducerId: 22,
  DescribeConfigs: 32
}

/**
 * @typedef {keyof typeof API} ApiName
 * @typedef {import('./hostileBatches').RecordBatch} RecordBatch
 */

/** @type {Map<number, ApiName>} */
const NAMES = new Map(/** @type {ApiName[]} */ (Object.keys(API)).map((name) => [API[name], name]))

/**
 * Lowest and highest version of each request.
 *
 * @type {Record<ApiName, [number, number]>}
 */
const VERSIONS = {
  Produce: [3, 7],
  Fetch: [4, 4],
  ListOffsets: [1, 1],
  Metadata: [1, 2],
  OffsetCommit: [2, 2],
  OffsetFetch: [1, 1],
  FindCoordinator: [0, 0],
  JoinGroup: [0, 0],
  Heartbeat: [0, 0],
  LeaveGroup: [0, 0],
  SyncGroup: [0, 0],
  DescribeGroups: [0, 0],
  ListGroups: [0, 0],
  ApiVersions: [0, 0],
  CreateTopics: [1, 1],
  InitProducerId: [0, 1],
  DescribeConfigs: [0, 0]
}

/** With ids of topics in metadata and fetches, as Kafka has had since 3.1. */
const WITH_TOPIC_IDS = /** @type {Partial<typeof VERSIONS>} */ ({ Metadata: [12, 12], Fetch: [13, 13] })

const FLEXIBLE_SINCE = { Metadata: 9, Fetch: 12 }

const UNKNOWN_TOPIC_OR_PARTITION = 3
const OFFSET_OUT_OF_RANGE = 1
const NOT_LEADER = 6
const UNSUPPORTED_VERSION = 35
const UNKNOWN_TOPIC_ID = 100

/** The longest that a fetch waits for records, ms: a test that adds some does not have to wait for it. */
const LONGEST_WAIT_MS = 20

/** What an answer consists of, in the encoding of its version. */
class Body extends Writer {
  /** @param {boolean} flexible */
  constructor (flexible = false) {
    super()
    this.flexible = flexible
  }

  /** @param {number} value */
  uvarint (value) {
    while (value > 127) {
      this.add(1, (buffer) => buffer.writeUInt8((value % 128) | 128))
      value = Math.floor(value / 128)
    }
    return this.int8(value)
  }

  /** @param {number} length of an array; -1 is null */
  count (length) { return this.flexible ? this.uvarint(length + 1) : this.int32(length) }

  /** @param {string | null} text */
  text (text) {
    const bytes = Buffer.from(text || '')
    const length = text === null ? -1 : bytes.length
    if (this.flexible) this.uvarint(length + 1)
    else this.int16(length)
    return this.raw(bytes)
  }

  /** @param {Buffer} bytes */
  raw (bytes) {
    this.parts.push(bytes)
    return this
  }

  /** @param {Buffer} bytes with their length */
  bytes (bytes) { return this.count(bytes.length).raw(bytes) }

  tags () { return this.flexible ? this.int8(0) : this }

  /** @template T @param {Iterable<T>} items @param {(item: T) => void} write */
  each (items, write) {
    const all = [...items]
    this.count(all.length)
    all.forEach(write)
    return this
  }
}

/** A request, field by field, in the encoding of its version. */
class Fields extends Reader {
  /** @param {Buffer} buffer @param {boolean} flexible */
  constructor (buffer, flexible) {
    super(buffer)
    this.flexible = flexible
  }

  uvarint () {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.int8() & 255
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  count () { return this.flexible ? this.uvarint() - 1 : this.int32() }

  text () {
    const length = this.flexible ? this.uvarint() - 1 : this.int16()
    return length < 0 ? null : this.bytes(length).toString()
  }

  /** @template T @param {() => T} read @returns {T[]} */
  each (read) { return Array.from({ length: Math.max(0, this.count()) }, read) }

  tags () {
    if (!this.flexible) return
    for (let tags = this.uvarint(); tags > 0; tags--) {
      this.uvarint()
      this.bytes(this.uvarint())
    }
  }
}

/**
 * @typedef {object} Request
 * @property {ApiName} api
 * @property {number} version
 * @property {number} correlation
 * @property {Buffer} body
 * @property {number} node that it came to
 * @property {number} times that this API has been asked before
 * @property {net.Socket} socket
 * @property {() => Body} answer what the broker would answer
 * @property {() => Body} empty an answer without anything in it yet
 * @property {() => Fields} fields of the request
 */

/**
 * What takes an answer's place: another body, `frame` for the bytes with length and correlation id, `null` for none.
 *
 * @typedef {Body | { frame: Buffer } | { correlation: number, body: Body } | null} Hostile
 */

/**
 * @typedef {object} PartitionLog
 * @property {(RecordBatch | Buffer)[]} batches those that fetches return
 * @property {number} end its high watermark
 * @property {number} leader
 * @property {number} id
 * @property {Buffer[]} produced
 */

/** @param {Buffer} payload @returns {Buffer} a frame */
function framed (payload) {
  const length = Buffer.alloc(4)
  length.writeInt32BE(payload.length)
  return Buffer.concat([length, payload])
}

class HostileBroker {
  /** @param {{ nodes?: number, topicIds?: boolean }} [options] */
  constructor ({ nodes = 1, topicIds = false } = {}) {
    /** @type {typeof VERSIONS} */
    this.versions = { ...VERSIONS, ...(topicIds && WITH_TOPIC_IDS) }
    /** @type {Map<string, PartitionLog[]>} */
    this.topics = new Map()
    /** @type {Map<string, Buffer>} */
    this.topicIds = new Map()
    /** @type {Map<ApiName, (request: Request) => Hostile | Promise<Hostile>>} */
    this.replaced = new Map()
    /** @type {Map<ApiName, number>} how often each has been asked */
    this.asked = new Map()
    /** @type {Map<string, number[]>} */
    this.fetched = new Map()
    /** @type {Map<string, bigint>} */
    this.committed = new Map()
    /** @type {{ api: ApiName, node: number, version: number, body: Buffer }[]} */
    this.requests = []
    /** @type {Set<() => void>} */
    this.watchers = new Set()
    /** @type {Set<net.Socket>} */
    this.sockets = new Set()
    /** @type {Set<NodeJS.Timeout>} */
    this.timers = new Set()
    this.member = ''
    this.nodes = Array.from({ length: nodes }, (_, id) => ({
      id, port: 0, server: net.createServer((socket) => this.connected(socket, id))
    }))
  }

  /** @returns {Promise<this>} */
  async start () {
    for (const node of this.nodes) {
      node.server.listen(0, '127.0.0.1')
      await once(node.server, 'listening')
      node.port = /** @type {net.AddressInfo} */ (node.server.address()).port
    }
    return this
  }

  get brokers () { return this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',') }

  stop () {
    for (const { server } of this.nodes) server.close()
    for (const socket of this.sockets) socket.destroy()
    for (const timer of this.timers) clearTimeout(timer)
  }

  /**
   * @param {string} name
   * @param {(RecordBatch | Buffer)[][]} partitions the batches of each
   */
  topic (name, partitions) {
    this.topics.set(name, partitions.map((batches, id) => ({
      id, batches, end: batches.reduce((end, batch) => Math.max(end, 'next' in batch ? batch.next : 0), 0),
      leader: id % this.nodes.length, produced: []
    })))
    const id = Buffer.alloc(16)
    id.writeUInt32BE(this.topics.size, 12)
    this.topicIds.set(name, id)
  }

  /**
   * Replaces what is answered to a request.
   *
   * @param {ApiName} api
   * @param {(request: Request) => Hostile | Promise<Hostile>} answer
   */
  replace (api, answer) { this.replaced.set(api, answer) }

  /** @param {ApiName} api */
  restore (api) { this.replaced.delete(api) }

  /**
   * Resolves when a request has come so many times.
   *
   * @param {ApiName} api
   * @param {number} [times]
   * @returns {Promise<void>}
   */
  got (api, times = 1) {
    return new Promise((resolve) => {
      const look = () => {
        if ((this.asked.get(api) || 0) < times) return
        this.watchers.delete(look)
        resolve()
      }
      this.watchers.add(look)
      look()
    })
  }

  /** @param {net.Socket} socket @param {number} node */
  connected (socket, node) {
    this.sockets.add(socket)
    socket.on('error', () => {}).on('close', () => this.sockets.delete(socket))
    let rest = Buffer.alloc(0)
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const size = rest.readInt32BE(0)
        this.serve(rest.subarray(4, 4 + size), socket, node)
        rest = rest.subarray(4 + size)
      }
    })
  }

  /** @param {Buffer} bytes @param {net.Socket} socket @param {number} node */
  async serve (bytes, socket, node) {
    const api = NAMES.get(bytes.readInt16BE(0))
    const version = bytes.readInt16BE(2)
    if (!api) return socket.destroy()
    const correlation = bytes.readInt32BE(4)
    const flexible = version >= (FLEXIBLE_SINCE[api] ?? (api === 'ApiVersions' ? 3 : Infinity))
    const times = this.asked.get(api) || 0
    const start = 10 + Math.max(0, bytes.readInt16BE(8))
    const empty = () => new Body(flexible && api !== 'ApiVersions')
    const fields = () => {
      const reader = new Fields(bytes.subarray(start), flexible)
      reader.tags()
      return reader
    }
    /** @type {Request} */
    const request = {
      api, version, correlation, node, times, socket, empty, fields,
      body: bytes.subarray(start),
      answer: () => {
        const body = empty()
        this[`answer${api}`](fields(), body, request)
        return body
      }
    }
    this.asked.set(api, times + 1)
    this.requests.push({ api, node, version, body: request.body })
    for (const look of [...this.watchers]) look()
    if (api === 'Fetch') await this.records(request)
    const replace = this.replaced.get(api)
    const answer = replace ? await replace(request) : request.answer()
    if (answer === null || socket.destroyed) return
    if ('frame' in answer) return socket.write(answer.frame)
    const [number, body] = 'correlation' in answer ? [answer.correlation, answer.body] : [correlation, answer]
    socket.write(this.frame(number, body, flexible && api !== 'ApiVersions'))
  }

  /** @param {number} correlation @param {Body} body @param {boolean} [flexible] */
  frame (correlation, body, flexible = false) {
    const header = new Body().int32(correlation)
    if (flexible) header.int8(0)
    return framed(Buffer.concat([header.toBuffer(), body.toBuffer()]))
  }

  /** A fetch without anything to return waits a little, as with Kafka. @param {Request} request */
  async records (request) {
    const wanted = this.readFetch(request)
    const some = wanted.some(({ topic, partition, offset }) => this.batchesFrom(topic, partition, offset).length > 0)
    if (some) return
    await new Promise((resolve) => this.timers.add(setTimeout(resolve, LONGEST_WAIT_MS)))
  }

  /** @param {string} topic @param {number} partition @param {number} offset */
  batchesFrom (topic, partition, offset) {
    const log = this.topics.get(topic)?.[partition]
    return log ? log.batches.filter((batch) => !('next' in batch) || batch.next > offset) : []
  }

  /** @param {string} topic @param {number} partition @returns {number[]} of all fetches that were answered as usual */
  offsetsFetched (topic, partition) {
    const key = `${topic}/${partition}`
    const offsets = this.fetched.get(key) || []
    this.fetched.set(key, offsets)
    return offsets
  }

  /** @param {Request} request */
  readFetch ({ fields, version }) {
    const request = fields()
    if (version < 15) request.int32()
    request.bytes(4 + 4 + 4 + 1)
    if (version >= 7) request.bytes(8)
    /** @type {{ topic: string, partition: number, offset: number }[]} */
    const wanted = []
    request.each(() => {
      const topic = version < 13 ? String(request.text()) : this.nameOf(request.bytes(16))
      request.each(() => {
        const partition = request.int32()
        if (version >= 9) request.int32()
        const offset = Number(request.int64())
        if (version >= 12) request.int32()
        if (version >= 5) request.int64()
        request.int32()
        request.tags()
        wanted.push({ topic, partition, offset })
      })
      request.tags()
    })
    return wanted
  }

  /** @param {Buffer} id @returns {string} the topic's name, or the id in hexadecimal digits when no topic has it */
  nameOf (id) {
    return [...this.topicIds.keys()].find((name) => this.topicIds.get(name)?.equals(id)) || id.toString('hex')
  }

  /** @param {string} topic @param {number} partition @param {number} node */
  errorOf (topic, partition, node) {
    const log = this.topics.get(topic)?.[partition]
    if (!log) return UNKNOWN_TOPIC_OR_PARTITION
    return log.leader === node ? 0 : NOT_LEADER
  }

  /** @param {Fields} _fields @param {Body} body @param {Request} request */
  answerFetch (_fields, body, request) {
    const wanted = this.readFetch(request)
    for (const { topic, partition, offset } of wanted) this.offsetsFetched(topic, partition).push(offset)
    const topics = [...new Set(wanted.map(({ topic }) => topic))]
    body.int32(0)
    if (request.version >= 7) body.int16(0).int32(0)
    body.each(topics, (topic) => {
      this.topicOfFetch(body, topic, request.version)
      body.each(wanted.filter((one) => one.topic === topic), ({ partition, offset }) => {
        const end = this.topics.get(topic)?.[partition]?.end ?? -1
        const isUnknownId = request.version >= 13 && !this.topics.has(topic)
        const error = isUnknownId
          ? UNKNOWN_TOPIC_ID
          : this.errorOf(topic, partition, request.node) || (offset > end ? OFFSET_OUT_OF_RANGE : 0)
        this.partitionOfFetch(body, {
          version: request.version,
          partition,
          error,
          end,
          records: error ? [] : this.batchesFrom(topic, partition, offset)
        })
      })
      body.tags()
    })
    body.tags()
  }

  /** @param {Body} body @param {string} topic @param {number} version */
  topicOfFetch (body, topic, version) {
    if (version < 13) body.text(topic)
    else body.raw(this.topicIds.get(topic) || Buffer.from(topic, 'hex'))
  }

  /**
   * @param {Body} body
   * @param {{ version: number, partition: number, error?: number, end: number, records: (RecordBatch | Buffer)[],
   *   aborted?: number }} partition
   */
  partitionOfFetch (body, { version, partition, error = 0, end, records, aborted = 0 }) {
    body.int32(partition).int16(error).int64(BigInt(end)).int64(BigInt(end))
    if (version >= 5) body.int64(0n)
    body.count(aborted)
    if (version >= 11) body.int32(-1)
    body.bytes(Buffer.concat(records.map((batch) => Buffer.isBuffer(batch) ? batch : batch.bytes))).tags()
  }

  /** @param {Fields} fields @param {Body} body @param {Request} request */
  answerProduce (fields, body, { version, node }) {
    fields.text()
    fields.bytes(2 + 4)
    body.each(fields.each(() => ({
      topic: String(fields.text()),
      partitions: fields.each(() => ({ partition: fields.int32(), records: fields.bytes(fields.int32()) }))
    })), ({ topic, partitions }) => {
      body.text(topic).each(partitions, ({ partition, records }) => {
        const error = this.errorOf(topic, partition, node)
        const log = this.topics.get(topic)?.[partition]
        const offset = log ? log.end : -1
        if (log && error === 0) {
          log.produced.push(records)
          log.end += records.readInt32BE(57)
        }
        body.int32(partition).int16(error).int64(BigInt(offset)).int64(-1n)
        if (version >= 5) body.int64(0n)
        if (version >= 8) body.count(0).text(null)
      })
    })
    body.int32(0)
  }

  /** @param {Fields} fields @param {Body} body @param {Request} request */
  answerListOffsets (fields, body, { node }) {
    fields.int32()
    body.each(fields.each(() => ({
      topic: String(fields.text()),
      partitions: fields.each(() => ({ partition: fields.int32(), time: fields.int64() }))
    })), ({ topic, partitions }) => {
      body.text(topic).each(partitions, ({ partition, time }) => {
        const end = this.topics.get(topic)?.[partition]?.end ?? -1
        body.int32(partition).int16(this.errorOf(topic, partition, node)).int64(-1n)
        body.int64(time === -2n ? 0n : BigInt(end))
      })
    })
  }

  /** @param {Fields} fields */
  topicsOfMetadata (fields, version) {
    const count = fields.count()
    // null, and nothing in the oldest version: all
    if (count < 0) return [...this.topics.keys()]
    return Array.from({ length: count }, () => {
      const id = version >= 10 ? fields.bytes(16) : null
      const name = fields.text()
      fields.tags()
      return name ?? this.nameOf(/** @type {Buffer} */ (id))
    })
  }

  /** @param {Fields} fields @param {Body} body @param {Request} request */
  answerMetadata (fields, body, { version }) {
    this.writeMetadata(body, version, {
      topics: this.topicsOfMetadata(fields, version).map((name) => ({
        name, partitions: (this.topics.get(name) || []).map(({ id, leader }) => ({ id, leader }))
      }))
    })
  }

  /**
   * @param {Body} body
   * @param {number} version
   * @param {{ nodes?: { id: number, host?: string | null, port: number }[], controller?: number,
   *   topics: { name: string | null, error?: number, partitions: { id: number, leader: number, error?: number,
   *   replicas?: number[] }[] }[] }} metadata
   */
  writeMetadata (body, version, { nodes = this.nodes, controller = 0, topics }) {
    if (version >= 3) body.int32(0)
    body.each(nodes, ({ id, host = '127.0.0.1', port }) => {
      body.int32(id).text(host).int32(port).text(null).tags()
    })
    if (version >= 2) body.text('hostile')
    body.int32(controller)
    body.each(topics, ({ name, error, partitions }) => {
      body.int16(error ?? (this.topics.has(String(name)) ? 0 : UNKNOWN_TOPIC_OR_PARTITION)).text(name)
      if (version >= 10) body.raw(this.topicIds.get(String(name)) || Buffer.alloc(16))
      body.int8(0)
      body.each(partitions, ({ id, leader, error: partitionError = 0, replicas = [leader] }) => {
        body.int16(partitionError).int32(id).int32(leader)
        if (version >= 7) body.int32(0)
        for (const list of [replicas, replicas]) body.each(list, (replica) => body.int32(replica))
        if (version >= 5) body.count(0)
        body.tags()
      })
      if (version >= 8) body.int32(-1)
      body.tags()
    })
    if (version >= 8 && version <= 10) body.int32(-1)
    body.tags()
  }

  /** @param {Fields} _fields @param {Body} body @param {Request} request */
  answerApiVersions (_fields, body, { version }) {
    body.int16(version === 0 ? 0 : UNSUPPORTED_VERSION)
    body.each(/** @type {ApiName[]} */ (Object.keys(this.versions)), (api) => {
      const [lowest, highest] = this.versions[api]
      body.int16(API[api]).int16(lowest).int16(highest)
    })
  }

  /** @param {Fields} _fields @param {Body} body */
  answerFindCoordinator (_fields, body) {
    const [{ id, port }] = this.nodes
    body.int16(0).int32(id).text('127.0.0.1').int32(port)
  }

  /** @param {Fields} fields @param {Body} body */
  answerJoinGroup (fields, body) {
    fields.text()
    fields.int32()
    fields.text()
    fields.text()
    const [[protocol, metadata]] = fields.each(() => /** @type {[string, Buffer]} */ (
      [String(fields.text()), fields.bytes(fields.int32())]))
    this.member = 'the-only-one'
    body.int16(0).int32(1).text(protocol).text(this.member).text(this.member)
    body.each([metadata], (bytes) => body.text(this.member).bytes(bytes))
  }

  /** @param {Fields} fields @param {Body} body */
  answerSyncGroup (fields, body) {
    fields.text()
    fields.int32()
    fields.text()
    const assignments = fields.each(() => {
      fields.text()
      return fields.bytes(fields.int32())
    })
    body.int16(0).bytes(assignments[0] || Buffer.alloc(0))
  }

  /** @param {Fields} _fields @param {Body} body */
  answerHeartbeat (_fields, body) { body.int16(0) }

  /** @param {Fields} _fields @param {Body} body */
  answerLeaveGroup (_fields, body) { body.int16(0) }

  /** @param {Fields} fields @param {Body} body */
  answerOffsetFetch (fields, body) {
    fields.text()
    body.each(fields.each(() => ({ topic: fields.text(), partitions: fields.each(() => fields.int32()) })),
      ({ topic, partitions }) => body.text(topic).each(partitions, (partition) =>
        body.int32(partition).int64(this.committed.get(`${topic}/${partition}`) ?? -1n).text('').int16(0)))
  }

  /** @param {Fields} fields @param {Body} body */
  answerOffsetCommit (fields, body) {
    fields.text()
    fields.int32()
    fields.text()
    fields.int64()
    body.each(fields.each(() => ({
      topic: fields.text(),
      partitions: fields.each(() => {
        const found = { partition: fields.int32(), offset: fields.int64() }
        fields.text()
        return found
      })
    })), ({ topic, partitions }) => body.text(topic).each(partitions, ({ partition, offset }) => {
      this.committed.set(`${topic}/${partition}`, offset)
      body.int32(partition).int16(0)
    }))
  }

  /** @param {Fields} _fields @param {Body} body */
  answerInitProducerId (_fields, body) { body.int32(0).int16(0).int64(1n).int16(0) }

  /** @param {Fields} _fields @param {Body} body */
  answerListGroups (_fields, body) { body.int16(0).count(0) }

  /** @param {Fields} fields @param {Body} body */
  answerDescribeGroups (fields, body) {
    body.each(fields.each(() => fields.text()), (group) =>
      body.int16(0).text(group).text('Empty').text('consumer').text('').count(0))
  }

  /** @param {Fields} fields @param {Body} body */
  answerCreateTopics (fields, body) {
    const names = fields.each(() => {
      const name = fields.text()
      fields.bytes(4 + 2)
      fields.each(() => [fields.int32(), fields.each(() => fields.int32())])
      fields.each(() => [fields.text(), fields.text()])
      return name
    })
    body.each(names, (name) => body.text(name).int16(0).text(null))
  }

  /** @param {Fields} fields @param {Body} body */
  answerDescribeConfigs (fields, body) {
    const resources = fields.each(() => {
      const resource = [fields.int8(), fields.text()]
      fields.each(() => fields.text())
      return resource
    })
    body.int32(0).each(resources, ([type, name]) =>
      body.int16(0).text(null).int8(Number(type)).text(String(name)).count(0))
  }
}

module.exports = { API, Body, HostileBroker, framed }
