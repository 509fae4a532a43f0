'use strict'

const { emissionsOf } = require('./checker')

const PATIENCE_MS = 30000

/**
 * Waits until some member has emitted each record of each topic, or nothing new has come for a long time; the checker
 * then says what is missing.
 *
 * @param {import('./context').Context} context
 * @param {import('./workload').Workload[]} members all there have been
 * @param {Record<string, import('./log').Entry[]>} logs by topic
 */
async function untilDelivered (context, members, logs) {
  const wanted = Object.values(logs).reduce((sum, log) => sum + log.length, 0)
  let most = -1
  for (let deadline = 0; ;) {
    const seen = new Set(emissionsOf(members.map((member) => member.read())).filter(({ topic }) => topic in logs)
      .map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`))
    if (seen.size >= wanted) return
    if (seen.size > most) {
      most = seen.size
      deadline = Date.now() + PATIENCE_MS
    }
    if (Date.now() > deadline) return
    await context.delay(200)
  }
}

module.exports = { untilDelivered }
