'use strict'

const { Writer, Reader, withConnection } = require('./wire')

const OP_DELETE = 2
const OP_CLOSE = -11
const ERROR_NO_NODE = -101

/**
 * Removes what a killed broker has left in ZooKeeper: its registration and, if it was the controller, that too. Both
 * disappear by themselves when its session times out, after 18 s; until then the same broker cannot start again. A
 * shorter session is not an option: a broker that is only paused must keep its own.
 *
 * @param {number} port ZooKeeper's, on this machine
 * @param {number} brokerId
 */
async function forgetBroker (port, brokerId) {
  await withConnection({ host: '127.0.0.1', port }, async (connection) => {
    // protocol version, last seen zxid, session timeout in ms, session id, password
    await connection.exchange(new Writer().int32(0).int64(0n).int32(10000).int64(0n).int32(0).toBuffer())
    const paths = [`/brokers/ids/${brokerId}`, '/controller']
    for (const [index, path] of paths.entries()) {
      const body = new Writer().int32(index + 1).int32(OP_DELETE).int32(path.length)
      body.parts.push(Buffer.from(path))
      const reader = new Reader(await connection.exchange(body.int32(-1).toBuffer()))
      reader.int32()
      reader.int64()
      const error = reader.int32()
      if (error !== 0 && error !== ERROR_NO_NODE) throw new Error(`ZooKeeper refused to delete ${path}: error ${error}`)
    }
    await connection.exchange(new Writer().int32(paths.length + 1).int32(OP_CLOSE).toBuffer())
  })
}

module.exports = { forgetBroker }
