'use strict'

const { config, random } = require('./history')

let values = 0

/**
 * @param {number} most
 * @returns {[partition: number, value: string][]} at least one; no two processes ever write the same value
 */
function newWrites (most) {
  const count = 1 + random.below(most)
  return Array.from({ length: count }, () => [random.below(config.partitions), `${config.name}:${values++}`])
}

module.exports = { newWrites }
