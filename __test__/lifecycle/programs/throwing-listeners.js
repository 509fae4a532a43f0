'use strict'

// What users give to consumers and their streams throws once: nobody else loses a call, and the consumer works on.
// arguments: where it throws, a topic with three messages of which the first is `a`

const { ConsumerGroup, ConsumerGroupStream, ConsumerStream, KafkaClient } = require('../../..')

process.on('uncaughtException', ({ message }) => console.log(`uncaught: ${message}`))

const [place, topic] = process.argv.slice(2)
const kafkaHost = process.env.KAFKA_BROKERS
const groupId = topic + '-group'

const say = text => console.log(text)

/** Throws the first time. */
function throwOnce () {
  let thrown = false
  return () => {
    if (thrown) return
    thrown = true
    throw new Error('thrown')
  }
}

function member (options = {}) {
  /** @type {any} */
  const memberOptions = { kafkaHost, groupId, fromOffset: 'earliest', ...options }
  const group = new ConsumerGroup(memberOptions, topic)
  group.on('error', ({ message }) => say(`error: ${message}`))
  return group
}

/** Closes when all three messages have come. */
function readAll (group) {
  let count = 0
  group.on('message', () => {
    if (++count === 3) group.close(true, error => say(`closed: ${error}`))
  })
}

/** Of two listeners to an event, the first throws. */
function inListener (event) {
  const group = member()
  group.on(event, throwOnce())
  group.once(event, () => say(`second listener to ${event}`))
  group.once('connect', () => say('connect'))
  group.once('rebalanced', () => say('rebalanced'))
  readAll(group)
}

const places = {
  rebalancing: () => inListener('rebalancing'),
  connect: () => inListener('connect'),
  rebalanced: () => inListener('rebalanced'),
  processingfetch: () => inListener('processingfetch'),
  done: () => inListener('done'),

  /** The group is left, as with one that rejects; it can be joined again. */
  onRebalance () {
    const thrower = throwOnce()
    const onRebalance = (isMember, callback) => {
      thrower()
      callback()
    }
    const group = member({ onRebalance })
    group.once('error', () => group.connect())
    readAll(group)
  },

  /** A member whose group takes its partitions back. */
  'rebalancing of a member' () {
    const group = member()
    group.once('rebalanced', () => {
      group.on('rebalancing', throwOnce())
      group.once('rebalanced', () => {
        say('rebalanced')
        group.close(error => say(`closed: ${error}`))
      })
      group.addTopics(topic, error => say(`topics changed: ${error}`))
    })
  },

  /** The stored position is beyond the end. */
  offsetOutOfRange () {
    const group = member({ outOfRangeOffset: 'earliest', autoCommit: false })
    group.on('offsetOutOfRange', throwOnce())
    group.once('offsetOutOfRange', () => say('second listener to offsetOutOfRange'))
    group.once('rebalanced', () => group.setOffset(topic, 0, 100))
    let first = true
    group.on('message', ({ offset }) => {
      // what came before the position was set
      if (first && group.topicPayloads[0].offset !== 0) return
      if (offset === 2) group.close(error => say(`closed: ${error}`))
      first = false
    })
  },

  /** The same, where the partition stands still. */
  'error and offsetOutOfRange' () {
    const group = member({ outOfRangeOffset: 'none', autoCommit: false })
    group.on('error', throwOnce())
    group.once('offsetOutOfRange', () => {
      say('offsetOutOfRange')
      group.close(error => say(`closed: ${error}`))
    })
    group.once('rebalanced', () => group.setOffset(topic, 0, 100))
  },

  /** A stream's own `message` event, and its data. */
  message () {
    const client = new KafkaClient({ kafkaHost })
    const stream = new ConsumerStream(client, [topic], { groupId, fromOffset: true })
    stream.on('message', throwOnce())
    let count = 0
    stream.on('data', () => { if (++count === 3) stream.close(error => say(`closed: ${error}`)) })
  },

  commitComplete () {
    const client = new KafkaClient({ kafkaHost })
    const stream = new ConsumerStream(client, [topic], { groupId, fromOffset: true })
    const commits = stream.createCommitStream({ autoCommit: false })
    commits.on('commitComplete', throwOnce())
    stream.pipe(commits)
    let count = 0
    stream.on('data', () => {
      if (++count < 3) return
      setImmediate(() => commits.commit(error => {
        say(`first commit: ${error}`)
        commits.commit((error, result) => {
          say(`second commit: ${error} ${result[topic].errorCode}`)
          client.close(error => say(`closed: ${error}`))
        })
      }))
    })
  },

  /** Of two callbacks of a stream's `close`, the first throws. */
  'close of a stream' () {
    const stream = new ConsumerGroupStream({ kafkaHost, groupId, fromOffset: 'earliest' }, topic)
    stream.on('error', ({ message }) => say(`error: ${message}`))
    stream.on('close', () => say('close'))
    stream.once('data', () => {
      stream.close(throwOnce())
      stream.close(error => say(`closed: ${error}`))
    })
  }
}

places[place]()
