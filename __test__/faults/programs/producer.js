'use strict'

// Sends numbered records to the partitions of a topic in turn, at a steady rate, until SIGTERM; then waits for every
// callback, closes, and ends by itself. SIGUSR2 closes it at once.
// config: { client: options of the KafkaClient, producer: options, topic, partitions, id: values are `id:n`,
//   rate: records a second, exitCode?, door? }
// says: ready | send n partition | acked n offset | failed n name message code | error ... |
//   logged namespace text | settled count | closing | closed error late: ms

const { openProducer } = require('./doors')
const { config, say, sayError } = require('./say')

const TICK_MS = 10

let sent = 0
let open = 0
let started = 0
let isStopping = false
let isClosing = false

function send () {
  const n = sent++
  const partition = n % config.partitions
  open++
  say('send', n, partition)
  producer.send(config.topic, partition, `${config.id}:${n}`, (error, offset) => {
    if (error) say('failed', n, error.name, error.message, error.code, error instanceof Error)
    else say('acked', n, offset)
    open--
    settle()
  })
}

const timer = setInterval(() => {
  if (started === 0) return
  // makes up for what a blocked or slow tick has missed
  const due = Math.floor((Date.now() - started) / 1000 * config.rate)
  while (sent < due) send()
}, TICK_MS)

function settle () {
  if (!isStopping || open > 0 || isClosing) return
  say('settled', sent)
  close()
}

function close () {
  if (isClosing) return
  isClosing = true
  clearInterval(timer)
  const since = Date.now()
  say('closing')
  producer.close((/** @type {any} */ error) => {
    if (config.exitCode !== undefined) process.exitCode = config.exitCode
    say('closed', error ? error.message : null, Date.now() - since)
  })
}

const producer = openProducer(config, {
  ready () {
    say('ready')
    if (started === 0) started = Date.now()
  },
  error: sayError,
  said: say
})
process.on('SIGTERM', () => {
  isStopping = true
  clearInterval(timer)
  settle()
})
process.on('SIGUSR2', close)
process.on('exit', (code) => say('exit', code))
say('started')
