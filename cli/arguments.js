'use strict'

const { InvalidArgumentError } = require('commander')

// What the values of options look like. Commander adds the name of the option to the error.

/**
 * @param {{ min?: number, max?: number }} [range]
 * @returns {(text: string) => number}
 */
function integer ({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
  return text => {
    const number = Number(text)
    if (!/^-?\d+$/.test(text) || !(number >= min && number <= max)) {
      throw new InvalidArgumentError(max === Number.MAX_SAFE_INTEGER
        ? `It needs a number from ${min} on.`
        : `It needs a number from ${min} to ${max}.`)
    }
    return number
  }
}

/** @param {string} text */
function seconds (text) {
  const number = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0 || number > 86400) {
    throw new InvalidArgumentError('It needs seconds, such as 2 or 0.5.')
  }
  return number
}

/** @param {string} text */
function notEmpty (text) {
  if (text === '') throw new InvalidArgumentError('It needs a value.')
  return text
}

/**
 * @param {string} text
 * @param {string[]} [before] the option's values so far
 */
function many (text, before = []) {
  return [...before, notEmpty(text)]
}

/**
 * @param {string} text `name=value`
 * @param {Array<[string, string]>} [before]
 * @returns {Array<[string, string]>}
 */
function pairs (text, before = []) {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('It needs name=value.')
  return [...before, [text.slice(0, equals), text.slice(equals + 1)]]
}

/**
 * @param {string} text `0,2,5-7`
 * @returns {number[]}
 */
function partitions (text) {
  /** @type {Set<number>} */
  const found = new Set()
  for (const part of text.split(',')) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part.trim())
    const [first, last] = range ? [Number(range[1]), Number(range[2] === undefined ? range[1] : range[2])] : [1, 0]
    if (first > last || last > 100000) throw new InvalidArgumentError('It needs partitions, such as 0,2,5-7.')
    for (let each = first; each <= last; each++) found.add(each)
  }
  return [...found].sort((a, b) => a - b)
}

/** What backslashes stand for where tabs and line ends are hard to type. */
const ESCAPES = new Map([['n', '\n'], ['r', '\r'], ['t', '\t'], ['0', '\0'], ['\\', '\\']])

/** @param {string} text */
function unescaped (text) {
  return text.replace(/\\(.)/g, (all, letter) => {
    const meant = ESCAPES.get(letter)
    return meant === undefined ? all : meant
  })
}

module.exports = { integer, many, notEmpty, pairs, partitions, seconds, unescaped }
