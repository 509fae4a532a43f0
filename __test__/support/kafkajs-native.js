'use strict'

const Module = require('node:module')
const path = require('node:path')

const root = path.join(__dirname, '..', '..')
const folder = path.join(root, 'packages', 'kafkajs-native')

const internals = /** @type {any} */ (Module)
const resolve = internals._resolveFilename
/**
 * @param {string} request
 * @param {any} parent
 * @param {any[]} rest
 */
internals._resolveFilename = (request, parent, ...rest) => {
  const own = /^kafka-node-native\/(.*)$/.exec(request)
  const isInside = parent && parent.filename && parent.filename.startsWith(folder)
  return own && isInside ? resolve(path.join(root, own[1]), parent, ...rest) : resolve(request, parent, ...rest)
}

/**
 * The package kafkajs-native of this checkout, as if it were installed beside the main one.
 *
 * @param {string} [file] in it, such as `src/errors`
 * @returns {any}
 */
function requireKafkajsNative (file = '') {
  return require(path.join(folder, file))
}

module.exports = { folder, requireKafkajsNative }
