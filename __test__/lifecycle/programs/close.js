'use strict'

// Closes one object in a given state and then has nothing left to do: the process must end by itself, with its own
// exit code.
// arguments: class, topic, state, calls of close(), [`threads`: wait until the native threads are gone, too]

const { say, nativeThreads, when } = require('./common')
const { open } = require('./open')

const [kind, topic, state, times, threads] = process.argv.slice(2)
process.exitCode = 7

const nobody = { kafkaHost: '127.0.0.1:1' }
const states = {
  connected: () => ({ options: {}, until: (opened, then) => opened.ready(then) }),
  'just made': () => ({ options: {}, until: (opened, then) => then() }),
  connecting: () => ({ options: {}, until: (opened, then) => setImmediate(() => setImmediate(then)) }),
  'never connected': () => ({ options: { autoConnect: false }, until: (opened, then) => setImmediate(then) }),
  // nothing listens on this port
  'broker absent': () => ({ options: nobody, until: (opened, then) => setTimeout(then, 50) }),
  // the first attempt has certainly failed when this timer fires, and the second is due in a minute
  'backing off': () => ({
    options: Object.assign({ connectRetryOptions: { retries: 5, minTimeout: 60000 } }, nobody),
    until: (opened, then) => setTimeout(then, 1000)
  }),
  'given up': () => ({
    options: Object.assign({ connectRetryOptions: { retries: 0 } }, nobody),
    until: (opened, then) => opened.object.once('error', then)
  })
}

const { options, until } = states[state]()
const opened = open(kind, topic, options)
until(opened, () => {
  let calls = 0
  for (let i = 0; i < Number(times); i++) {
    opened.object.close(error => {
      say('closed ' + ++calls + (error ? ' ' + error.message : ''))
      // and again when everything is gone
      if (calls === 1 && Number(times) > 1) opened.object.close(() => say('closed again'))
      if (threads) when(() => nativeThreads().length === 0, () => say('threads gone'))
    })
  }
})
