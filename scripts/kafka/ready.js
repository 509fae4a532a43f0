'use strict'

const { setTimeout: delay } = require('node:timers/promises')

const { metadata, withConnection } = require('./wire')

const POLL_MS = 50
/** A topic that was being deleted when the broker was killed leaves its folder behind, but never comes back. */
const MISSING_TOPICS_GRACE_MS = 5000

/**
 * What still has to happen before clients can use the broker.
 *
 * @param {import('./wire').Metadata} answer
 * @param {string[]} topics that it must know
 * @returns {{ reason: string, onlyTopicsMissing?: boolean } | null} null when it is ready
 */
function notReady ({ brokers, controllerId, topics: found }, topics) {
  if (brokers.length === 0) return { reason: 'it names no broker' }
  if (controllerId < 0) return { reason: 'it names no controller' }
  for (const topic of found) {
    if (topic.error !== 0) return { reason: `topic ${topic.name} has error ${topic.error}` }
    const headless = topic.partitions.find((partition) => partition.leader < 0)
    if (headless) return { reason: `partition ${headless.id} of topic ${topic.name} has no leader` }
  }
  const missing = topics.find((name) => !found.some((topic) => topic.name === name))
  return missing === undefined ? null : { reason: `it does not know topic ${missing}`, onlyTopicsMissing: true }
}

/**
 * Waits until a broker answers metadata, with a leader for every partition.
 *
 * @param {object} options
 * @param {string} [options.host]
 * @param {number} options.port
 * @param {string[]} [options.topics] that it must know; default: whatever it names
 * @param {number} options.timeout in ms
 * @param {() => boolean} options.alive false once its process has ended
 * @returns {Promise<void>}
 */
async function waitUntilReady ({ host = '127.0.0.1', port, topics = [], timeout, alive }) {
  const started = Date.now()
  for (;;) {
    let reason
    try {
      const state = notReady(await withConnection({ host, port, timeout: 5000 }, (c) => metadata(c)), topics)
      if (!state) return
      if (state.onlyTopicsMissing && Date.now() - started > MISSING_TOPICS_GRACE_MS) return
      reason = state.reason
    } catch (error) {
      reason = error.message
    }
    if (!alive()) throw new Error('its process ended')
    if (Date.now() - started > timeout) throw new Error(`not ready after ${timeout} ms: ${reason}`)
    await delay(POLL_MS)
  }
}

module.exports = { notReady, waitUntilReady }
