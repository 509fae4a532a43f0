'use strict'

const assert = require('node:assert')
const { after, before, test } = require('node:test')

const { brokers, releaseAll } = require('../support/kafka')
const { ARGUMENTS } = require('./bad-input/arguments')
const { EXCUSED, REFUSED, TOLD } = require('./bad-input/excused')
const { label, runCases } = require('./bad-input/run')
const { VALUES } = require('./bad-input/values')

// Every type of value in place of every public argument, given to kafka-node and to ours.

/** Outcomes that are bad whatever kafka-node does. */
const CRASHED = /^(crashes|blocks|ends the process)/

/** @param {string} outcome */
const kindOf = (outcome) => outcome.split(':')[0]

/** @param {string} text */
const plain = (text) => text.toLowerCase().replace(/[^a-z]/g, '')

/**
 * @param {import('./bad-input/arguments').Argument} argument
 * @param {string} original its outcome
 * @param {string} ours
 * @returns {string | null} what is wrong with ours
 */
function fault ({ name }, original, ours) {
  if (CRASHED.test(ours)) return 'it must not crash'
  if (ours === 'silent') return 'it must not keep silent'
  const kind = kindOf(ours)
  if (kind === 'works') return null
  // kafka-node's own wording is right, whatever it says.
  if (original === ours) return null
  if (kindOf(original) === 'throws' && kind !== 'throws') return 'kafka-node throws'
  const short = name.split('.').pop()?.replace(/s$/, '') || name
  return plain(ours.slice(kind.length)).includes(plain(short)) ? null : `the error must name ${name}`
}

/** @type {Awaited<ReturnType<typeof runCases>>} */
let originals
/** @type {Awaited<ReturnType<typeof runCases>>} */
let ours

before(async () => {
  const address = await brokers('3.9')
  ours = await runCases({ side: 'ours', brokers: address, deadline: 20000 })
  // What works with ours is right, whatever kafka-node does with it, which is mostly to wait.
  const only = (/** @type {string} */ name) => !ours.outcomes.get(name)?.outcome.startsWith('works')
  originals = await runCases({ side: 'original', brokers: address, deadline: 2000, lanes: 24, only })
})
after(releaseAll)

for (const argument of ARGUMENTS) {
  test(`${argument.of} says what is wrong with its ${argument.name}, or takes it as kafka-node does`, () => {
    const faults = Object.keys(VALUES).flatMap((value) => {
      const name = label(argument, value)
      const [original, own] = [originals, ours].map(({ outcomes }) => outcomes.get(name)?.outcome || 'was not run')
      const wrong = [own, ...(ours.outcomes.get(name)?.later || []).filter((each) => CRASHED.test(each))]
        .map((outcome) => fault(argument, original, outcome)).find(Boolean)
      if (!wrong || EXCUSED.some(({ is }) => is.test(name))) return []
      if (own.startsWith('calls back with') && TOLD.some((is) => is.test(name))) return []
      return [`${value}: ${wrong}\n  kafka-node ${original}\n  ours       ${own}`]
    })
    assert.deepEqual(faults, [])
  })
}

test('whatever kafka-node accepts is accepted, except for options that can only be a mistake', () => {
  const refused = [...originals.outcomes].filter(([name, { outcome }]) => {
    const own = ours.outcomes.get(name)
    return outcome.startsWith('works') && own && !own.outcome.startsWith('works')
  }).map(([name, { outcome }]) => `${name}: kafka-node ${outcome}, ours ${ours.outcomes.get(name)?.outcome}`)
  const meant = [...EXCUSED, ...REFUSED]
  assert.deepEqual(refused.filter((line) => !meant.some(({ is }) => is.test(line.split(': ')[0]))), [])
})

test('none of our exceptions went astray', () => {
  assert.deepEqual(ours.strays, [])
})
