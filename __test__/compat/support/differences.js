'use strict'

const fs = require('node:fs')
const path = require('node:path')

const FILE = path.join(__dirname, '..', '..', '..', 'docs', 'differences.md')

/** What every entry says, each at the start of a paragraph. */
const PARTS = ['kafka-node', 'kafka-node-native', 'Why', 'If you relied on it']

/**
 * @typedef {object} Difference
 * @property {string} id such as `D07`
 * @property {string} title
 * @property {string} body
 */

/** @returns {Map<string, Difference>} what docs/differences.md lists under headings `### D07 Title` */
function readDifferences () {
  const differences = new Map()
  for (const [, id, title, body] of fs.readFileSync(FILE, 'utf8').matchAll(
    /^### (D\d+) (.+)\n([^]*?)(?=^#{1,3} |(?![^]))/gm)) {
    if (differences.has(id)) throw new Error(`docs/differences.md lists ${id} twice`)
    differences.set(id, { id, title, body })
  }
  return differences
}

/**
 * @param {Difference} difference
 * @returns {string[]} the parts that its text lacks
 */
function missingParts ({ body }) {
  return PARTS.filter((part) => !body.includes(`**${part}:**`))
}

module.exports = { readDifferences, missingParts }
