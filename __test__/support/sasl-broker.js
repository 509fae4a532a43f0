'use strict'

// A broker that does nothing but authenticate connections with OAUTHBEARER, and shows the tokens that it gets.

const net = require('node:net')
const { once } = require('node:events')

const SASL_HANDSHAKE = 17
const API_VERSIONS = 18
const SASL_AUTHENTICATE = 36
const UNSUPPORTED_VERSION = 35
const SASL_AUTHENTICATION_FAILED = 58

const int16 = (/** @type {number} */ value) => {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
const int32 = (/** @type {number} */ value) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const string = (/** @type {string} */ text) => Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)])

/** Keys with the versions that are understood. */
const APIS = [
  [0, 3, 7], [1, 4, 11], [3, 1, 4], [SASL_HANDSHAKE, 1, 1], [API_VERSIONS, 0, 0], [22, 0, 1], [SASL_AUTHENTICATE, 0, 0]
]

class SaslBroker {
  /** @param {(token: string) => boolean} accepts */
  constructor (accepts = () => true) {
    this.accepts = accepts
    /** @type {string[]} the clients' first messages, without the control characters between their parts */
    this.messages = []
    /** @type {Set<net.Socket>} */
    this.sockets = new Set()
    this.server = net.createServer((socket) => this.connected(socket))
  }

  /** @returns {Promise<string>} `host:port` */
  async start () {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    const { port } = /** @type {net.AddressInfo} */ (this.server.address())
    return `127.0.0.1:${port}`
  }

  stop () {
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
  }

  /** @param {net.Socket} socket */
  connected (socket) {
    this.sockets.add(socket)
    let rest = Buffer.alloc(0)
    socket.on('error', () => {}).on('close', () => this.sockets.delete(socket))
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const size = rest.readInt32BE(0)
        const answer = this.answer(rest.subarray(4, 4 + size))
        if (answer !== null) socket.write(Buffer.concat([int32(answer.length), answer]))
        rest = rest.subarray(4 + size)
      }
    })
  }

  /**
   * @param {Buffer} request
   * @returns {Buffer | null}
   */
  answer (request) {
    const [key, version] = [request.readInt16BE(0), request.readInt16BE(2)]
    const correlationId = request.subarray(4, 8)
    const body = request.subarray(10 + Math.max(0, request.readInt16BE(8)))
    if (key === API_VERSIONS) {
      const apis = APIS.map((api) => Buffer.concat(api.map(int16)))
      return Buffer.concat([correlationId, int16(version === 0 ? 0 : UNSUPPORTED_VERSION), int32(apis.length), ...apis])
    }
    if (key === SASL_HANDSHAKE) return Buffer.concat([correlationId, int16(0), int32(1), string('OAUTHBEARER')])
    if (key !== SASL_AUTHENTICATE) return null
    const message = body.subarray(4).toString().split('\u0001').filter(Boolean)
    this.messages.push(message.join(' '))
    const token = /** @type {string} */ (message.find((part) => part.startsWith('auth=Bearer ')) || '').slice(12)
    return Buffer.concat(this.accepts(token)
      ? [correlationId, int16(0), int16(-1), int32(0)]
      : [correlationId, int16(SASL_AUTHENTICATION_FAILED), string('Authentication failed'), int32(0)])
  }
}

module.exports = { SaslBroker }
