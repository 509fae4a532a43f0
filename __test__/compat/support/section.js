'use strict'

/**
 * A difference that is meant: it is listed in docs/differences.md, and pinned here line by line. A track that is not
 * as written fails, on either side; so does one where the two no longer differ.
 *
 * @typedef {object} Meant
 * @property {string} id of its entry in docs/differences.md
 * @property {(string | RegExp)[] | 'varies'} original `varies`: it depends on timing, so only ours is checked
 * @property {(string | RegExp)[]} ours
 */
/**
 * @typedef {object} Scenario
 * @property {string} title
 * @property {string} contract the part of kafka-node's behaviour it shows, such as `4.3 send`
 * @property {boolean} isolated runs in a process of its own, whose end is recorded: for what may crash or must exit
 * @property {number} timeout ms
 * @property {Record<string, Meant>} meant by track
 * @property {string} notOnModern why it is left out on Kafka 4; '' if it is not
 * @property {Record<string, (string | RegExp)[]>} modern by track: what Kafka 4 itself answers differently
 * @property {(t: import('./trace').Trace) => any} run
 */
/** @typedef {{ title: string, scenarios: Scenario[] }} Section */

/**
 * Describes a section: scenarios that run unchanged against kafka-node and against ours.
 *
 * @param {string} title
 * @param {(scenario: (title: string, options: { contract: string, isolated?: boolean, timeout?: number,
 *   meant?: Record<string, Meant>, notOnModern?: string, modern?: Scenario['modern']
 * }, run: Scenario['run']) => void) => void} describe
 * @returns {Section}
 */
function section (title, describe) {
  /** @type {Scenario[]} */
  const scenarios = []
  describe((name, options, run) => {
    if (scenarios.some((other) => other.title === name)) throw new Error(`Two scenarios are called '${name}'`)
    const { contract, isolated = false, timeout = 90000, meant = {}, notOnModern = '', modern = {} } = options
    scenarios.push({ title: name, contract, isolated, timeout, meant, notOnModern, modern, run })
  })
  return { title, scenarios }
}

module.exports = { section }
