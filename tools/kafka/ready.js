'use strict'

const { setTimeout: delay } = require('node:timers/promises')

const { LATEST, listOffsets, metadata, withConnection } = require('./wire')

const POLL_MS = 50
const ANSWER_TIMEOUT_MS = 5000
/** A topic that was being deleted when the broker was killed leaves its folder behind, but never comes back. */
const MISSING_TOPICS_GRACE_MS = 5000

/**
 * What still has to happen before clients can use the broker.
 *
 * @param {import('./wire').Metadata} answer
 * @param {string[]} topics that it must know
 * @param {number[]} [ids] of brokers that it must name, which the controller has let into the cluster
 * @returns {{ reason: string, onlyTopicsMissing?: boolean } | null} null when it is ready
 */
function notReady ({ brokers, controllerId, topics: found }, topics, ids = []) {
  if (brokers.length === 0) return { reason: 'it names no broker' }
  const absent = ids.find((id) => !brokers.some((broker) => broker.id === id))
  if (absent !== undefined) return { reason: `it does not name broker ${absent}` }
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
 * Asks the leaders of topics for an offset: a broker may be named as leader a moment before it knows it is.
 *
 * @param {import('./wire').Metadata} answer
 * @param {string[]} names
 */
async function checkLeaders ({ brokers, topics }, names) {
  const wanted = topics.filter(({ name }) => names.includes(name))
  for (const { id, host, port } of wanted.length > 0 ? brokers : []) {
    await withConnection({ host, port, timeout: ANSWER_TIMEOUT_MS }, async (connection) => {
      for (const { name, partitions } of wanted) {
        const led = partitions.filter(({ leader }) => leader === id).map((partition) => partition.id)
        if (led.length > 0) await listOffsets(connection, name, led, LATEST)
      }
    })
  }
}

/**
 * Waits until a broker answers metadata, with a leader for every partition; the leaders of `topics` must answer too.
 *
 * @param {object} options
 * @param {string} [options.host]
 * @param {number} options.port
 * @param {string[]} [options.topics] that it must know; default: whatever it names
 * @param {boolean} [options.strict] false: do without topics that stay unknown; default: true
 * @param {number[]} [options.ids] of brokers that it must name; default: any
 * @param {number} options.timeout in ms
 * @param {() => boolean} options.alive false once its process has ended
 * @returns {Promise<void>}
 */
async function waitUntilReady (options) {
  const { host = '127.0.0.1', port, topics = [], strict = true, ids, timeout, alive } = options
  const started = Date.now()
  for (;;) {
    let reason
    try {
      const answer = await withConnection({ host, port, timeout: ANSWER_TIMEOUT_MS }, (c) => metadata(c))
      const state = notReady(answer, topics, ids)
      if (!state) return await checkLeaders(answer, topics)
      if (state.onlyTopicsMissing && !strict && Date.now() - started > MISSING_TOPICS_GRACE_MS) return
      reason = state.reason
    } catch (error) {
      reason = /** @type {Error} */ (error).message
    }
    if (!alive()) throw new Error('its process ended')
    if (Date.now() - started > timeout) throw new Error(`not ready after ${timeout} ms: ${reason}`)
    await delay(POLL_MS)
  }
}

module.exports = { notReady, waitUntilReady }
