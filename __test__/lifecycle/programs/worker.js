'use strict'

// A worker thread with traffic of its own; says `up` to its parent with its first record.

const { parentPort, workerData } = require('worker_threads')
const { startTraffic } = require('./traffic')

let first = true
startTraffic(workerData.topic, {
  group: workerData.group,
  received: () => {
    if (first) parentPort.postMessage('up')
    first = false
  }
})
