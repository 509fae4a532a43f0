'use strict'

const net = require('node:net')

/**
 * Below the range of ephemeral ports: a port in that range could be taken when a
 * killed broker returns to it, and a client that keeps trying it could even connect to itself.
 */
const RANGE = { from: 15000, to: 32000 }

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isFree (port) {
  return new Promise((resolve) => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * @param {Set<number>} [taken] ports that are reserved although nobody listens yet
 * @returns {Promise<number>} a random port of 127.0.0.1 that is free at the moment
 */
async function freePort (taken = new Set()) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = RANGE.from + Math.floor(Math.random() * (RANGE.to - RANGE.from))
    if (!taken.has(port) && await isFree(port)) return port
  }
  throw new Error(`No free port found on 127.0.0.1 between ${RANGE.from} and ${RANGE.to}`)
}

module.exports = { RANGE, isFree, freePort }
