'use strict'

// What every process of a consistency run writes its history with.

const { config, say } = require('../../faults/programs/say')
const { Random } = require('../../support/random')

/** @typedef {import('../checker/model').Operation} Operation */

/**
 * Writes down one operation, before this process goes on. The clock is the same for all processes of a machine.
 *
 * @param {string} f
 * @param {Operation['type']} type
 * @param {Partial<Operation> & Record<string, any>} [more]
 */
function note (f, type, more = {}) {
  say(f, type, { at: Number(process.hrtime.bigint() / 1000n), ...more })
}

/** @param {any} error @returns {string} */
function textOf (error) {
  return `${error && (error.type || error.name)}: ${error && error.message}`
}

/**
 * Writes down a call and its answer. Whatever rejects may have happened all the same.
 *
 * @template T
 * @param {string} f
 * @param {Record<string, any>} more
 * @param {() => Promise<T>} call
 * @param {(result: T) => Record<string, any>} [answer] what belongs to its answer
 * @param {(error: any) => Operation['type']} [verdict] of an error
 * @returns {Promise<T>}
 */
async function noted (f, more, call, answer = () => ({}), verdict = () => 'info') {
  note(f, 'invoke', more)
  const { writes, inputs, ...rest } = more
  try {
    const result = await call()
    note(f, 'ok', { ...rest, ...answer(result) })
    return result
  } catch (error) {
    note(f, verdict(error), { ...rest, error: textOf(error) })
    throw error
  }
}

/** What this process decides by chance: always the same for the same seed and name. */
const random = Random.named(config.seed, config.name)

module.exports = { config, note, noted, random, textOf }
