'use strict'

const path = require('node:path')

const { originalFolder } = require('../support/original')

const ROOT = path.join(__dirname, '..', '..', '..')

/**
 * @param {string} door
 * @returns {Promise<{ original: string, ours: string }>} where the packages are that a door's programs run on
 */
async function foldersOf (door) {
  if (door === 'kafka-node') return { original: await originalFolder(), ours: ROOT }
  // not built yet: run against itself, it shows that only the packages make a difference
  const original = path.dirname(require.resolve('kafkajs/package.json'))
  return { original, ours: original }
}

module.exports = { foldersOf }
