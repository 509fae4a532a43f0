'use strict'

const os = require('node:os')
const path = require('node:path')

/** The checkout. */
const root = path.resolve(__dirname, '..', '..')

/** Build products and stamps live outside the checkout: every clone on a machine shares one compiled OpenSSL. */
const cacheDir = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'kafka-node-native')

const cargoTargetDir = process.env.CARGO_TARGET_DIR || path.join(cacheDir, 'target')

module.exports = { root, cacheDir, cargoTargetDir }
