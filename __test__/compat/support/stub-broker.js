'use strict'

const net = require('node:net')

const { Reader, Writer } = require('../../../tools/kafka/wire')

// A stub broker, for answers that a real one gives only when it is in trouble: Kafka's protocol as of 0.10, which
// kafka-node and librdkafka both speak, without topics.

const METADATA = 3
const FIND_COORDINATOR = 10
const API_VERSIONS = 18
const CREATE_TOPICS = 19
const DESCRIBE_CONFIGS = 32

const UNSUPPORTED_VERSION = 35
const NODE_ID = 1

/** Highest version of each request that it knows. */
const VERSIONS = new Map([
  [METADATA, 1], [FIND_COORDINATOR, 0], [API_VERSIONS, 0], [CREATE_TOPICS, 1], [DESCRIBE_CONFIGS, 0]
])

/** @param {Writer} body @param {string | null} text */
function nullable (body, text) {
  if (text === null) body.int16(-1)
  else body.string(text)
}

/** @param {Reader} request @returns {string[]} the topics that it names */
function namesOfTopics (request) {
  return request.array(() => {
    const name = String(request.string())
    request.int32()
    request.int16()
    request.array(() => {
      request.int32()
      request.array(() => request.int32())
    })
    request.array(() => [request.string(), request.string()])
    return name
  })
}

/**
 * @typedef {object} Answers
 * @property {number[]} [without] requests that it does not offer
 * @property {{ error: number, text: string | null }} [createTopics] for each topic
 * @property {{ error: number, text: string | null }} [describeConfigs] for the resource
 * @property {number} [coordinator] error code
 */

/**
 * @param {Answers} answers
 * @returns {Promise<{ address: string, close: (done: () => void) => void }>}
 */
async function startStubBroker (answers) {
  let port = 0
  /** @type {Record<number, (request: Reader, body: Writer, version: number) => void>} */
  const respond = {
    [API_VERSIONS]: (_request, body, version) => {
      const offered = [...VERSIONS].filter(([key]) => !(answers.without || []).includes(key))
      body.int16(version > 0 ? UNSUPPORTED_VERSION : 0)
      body.array(offered, ([key, highest]) => body.int16(key).int16(0).int16(highest))
    },
    [METADATA]: (_request, body, version) => {
      body.int32(1).int32(NODE_ID).string('127.0.0.1').int32(port)
      if (version > 0) body.int16(-1).int32(NODE_ID)
      body.int32(0)
    },
    [CREATE_TOPICS]: (request, body, version) => {
      const { error, text } = answers.createTopics || { error: 0, text: null }
      body.array(namesOfTopics(request), (name) => {
        body.string(name).int16(error)
        if (version > 0) nullable(body, text)
      })
    },
    [DESCRIBE_CONFIGS]: (request, body) => {
      const { error, text } = answers.describeConfigs || { error: 0, text: null }
      body.int32(0).int32(1).int16(error)
      nullable(body, text)
      request.int32()
      body.int8(request.int8()).string(String(request.string())).int32(0)
    },
    [FIND_COORDINATOR]: (_request, body) => {
      body.int16(answers.coordinator || 0).int32(-1).string('').int32(-1)
    }
  }
  /** @type {Set<net.Socket>} */
  const sockets = new Set()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE()) {
        const end = 4 + received.readInt32BE()
        const request = new Reader(received.subarray(4, end))
        received = received.subarray(end)
        const [key, version, correlation] = [request.int16(), request.int16(), request.int32()]
        request.string()
        const body = new Writer().int32(correlation)
        respond[key](request, body, version)
        const bytes = body.toBuffer()
        socket.write(Buffer.concat([new Writer().int32(bytes.length).toBuffer(), bytes]))
      }
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  port = /** @type {net.AddressInfo} */ (server.address()).port
  return {
    address: `127.0.0.1:${port}`,
    close: (done) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => done())
    }
  }
}

module.exports = { startStubBroker, CREATE_TOPICS }
