'use strict'

// Closes a member whose group has just expelled it; then all native threads must end.
// arguments: when to close: `rebalancing` in the listener, `onRebalance` while its promise is pending, `unseen` before
// JavaScript has heard of the loss; the error code that heartbeats are answered with

const { root, say, nativeThreads, when } = require('./common')
const { ConsumerGroup } = require(root)
const { startDevBroker } = require(root + '/dev-broker')

const [moment, code] = process.argv.slice(2)
const HEARTBEAT = 100

startDevBroker({ port: 0, quiet: true, topics: ['t'] }).then(broker => {
  let member = false
  const close = () => {
    const started = Date.now()
    group.close(error => {
      say('closed' + (error ? ' ' + error.message : ''))
      when(() => nativeThreads().length === 0, () => {
        say('threads gone ' + (Date.now() - started <= 5000 ? 'in time' : 'late'))
        broker.stop()
      })
    })
  }
  const group = new ConsumerGroup({
    kafkaHost: broker.brokers,
    groupId: 'lost',
    fromOffset: 'earliest',
    sessionTimeout: 6000,
    heartbeatInterval: HEARTBEAT,
    onRebalance () {
      if (!member || moment !== 'onRebalance') return Promise.resolve()
      setImmediate(close)
      return new Promise(() => {})
    }
  }, ['t'])
  group.on('error', error => say('error ' + error.message))
  group.on('rebalancing', () => { if (member && moment === 'rebalancing') close() })
  group.once('rebalanced', () => {
    member = true
    broker.pushErrors('Heartbeat', [Number(code)]).then(() => {
      if (moment !== 'unseen') return
      // blocks the event loop for long enough that the member has been expelled
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10 * HEARTBEAT)
      close()
    })
  })
})
