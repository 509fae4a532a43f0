'use strict'

const dns = require('dns')
const net = require('net')
const tls = require('tls')
const { clearTimeout, setTimeout } = require('../../core/scheduling/timers')

// Knocks at one address by hand, step by step, so that the first step that fails says what is wrong: name, port, TLS,
// Kafka, SASL. The client itself does all of that at once.

const SASL_HANDSHAKE = 17
const API_VERSIONS = 18
const UNSUPPORTED_SASL_MECHANISM = 33
const ILLEGAL_SASL_STATE = 34

const FETCH = 1

/** More than any of the answers that are asked for. */
const MAX_ANSWER_BYTES = 1024 * 1024
/** The first byte of a TLS alert. */
const TLS_ALERT = 21
const DAY = 86400000

/**
 * The highest version of Fetch that each release knows, the newest first.
 *
 * @type {Array<[number, string]>}
 */
const RELEASES = [[17, '3.9'], [16, '3.7'], [15, '3.5'], [13, '3.1'], [12, '2.7'], [11, '2.3'], [10, '2.1'], [8, '2.0'],
  [7, '1.1'], [6, '1.0'], [5, '0.11'], [0, 'before 0.11']]

/**
 * @typedef {import('./report').Report} Report
 * @typedef {{ host: string, port: number }} Address
 * @typedef {Map<number, { min: number, max: number }>} Versions by API
 * @typedef {{ ssl: any, mechanism: string | null, timeout: number }} ProbeOptions
 */

class Problem extends Error {
  /**
   * @param {string} message
   * @param {string} [fix]
   */
  constructor (message, fix) {
    super(message)
    this.fix = fix
  }
}

/**
 * @param {string} broker `host:port`
 * @returns {Address}
 */
function addressOf (broker) {
  const colon = broker.lastIndexOf(':')
  return { host: broker.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(broker.slice(colon + 1)) }
}

/** @param {Address} address */
const show = ({ host, port }) => host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/**
 * @param {Report} report
 * @param {Address} address
 * @param {ProbeOptions} options
 * @param {string} [advertised] what helps if the address cannot be reached; for one that a broker advertises
 * @returns {Promise<boolean>} whether it is a broker that takes these options
 */
async function probe (report, address, options, advertised) {
  /** @type {net.Socket | null} */
  let socket = null
  try {
    await lookUp(report, address, advertised)
    socket = await connect(address, options.timeout, advertised)
    report.add('ok', `port ${address.port} is open`)
    if (options.ssl) socket = await encrypt(report, socket, address, options)
    const versions = await askVersions(socket, options)
    report.add('ok', `a Kafka broker: ${releaseOf(versions)}`)
    await askMechanism(report, socket, versions, options)
    return true
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    report.add('failure', error.message, error.fix)
    return false
  } finally {
    if (socket) socket.destroy()
  }
}

/**
 * @param {Report} report
 * @param {Address} address
 * @param {string} [advertised]
 */
async function lookUp (report, { host }, advertised) {
  if (net.isIP(host)) return
  try {
    const found = await dns.promises.lookup(host, { all: true })
    report.add('ok', `${host} is ${found.map(({ address }) => address).join(', ')}`)
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    throw new Problem(`the name ${host} is not known on this machine (${code})`,
      advertised || 'Check the spelling, DNS, /etc/hosts, and whether this machine is in the right network.')
  }
}

/**
 * @param {Address} address
 * @param {number} timeout
 * @param {string} [advertised]
 * @returns {Promise<net.Socket>}
 */
function connect (address, timeout, advertised) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(address)
    const fail = (/** @type {string} */ why, /** @type {string} */ fix) => {
      socket.destroy()
      reject(new Problem(`${show(address)} cannot be reached: ${why}`, advertised || fix))
    }
    const timer = setTimeout(() => fail(`no answer within ${timeout} ms`,
      'A firewall or a security group may drop the packets, or the address is that of another network.'), timeout)
    socket.once('connect', () => {
      clearTimeout(timer)
      // later errors show as a missing answer
      socket.on('error', () => {})
      resolve(socket)
    })
    socket.once('error', (/** @type {NodeJS.ErrnoException} */ { code }) => {
      clearTimeout(timer)
      fail(String(code), code === 'ECONNREFUSED'
        ? 'Nothing listens there: is the broker running, and is this its port?'
        : 'Check the address and the network.')
    })
  })
}

const PLAIN = 'The port may speak plain Kafka: try without TLS, or find the port of the TLS listener.'

const UNTRUSTED = 'Its authority is not trusted here: give its certificate with --tls-ca, or as ssl.ca.'

/** What to do about a certificate, by Node's code. */
const CERTIFICATE_FIXES = new Map([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'It is self-signed: give it with --tls-ca, or as ssl.ca.'],
  ['CERT_HAS_EXPIRED', 'The certificate of the broker, or of its authority, has to be renewed.'],
  ['CERT_NOT_YET_VALID', "Check the clocks of this machine and of the broker's."],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Use a name that is in the certificate, or have the broker get one for this name.']
])

/**
 * @param {Report} report
 * @param {net.Socket} socket
 * @param {Address} address
 * @param {ProbeOptions} options
 * @returns {Promise<tls.TLSSocket>}
 */
function encrypt (report, socket, { host }, { ssl, timeout }) {
  const given = ssl === true ? {} : ssl
  return new Promise((resolve, reject) => {
    /** @type {tls.TLSSocket} */
    let secure
    const fail = (/** @type {string} */ why, /** @type {string | undefined} */ fix) => {
      if (secure) secure.destroy()
      reject(new Problem(why, fix))
    }
    try {
      secure = tls.connect({
        ...given, socket, ...net.isIP(host) ? {} : { servername: host },
        // what is wrong with the certificate is said below
        rejectUnauthorized: false
      })
    } catch (error) {
      const { message } = /** @type {Error} */ (error)
      return fail(`the TLS options cannot be used: ${message}`,
        'Check the files, and whether the key has a passphrase.')
    }
    const timer = setTimeout(() => fail(`no TLS handshake within ${timeout} ms`, PLAIN), timeout)
    secure.once('secureConnect', () => {
      clearTimeout(timer)
      secure.on('error', () => {})
      const error = /** @type {any} */ (secure).authorizationError
        || tls.checkServerIdentity(host, secure.getPeerCertificate())
      if (error && given.rejectUnauthorized !== false) {
        const code = error.code || String(error)
        return fail(`the certificate is refused: ${error.message || code}`, CERTIFICATE_FIXES.get(code))
      }
      describeCertificate(report, secure, error)
      resolve(secure)
    })
    secure.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      clearTimeout(timer)
      const isPlain = /wrong version number|packet length too long|ECONNRESET|disconnected before secure/
        .test(`${error.message} ${error.code}`)
      fail(`the TLS handshake fails: ${error.message.split('\n')[0]}`, isPlain
        ? PLAIN
        : 'The broker may want a certificate of this client (--tls-cert, --tls-key), or another version of TLS.')
    })
  })
}

/**
 * @param {Report} report
 * @param {tls.TLSSocket} secure
 * @param {unknown} error that is tolerated
 */
function describeCertificate (report, secure, error) {
  const { subject, valid_to: end } = secure.getPeerCertificate()
  const name = [subject && subject.CN].flat().filter(Boolean).join(', ') || 'the broker'
  report.add('ok', `${secure.getProtocol()} with the certificate of ${name}, good until ${end}`)
  if (error) {
    report.add('warning', 'the certificate is not verified', 'Give ssl.ca in place of rejectUnauthorized: false.')
  }
  const days = (Date.parse(end) - Date.now()) / DAY
  if (days < 30) report.add('warning', 'the certificate expires within 30 days', 'Have it renewed.')
}

/**
 * @param {net.Socket} socket
 * @param {ProbeOptions} options
 * @returns {Promise<Versions>}
 */
async function askVersions (socket, { ssl, timeout }) {
  const answer = await ask(socket, request(API_VERSIONS, 0, Buffer.alloc(0)), timeout)
  if (answer.length > 0 && answer[0] === TLS_ALERT && !ssl) {
    throw new Problem('the port speaks TLS, and this is a plain connection', 'Add --tls, or ssl to the configuration.')
  }
  // its length, and the number of the request
  const isAnswer = answer.length >= 14 && answer.readInt32BE(0) === answer.length - 4 && answer.readInt32BE(4) === 1
  if (!isAnswer) {
    throw new Problem('the port does not answer as a Kafka broker does', ssl
      ? 'The broker may want a certificate of this client (--tls-cert, --tls-key), or it is no Kafka port.'
      : 'It may speak TLS (add --tls), or it is no Kafka port.')
  }
  /** @type {Versions} */
  const versions = new Map()
  const count = answer.readInt32BE(10)
  for (let i = 0, at = 14; i < count && at + 6 <= answer.length; i++, at += 6) {
    versions.set(answer.readInt16BE(at), { min: answer.readInt16BE(at + 2), max: answer.readInt16BE(at + 4) })
  }
  return versions
}

/** @param {Versions} versions */
function releaseOf (versions) {
  const fetch = versions.get(FETCH)
  if (!fetch) return 'a version that does not serve records'
  // Kafka 4.0 has forgotten the oldest requests. It only claims to know those of Produce, for older clients' sake.
  if (fetch.min >= 4) return 'version 4.0 or newer'
  const [, release] = RELEASES.find(([max]) => fetch.max >= max) || RELEASES[RELEASES.length - 1]
  return `about version ${release}, by what it understands`
}

/**
 * @param {Report} report
 * @param {net.Socket} socket
 * @param {Versions} versions
 * @param {ProbeOptions} options
 */
async function askMechanism (report, socket, versions, { mechanism, timeout }) {
  const known = versions.get(SASL_HANDSHAKE)
  if (!known || known.max < 1) return
  const wanted = (mechanism || 'PLAIN').toUpperCase()
  const answer = await ask(socket, request(SASL_HANDSHAKE, 1, string(wanted)), timeout)
  // A broker without SASL on this listener may just hang up.
  const error = answer.length >= 14 ? answer.readInt16BE(8) : ILLEGAL_SASL_STATE
  const offered = answer.length >= 14 ? strings(answer, 10) : []
  if (error === ILLEGAL_SASL_STATE) {
    if (mechanism === null) return report.add('ok', 'no login is asked for (no SASL)')
    throw new Problem('this listener has no SASL', 'Leave out the SASL options, or use the port of the SASL listener.')
  }
  const list = offered.join(', ')
  if (mechanism === null) {
    throw new Problem(`this listener wants a login: ${list}`,
      'Give --sasl-mechanism, --sasl-username and --sasl-password, or sasl in the configuration.')
  }
  if (error === UNSUPPORTED_SASL_MECHANISM || !offered.includes(wanted)) {
    throw new Problem(`the broker does not offer ${wanted}, but ${list}`, 'Choose one of these with --sasl-mechanism.')
  }
  report.add('ok', `the broker offers ${wanted}`)
}

/**
 * @param {Buffer} answer
 * @param {number} start of an array
 * @returns {string[]}
 */
function strings (answer, start) {
  const found = []
  let at = start + 4
  for (let left = answer.readInt32BE(start); left > 0 && at + 2 <= answer.length; left--) {
    const end = at + 2 + answer.readInt16BE(at)
    found.push(answer.toString('utf8', at + 2, end))
    at = end
  }
  return found
}

/** @param {string} text */
function string (text) {
  const bytes = Buffer.from(text)
  const length = Buffer.alloc(2)
  length.writeInt16BE(bytes.length, 0)
  return Buffer.concat([length, bytes])
}

/**
 * @param {number} api
 * @param {number} version
 * @param {Buffer} body
 */
function request (api, version, body) {
  const client = string('kafka-node-native-cli')
  const head = Buffer.alloc(12)
  head.writeInt32BE(8 + client.length + body.length, 0)
  head.writeInt16BE(api, 4)
  head.writeInt16BE(version, 6)
  head.writeInt32BE(1, 8)
  return Buffer.concat([head, client, body])
}

/**
 * @param {net.Socket} socket
 * @param {Buffer} question
 * @param {number} timeout
 * @returns {Promise<Buffer>} the answer with its length in front, or as much as came until the time was over
 */
function ask (socket, question, timeout) {
  return new Promise(resolve => {
    let answer = Buffer.alloc(0)
    const done = () => {
      clearTimeout(timer)
      socket.removeListener('data', onData)
      socket.removeListener('close', done)
      socket.removeListener('end', done)
      resolve(answer)
    }
    const onData = (/** @type {Buffer} */ data) => {
      answer = Buffer.concat([answer, data])
      const length = answer.length >= 4 ? answer.readInt32BE(0) : 0
      // not a length: whatever it is, it is no Kafka
      const isForeign = answer.length >= 4 && (length < 4 || length > MAX_ANSWER_BYTES)
      if (isForeign || (answer.length >= 4 && answer.length >= 4 + length)) done()
    }
    const timer = setTimeout(done, timeout)
    if (socket.destroyed) return done()
    socket.on('data', onData).once('close', done).once('end', done)
    socket.write(question)
  })
}

module.exports = { addressOf, probe, show }
