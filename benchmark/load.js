'use strict'

// The time that `require` takes in a process that has loaded nothing else, ms: `node load.js FROM NAME`, FROM a file
// from which NAME is looked up.

const { createRequire } = require('node:module')

const load = createRequire(process.argv[2])
const before = process.hrtime.bigint()
load(process.argv[3])
const elapsed = Number(process.hrtime.bigint() - before) / 1e6
process.stdout.write(`${elapsed.toFixed(3)}\n`, () => process.exit(0))
