'use strict'

const { contents, startSecureKafka } = require('../../support/secure-kafka')

/** Where a test file says which secured broker the processes that it starts should use. */
const VARIABLE = 'TEST_KAFKA_39_SECURE'

/** @type {Promise<any> | undefined} */
let own

/**
 * Kafka 3.9 with TLS and SASL: the one of the test file, else one of this process, which ends with it.
 *
 * @returns {Promise<{ brokers: string, at: import('../../../tools/kafka/listeners').Addresses, user: any,
 *   files: ReturnType<typeof contents> }>}
 */
async function secureBroker () {
  const told = process.env[VARIABLE]
  if (!told && !own) own = startSecureKafka({ version: '3.9' })
  const { brokers, listeners, user, certificates } = told ? JSON.parse(told) : await own
  return { brokers, at: listeners, user, files: contents(certificates) }
}

/** Starts one for all processes of a test file. @returns {Promise<() => Promise<void>>} what stops it */
async function shareSecureBroker () {
  const { brokers, listeners, user, certificates, stop } = await startSecureKafka({ version: '3.9' })
  process.env[VARIABLE] = JSON.stringify({ brokers, listeners, user, certificates })
  return stop
}

module.exports = { secureBroker, shareSecureBroker }
