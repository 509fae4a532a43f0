'use strict'

const path = require('node:path')

const { folder } = require('../../support/kafkajs-native')
const { originalFolder } = require('../support/original')

const ROOT = path.join(__dirname, '..', '..', '..')

/**
 * @param {string} door
 * @returns {Promise<{ original: string, ours: string }>} where the packages are that a door's programs run on
 */
async function foldersOf (door) {
  if (door === 'kafka-node') return { original: await originalFolder(), ours: ROOT }
  return { original: path.dirname(require.resolve('kafkajs/package.json')), ours: folder }
}

module.exports = { foldersOf }
