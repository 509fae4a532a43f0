'use strict'

// Opens one object and says `alive` later, from a timer that does not keep the process alive, then closes it.
// arguments: class, topic

const { say } = require('./common')
const { open } = require('./open')

const [kind, topic] = process.argv.slice(2)
const { object, ready } = open(kind, topic)
process.on('exit', () => say('exit'))
ready(() => {
  say('ready')
  setTimeout(() => {
    say('alive')
    object.close(() => say('closed'))
  }, 1500).unref()
})
