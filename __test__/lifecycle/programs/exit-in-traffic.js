'use strict'

// Calls process.exit(code) a random number of milliseconds after its first record, or before any arrived.
// arguments: topic, exit code, longest wait in ms, `first` to wait for the first record

const { say } = require('./common')
const { startTraffic } = require('./traffic')

const [topic, code, longest, from] = process.argv.slice(2)
const wait = Math.random() * Number(longest)

function exitLater () {
  say('exit after ' + wait.toFixed(1) + ' ms')
  setTimeout(() => process.exit(Number(code)), wait)
}

let first = from === 'first'
startTraffic(topic, {
  received: () => {
    if (!first) return
    first = false
    exitLater()
  }
})
if (!first) exitLater()
