'use strict'

const fs = require('fs')
const { ConfigError } = require('../errors')

/**
 * Node's options of `tls.connect`, converted to what the native side reads (`SslOptions` of src/config/mod.rs).
 */

/** Those that reach librdkafka with the same meaning. */
const SUPPORTED = ['ca', 'cert', 'key', 'pfx', 'passphrase', 'rejectUnauthorized', 'ciphers']

/**
 * Those that only state what is true anyway: librdkafka's range of versions, and what `tls.connect` sets itself.
 *
 * @type {Record<string, unknown>}
 */
const HOLDING = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', requestCert: true }

/** Why others do not, if there is more to it than librdkafka having no counterpart. */
const REASONS = /** @type {Record<string, string>} */ ({
  servername: 'librdkafka always asks for, and checks, the host name that it connects to',
  checkServerIdentity: 'librdkafka checks the host name itself, as Node does by default. Only ' +
    'rejectUnauthorized: false switches that off, and with it all verification',
  secureContext: 'a context of Node\'s cannot be used by librdkafka; give its ca, cert and key',
  minVersion: 'librdkafka speaks TLS 1.2 and 1.3, so it can only be TLSv1.2',
  maxVersion: 'librdkafka speaks TLS 1.2 and 1.3, so it can only be TLSv1.3',
  secureProtocol: 'librdkafka speaks TLS 1.2 and 1.3, and chooses by itself',
  crl: 'give a file to librdkafka: { \'ssl.crl.location\': path }',
  ecdhCurve: 'use librdkafka: { \'ssl.curves.list\': curves }',
  sigalgs: 'use librdkafka: { \'ssl.sigalgs.list\': algorithms }',
  host: 'the client connects to the brokers that it is given',
  port: 'the client connects to the brokers that it is given'
})

/**
 * @typedef {string | Buffer} Material PEM text, or PKCS#12
 * @typedef {{ pem?: Material, buf?: Material, passphrase?: string }} Sealed with a passphrase of its own
 * @typedef {string | Buffer & { [name in keyof Sealed]?: undefined } | Sealed | null | undefined} Given
 *
 * @typedef {object} TlsOptions of `tls.connect`, unchecked
 * @property {Material | Material[]} [ca]
 * @property {Given | Given[]} [cert]
 * @property {Given | Given[]} [key]
 * @property {Given | Given[]} [pfx]
 * @property {string} [passphrase]
 * @property {boolean} [rejectUnauthorized]
 * @property {string} [ciphers]
 *
 * @typedef {object} SslOptions
 * @property {string} ca PEM
 * @property {string | null} cert PEM
 * @property {string | null} key PEM
 * @property {string | null} pfx PKCS#12 in Base64
 * @property {string | null} passphrase
 * @property {boolean} rejectUnauthorized
 * @property {string} ciphers
 *
 * @param {TlsOptions | null} options
 * @param {string} at what errors call them
 * @param {(reason: string) => void} warn told why NODE_EXTRA_CA_CERTS is ignored
 * @returns {SslOptions}
 * @throws {ConfigError} naming the option; `code` is Node's where Node refuses it as well
 */
function tlsOptions (options, at, warn) {
  checkTlsNames(options, at)
  const { pfx, passphrase: pfxPassphrase } = single(at, 'pfx', options.pfx, 'buf')
  const { pem: key, passphrase: keyPassphrase } = single(at, 'key', options.key, 'pem')
  const { pem: cert } = single(at, 'cert', options.cert, 'pem')
  if (pfx && (key || cert)) {
    throw new ConfigError(`${at}.pfx holds a certificate and its key: leave ${at}.cert and ` +
      `${at}.key out`)
  }
  const passphrase = keyPassphrase || pfxPassphrase || options.passphrase
  if (passphrase && typeof passphrase !== 'string') {
    throw new ConfigError(`${at}.passphrase must be a string, not ${typeof passphrase}`)
  }
  const { ca, ciphers, rejectUnauthorized } = options
  checkWithNode(at, { ca, cert, key, pfx, passphrase, ciphers })
  return {
    ca: ca ? authorities(at, ca) : defaultAuthorities(warn),
    cert: pemText(at, 'cert', cert),
    key: pemText(at, 'key', key),
    pfx: pfx ? bytes(pfx).toString('base64') : null,
    passphrase: passphrase || null,
    rejectUnauthorized: rejectUnauthorized !== false,
    // librdkafka's own list refuses some certificates that Node accepts
    ciphers: ciphers ? cipherList(at, ciphers) : tls().DEFAULT_CIPHERS
  }
}

/**
 * Refuses what librdkafka cannot do, without a look at the material.
 *
 * @param {TlsOptions | null} options
 * @param {string} at what errors call them
 * @returns {asserts options is TlsOptions}
 * @throws {ConfigError} naming the option
 */
function checkTlsNames (options, at) {
  if (options === null || typeof options !== 'object') {
    throw new ConfigError(`${at} must be an object as for tls.connect, not ${typeof options}`)
  }
  for (const name of /** @type {Array<keyof TlsOptions>} */ (Object.keys(options))) {
    if (options[name] === undefined || SUPPORTED.includes(name) || HOLDING[name] === options[name]) continue
    const reason = REASONS[name] || 'librdkafka has no counterpart'
    throw new ConfigError(`${at}.${name} is not supported: ${reason}. ` +
      `Supported are ${SUPPORTED.join(', ')}`)
  }
}

/** Not at load: it would take most of the time of require('kafka-node'). */
function tls () {
  return require('tls')
}

/** @param {string | NodeJS.ArrayBufferView} value */
function bytes (value) {
  if (typeof value === 'string') return Buffer.from(value)
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

/**
 * What Node accepts as one value, as an array, or as objects with their own passphrase.
 *
 * @param {string} at
 * @param {'pfx' | 'key' | 'cert'} name
 * @param {Given | Given[]} value
 * @param {'pem' | 'buf'} field of those objects
 * @returns {{ pem?: Material | null, pfx?: Material | null, passphrase?: string }}
 */
function single (at, name, value, field) {
  const list = Array.isArray(value) ? value : [value]
  if (list.length > 1) {
    throw new ConfigError(`${at}.${name} has ${list.length} elements: librdkafka takes one` +
      (name === 'cert' ? '. The chain of a certificate belongs into the same PEM text' : ''))
  }
  const one = list[0]
  const isPair = one && typeof one === 'object' && one[field] !== undefined
  const data = isPair ? one[field] : /** @type {Material | null} */ (one || null)
  return { [name === 'pfx' ? 'pfx' : 'pem']: data, passphrase: isPair ? one.passphrase : undefined }
}

/**
 * Lets Node check the material: invalid files, keys that the passphrase does not open.
 *
 * @param {string} at
 * @param {{ [name in keyof TlsOptions]?: unknown }} options each part as Node takes it, or null
 */
function checkWithNode (at, options) {
  const { key, pfx, cert, ca, ciphers } = options
  /** @type {Array<[string, object]>} each part by itself, so that it can be named */
  const parts = [
    ['ca', { ca }], ['cert', { cert }], ['ciphers', { ciphers }],
    ['key', { key, passphrase: options.passphrase }], ['pfx', { pfx, passphrase: options.passphrase }],
    [`key and ${at}.cert`, { key, cert, passphrase: options.passphrase }]
  ]
  /** @type {Record<string, unknown>} */
  const given = { ca, cert, ciphers, key, pfx, [`key and ${at}.cert`]: key && cert }
  for (const [name, part] of parts) {
    if (!given[name]) continue
    try {
      tls().createSecureContext(/** @type {import('tls').SecureContextOptions} */ (part))
    } catch (error) {
      throw refused(at, name, /** @type {Error} */ (error), Boolean(options.passphrase))
    }
  }
}

/**
 * @param {string} at
 * @param {string} name
 * @param {Error & { code?: string }} error Node's; it quotes neither keys nor passphrases
 * @param {boolean} hasPassphrase
 */
function refused (at, name, error, hasPassphrase) {
  const isSealed = /decrypt|mac verify|passphrase|cipherfinal|interrupted|bad password|bad pass/i.test(error.message)
  let fix = 'Give it as for tls.connect'
  if ((name === 'key' || name === 'pfx') && isSealed) {
    fix = hasPassphrase ? `${at}.passphrase does not open it` : `It is encrypted: give ${at}.passphrase`
  } else if (/mismatch/i.test(error.message)) fix = 'They do not belong together'
  else if (/no start line/i.test(error.message)) fix = 'It must be PEM text'
  return new ConfigError(`${at}.${name} cannot be used: ${error.message}. ${fix}`, error.code)
}

/**
 * @param {string} at
 * @param {string} name
 * @param {Material | null | undefined} value
 * @returns {string | null}
 */
function pemText (at, name, value) {
  if (!value) return null
  const text = bytes(value).toString()
  // Node treats text without a PEM block as an empty list of authorities
  if (!text.includes('-----BEGIN')) throw new ConfigError(`${at}.${name} must be PEM text`)
  return text
}

/**
 * @param {string} at
 * @param {Material | Material[]} ca
 */
function authorities (at, ca) {
  const list = Array.isArray(ca) ? ca : [ca]
  if (list.length === 0) {
    throw new ConfigError(`${at}.ca is empty, so that no broker could be trusted: leave it out for the ` +
      'authorities that Node trusts')
  }
  return list.map(one => pemText(at, 'ca', one)).join('\n')
}

/**
 * The authorities that Node trusts by default.
 *
 * @param {(reason: string) => void} warn
 */
function defaultAuthorities (warn) {
  const { getCACertificates, rootCertificates } = tls()
  if (getCACertificates) return getCACertificates('default').join('\n')
  const roots = rootCertificates.slice()
  const extra = process.env.NODE_EXTRA_CA_CERTS
  if (extra) {
    try {
      roots.push(fs.readFileSync(extra, 'utf8'))
    } catch (error) {
      // so does Node
      warn(/** @type {Error} */ (error).message)
    }
  }
  return roots.join('\n')
}

/**
 * librdkafka selects only TLS 1.2 ciphers; those of 1.3 are OpenSSL's own, which are also Node's default.
 *
 * @param {string} at
 * @param {string} ciphers
 */
function cipherList (at, ciphers) {
  const names = String(ciphers).split(':')
  const ofTls13 = names.filter(name => /^TLS_/.test(name))
  const all = tls().DEFAULT_CIPHERS.split(':').filter(name => /^TLS_/.test(name))
  if (!all.every(name => ofTls13.includes(name)) || ofTls13.length === names.length) {
    throw new ConfigError(`${at}.ciphers cannot choose among the ciphers of TLS 1.3 in librdkafka, which ` +
      `uses all of its default. Include ${all.join(':')} in the list, along with the TLS 1.2 ciphers of your choice`)
  }
  return ciphers
}

module.exports = { checkTlsNames, tlsOptions }
