'use strict'

// The native thread of a consumer fails: it is given a buffer that is none, which a defect of the package might do.
// The handle ends with it, everything that waits for it is answered, and the process goes on.
// arguments: class, topic

const { kafkaHost, root, say, nativeThreads, when } = require('./common')
const { open } = require('./open')
const { KafkaClient, Producer } = require(root)

const [kind, topic] = process.argv.slice(2)
const NO_BUFFER = 1000000

const sending = new KafkaClient({ kafkaHost })
const producer = new Producer(sending)
const opened = open(kind, topic, {}, topic + '-group', { autoCommit: false })
const consumer = opened.object
let reading = false
let failed = false

const send = () => {
  // the last one is used first
  if (reading && !failed) consumer._core.handle.native.credit(NO_BUFFER)
  producer.send([{ topic, messages: 'a' }], error => {
    if (error) say('not sent ' + error.message)
    else if (!failed) setTimeout(() => { if (!failed) send() }, 100)
  })
}

consumer.once('message', () => { reading = true })
consumer.on('error', error => {
  failed = true
  say('error ' + error.message)
  commit('committed while it ends', () => {
    commit('committed afterwards', () => consumer.close(true, closed))
  })
})

function commit (what, then) {
  consumer.sendOffsetCommitRequest
    ? consumer.sendOffsetCommitRequest([{ topic, partition: 0, offset: 1 }], said)
    : consumer.commit(true, said)
  function said (error) {
    say(what + ' ' + (error && error.name))
    then()
  }
}

function closed (error) {
  say('closed ' + (error && error.name))
  producer.send([{ topic, messages: 'b' }], error => {
    say('sent ' + !error)
    sending.close(() => when(() => nativeThreads().length === 0, () => say('threads gone')))
  })
}

producer.once('ready', send)
