'use strict'

// Loaded with `node -r` before a program that requires 'kafka-node': gives it this checkout.

const Module = require('node:module')
const path = require('node:path')

const internals = /** @type {any} */ (Module)
const resolve = internals._resolveFilename
internals._resolveFilename = (/** @type {string} */ request, /** @type {any[]} */ ...rest) =>
  request === 'kafka-node' ? path.join(__dirname, '..', '..', 'index.js') : resolve(request, ...rest)
