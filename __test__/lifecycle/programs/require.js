'use strict'

// What require() adds to the process.

const fs = require('fs')
const { root, say, descriptors } = require('./common')

function look () {
  const { getActiveResourcesInfo, _getActiveHandles } = /** @type {any} */ (process)
  return {
    threads: fs.readdirSync('/proc/self/task').length,
    descriptors: descriptors(),
    // only newer versions of Node tell
    resources: getActiveResourcesInfo ? getActiveResourcesInfo() : _getActiveHandles().length
  }
}

// what Node lazily starts for its own first file access must not count
fs.readFileSync(__filename)
const before = look()
const started = process.hrtime()
require(root)
const [seconds, nanoseconds] = process.hrtime(started)
const after = look()
say(JSON.stringify({ before, after, milliseconds: seconds * 1e3 + nanoseconds / 1e6 }))
