'use strict'

const fs = require('node:fs')
const { once } = require('node:events')

const { findKafka } = require('../../tools/kafka')
const { startSecureKafka } = require('../../tools/kafka/listeners')

/**
 * Why a broker with TLS and SASL listeners cannot run here, or false.
 *
 * @param {'4' | '3.9'} version
 */
function unavailable (version) {
  const { source } = findKafka(version)
  if (source === 'jars') return false
  return source === 'external' ? 'KAFKA_BROKERS is set' : 'needs Kafka\'s jars: Java 17 or later, and Maven'
}

/**
 * @param {import('../../tools/kafka/certificates').Certificates} certificates
 * @returns {Record<keyof import('../../tools/kafka/certificates').Certificates, any>} the contents of the files
 */
function contents (certificates) {
  return /** @type {any} */ (Object.fromEntries(Object.entries(certificates).map(([name, file]) =>
    [name, name === 'passphrase' ? file : fs.readFileSync(file)])))
}

/** Connection attempts that fail fast. */
const SHORT = { retries: 1, factor: 1, minTimeout: 100, maxTimeout: 100, randomize: false }

/**
 * @param {any} client a KafkaClient
 * @returns {Promise<any>} the client once it is ready; its first `error` is thrown
 */
async function ready (client) {
  if (!client.ready) await once(client, 'ready')
  return client
}

/**
 * @param {any} emitter
 * @returns {Promise<void>}
 */
function closed (emitter) {
  return new Promise((resolve) => emitter.close(() => resolve()))
}

module.exports = { SHORT, closed, contents, ready, startSecureKafka, unavailable }
