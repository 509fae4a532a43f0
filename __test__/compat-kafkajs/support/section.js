'use strict'

const { section: describeSection } = require('../../compat/support/section')

/**
 * Describes a section: scenarios that run unchanged against kafkajs and against ours.
 *
 * @typedef {import('../../compat/support/section').Scenario} Scenario
 * @typedef {Partial<Omit<Scenario, 'title' | 'run'>> & { contract: string }} Options
 * @type {(title: string, describe: (
 *   scenario: (title: string, options: Options, run: (t: import('./trace').Trace) => any) => void
 * ) => void) => import('../../compat/support/section').Section}
 */
const section = /** @type {any} */ (describeSection)

module.exports = { section }
