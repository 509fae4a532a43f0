'use strict'

const os = require('os')

// Node and the binary on this machine.

/**
 * @param {import('./report').Report} report
 * @param {string} version of the package
 * @returns {boolean} whether there is an addon to go on with
 */
function checkMachine (report, version) {
  report.begin('This machine')
  const [major] = process.versions.node.split('.').map(Number)
  const node = `Node.js ${process.versions.node}, ${process.platform} ${process.arch} (${os.release()})`
  if (major < 14) report.add('failure', node, 'Node.js 14 is the oldest that works.')
  else report.add('ok', node)
  try {
    const addon = require('../../core/addon')
    report.add('ok', `kafka-node-native ${version}, librdkafka ${addon.librdkafkaVersion()}`)
    return true
  } catch (error) {
    report.add('failure', /** @type {Error} */ (error).message.split('\n')[0],
      /** @type {Error} */ (error).message.split('\n').slice(1).join(' ') || undefined)
    return false
  }
}

module.exports = { checkMachine }
