'use strict'

const { InvalidConfigError } = require('./errors')

/**
 * `host:port,host:port`, IPv6 addresses in brackets, split at the last colon as kafka-node does.
 *
 * @param {string} hosts
 * @returns {Array<{ host: string, port: number }>} port is NaN where the text has none
 * @throws {InvalidConfigError} for a URL, whose scheme would be looked up as a host name
 */
function parseHosts (hosts) {
  return hosts.split(',').map(text => {
    if (text.includes('://')) throw new InvalidConfigError(`kafkaHost ${text} is a URL; write each broker as host:port`)
    const colon = text.lastIndexOf(':')
    const name = text.slice(0, Math.max(0, colon))
    const bracketed = /\[(.*)\]/.exec(name)
    return { host: bracketed ? bracketed[1] : name, port: colon < 0 ? NaN : Number(text.slice(colon + 1)) }
  })
}

/**
 * @param {string} kafkaHost as the user gave it
 * @param {Array<{ host: string, port: number }>} hosts the same, parsed
 * @throws {RangeError} what Node's socket would throw for the port
 */
function checkPorts (kafkaHost, hosts) {
  for (const [i, { host, port }] of hosts.entries()) {
    if (Number.isInteger(port) && port >= 0 && port < 65536) continue
    const name = host || kafkaHost.split(',')[i]
    const error = new RangeError(`kafkaHost: the port of "${name}" should be >= 0 and < 65536. Received ${port}. ` +
      'Write each broker as host:port')
    throw Object.assign(error, { code: 'ERR_SOCKET_BAD_PORT' })
  }
}

module.exports = { parseHosts, checkPorts }
