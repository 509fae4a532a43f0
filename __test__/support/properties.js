'use strict'

// Random inputs for property tests. A failure names its seed and the smallest input that fails: FAST_CHECK_SEED=...
// runs it again, FAST_CHECK_RUNS=... tries more.

const fc = require('fast-check')

const { FAST_CHECK_SEED, FAST_CHECK_RUNS } = process.env

/** @param {number} runs of each property, unless the environment says otherwise */
function configure (runs) {
  fc.configureGlobal({
    numRuns: Number(FAST_CHECK_RUNS) || runs,
    ...FAST_CHECK_SEED && { seed: Number(FAST_CHECK_SEED) }
  })
}

/** Texts that a user may send: empty, ASCII, beyond it, halves of surrogate pairs. */
const texts = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\ud83d', '\ude00x', 'é', 'x'.repeat(300)))

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))

/** What names have that are harmful as keys of objects. */
const names = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '1'),
  fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abcxyz019._-') }))

/** @template T @param {import('fast-check').Arbitrary<T>} values @returns {import('fast-check').Arbitrary<T | null>} */
const orNull = (values) => fc.option(values, { nil: null, freq: 6 })

module.exports = { bytes, configure, fc, names, orNull, texts }
