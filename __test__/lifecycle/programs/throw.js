'use strict'

// A user's handler throws.
// arguments: class (`Consumer`, `ConsumerGroup`) or `send`, topic, `handled` or `unhandled`, [ms between automatic
// commits]

const { root, kafkaHost, say } = require('./common')
const { open } = require('./open')
const kafka = require(root)

const [kind, topic, handling, interval = '5000'] = process.argv.slice(2)
const thrown = new TypeError('thrown by the user')
/** @type {any[]} */
const caught = []

if (handling === 'handled') {
  process.on('uncaughtException', error => {
    caught.push(error)
    say('caught ' + (error === thrown ? 'the same object' : error))
  })
}

function throwInHandler () {
  const { object } = open(kind, topic, {}, topic + '-group', { autoCommitIntervalMs: Number(interval) })
  let closing = false
  object.on('message', ({ value }) => {
    if (closing) return say('emitted after close ' + value)
    say('message ' + value)
    if (value === 'bad') throw thrown
    if (value === 'last') {
      closing = true
      object.close(() => say('closed'))
    }
  })
}

function throwInCallback () {
  const producer = new kafka.Producer(new kafka.KafkaClient({ kafkaHost }))
  producer.on('error', error => say('error ' + error.message))
  let left = 5
  producer.on('ready', () => {
    // one batch, so that the callbacks come together
    for (let i = 1; i <= 5; i++) {
      producer.send([{ topic, messages: 'm' + i }], error => {
        say('callback ' + i + (error ? ' ' + error.message : ''))
        if (--left === 0) producer.close(() => say('closed'))
        if (i % 2 === 0) throw thrown
      })
    }
  })
}

if (kind === 'send') throwInCallback()
else throwInHandler()
