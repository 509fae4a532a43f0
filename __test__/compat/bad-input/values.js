'use strict'

// What a caller may pass by mistake: one of each type, and the usual slips within a type.

/** @type {Record<string, () => any>} made anew for every case, as objects may be kept and completed */
const VALUES = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  'a number': () => 5,
  'a negative number': () => -7,
  NaN: () => NaN,
  'a string': () => 'text',
  'an empty string': () => '',
  'a string of digits': () => '12',
  'an object': () => ({}),
  'an empty array': () => [],
  'an array of null': () => [null],
  'a function': () => function given () {},
  'a symbol': () => Symbol('given'),
  'a bigint': () => 5n,
  'a Buffer': () => Buffer.from('text'),
  'a Date': () => new Date(1500000000000)
}

module.exports = { VALUES }
