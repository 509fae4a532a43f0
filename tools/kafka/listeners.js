'use strict'

const fs = require('node:fs')
const path = require('node:path')

const { makeCertificates } = require('./certificates')
const { findKafka, startKafka } = require('./index')
const { freePort } = require('./ports')
const { addScramUser } = require('./scram')
const { parseAddress, withConnection } = require('./wire')

/** The only user of the SASL listeners, known to each mechanism. */
const USER = { username: 'alice', password: 'password-of-alice' }

/**
 * Listeners besides the plain one, by name. `store`: which certificate it presents.
 *
 * @type {Record<string, { protocol: string, store?: 'server' | 'expired' | 'wrongHost', clientAuth?: boolean,
 *   sasl?: boolean, oauth?: boolean }>}
 */
const LISTENERS = {
  ssl: { protocol: 'SSL', store: 'server' },
  mutual: { protocol: 'SSL', store: 'server', clientAuth: true },
  expired: { protocol: 'SSL', store: 'expired' },
  elsewhere: { protocol: 'SSL', store: 'wrongHost' },
  sasl: { protocol: 'SASL_PLAINTEXT', sasl: true },
  saslssl: { protocol: 'SASL_SSL', store: 'server', sasl: true },
  oauth: { protocol: 'SASL_PLAINTEXT', oauth: true }
}

/** Connections of the listener for OAUTHBEARER have to authenticate anew after this time, ms. */
const REAUTHENTICATION = 3000

/**
 * @typedef {object} Addresses of the listeners, each `127.0.0.1:port`
 * @property {string} ssl TLS
 * @property {string} mutual TLS that wants a client certificate
 * @property {string} expired TLS with an expired certificate
 * @property {string} elsewhere TLS with another host's certificate
 * @property {string} sasl SASL without TLS
 * @property {string} saslssl SASL through TLS
 * @property {string} oauth SASL without TLS, for any JSON Web Token that is not signed (`alg: none`)
 */

/**
 * @param {string} name
 * @param {import('./certificates').Certificates} certificates
 * @returns {Record<string, string>} the properties of one listener
 */
function listenerProperties (name, certificates) {
  const { store, clientAuth, oauth, sasl } = LISTENERS[name]
  const prefix = `listener.name.${name}`
  /** @type {Record<string, string>} */
  const properties = {}
  if (store) {
    Object.assign(properties, {
      [`${prefix}.ssl.keystore.type`]: 'PEM',
      [`${prefix}.ssl.keystore.location`]: certificates[store],
      [`${prefix}.ssl.truststore.type`]: 'PEM',
      [`${prefix}.ssl.truststore.location`]: certificates.ca,
      [`${prefix}.ssl.client.auth`]: clientAuth ? 'required' : 'none'
    })
  }
  if (sasl) {
    const { username, password } = USER
    const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
    Object.assign(properties, {
      [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      [`${prefix}.plain.sasl.jaas.config`]: 'org.apache.kafka.common.security.plain.PlainLoginModule required ' +
        `user_${username}="${password}";`,
      [`${prefix}.scram-sha-256.sasl.jaas.config`]: scram,
      [`${prefix}.scram-sha-512.sasl.jaas.config`]: scram
    })
  }
  if (oauth) {
    Object.assign(properties, {
      [`${prefix}.sasl.enabled.mechanisms`]: 'OAUTHBEARER',
      [`${prefix}.oauthbearer.connections.max.reauth.ms`]: REAUTHENTICATION,
      [`${prefix}.oauthbearer.sasl.jaas.config`]:
        'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required ' +
        'unsecuredLoginStringClaim_sub="broker";'
    })
  }
  return properties
}

/**
 * @param {Record<string, any>} base a broker's properties
 * @param {import('./certificates').Certificates} certificates
 * @param {Addresses} addresses
 * @returns {Record<string, any>} the same with the listeners
 */
function withListeners (base, certificates, addresses) {
  const names = /** @type {(keyof Addresses)[]} */ (Object.keys(LISTENERS))
  const urls = names.map((name) => `${name}://${addresses[name]}`)
  const protocols = names.map((name) => `${name}:${LISTENERS[name].protocol}`)
  return {
    ...base,
    listeners: [base.listeners, ...urls].join(),
    'advertised.listeners': [base['advertised.listeners'], ...urls].join(),
    'listener.security.protocol.map':
      [base['listener.security.protocol.map'] || 'PLAINTEXT:PLAINTEXT', ...protocols].join(),
    ...Object.assign({}, ...names.map((name) => listenerProperties(name, certificates)))
  }
}

/**
 * Starts a real Kafka with one node like `startKafka` that also listens with TLS and SASL; only from Kafka's own jars.
 * The certificates are made on the spot, with openssl, and are removed with the broker.
 *
 * @param {Omit<Parameters<typeof startKafka>[0] & {}, 'properties'>} [options]
 * @returns {Promise<import('./index').Kafka & { listeners: Addresses, user: { username: string, password: string },
 *   certificates: import('./certificates').Certificates }>} `user` is known to PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512
 */
async function startSecureKafka (options = {}) {
  const { source } = findKafka(options.version)
  if (source === 'external' || source === 'docker') {
    throw new Error('Listeners with TLS and SASL are only set up on the broker from jars: ' +
      (source === 'external' ? 'unset KAFKA_BROKERS' : 'install Java 17 or later and Maven'))
  }
  /** @type {import('./certificates').Certificates | undefined} */
  let certificates
  /** @type {any} */
  const listeners = {}
  const kafka = await startKafka({
    ...options,
    properties: async (base, dir) => {
      const folder = path.join(dir, 'certificates')
      fs.mkdirSync(folder)
      certificates = await makeCertificates(folder)
      const taken = new Set(String(base.listeners).match(/\d+(?=,|$)/g)?.map(Number))
      for (const name of Object.keys(LISTENERS)) {
        const port = await freePort(taken)
        taken.add(port)
        listeners[name] = `127.0.0.1:${port}`
      }
      return withListeners(base, certificates, listeners)
    }
  })
  try {
    await withConnection(parseAddress(kafka.brokers), (connection) => addScramUser(connection, USER))
  } catch (error) {
    await kafka.stop()
    throw error
  }
  return { ...kafka, listeners, user: { ...USER }, certificates: /** @type {any} */ (certificates) }
}

module.exports = { startSecureKafka }
