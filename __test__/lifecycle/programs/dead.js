'use strict'

// Closes a consumer, with its last commit, whose only broker has just died; then all native threads must end.
// arguments: class; how the broker dies: `killed`, `stopped` (its connections stay open, and nothing is answered), or
// `killed while committing`: with a commit that it has not answered; `client`: its client is closed instead

const { root, say, nativeThreads, when } = require('./common')
const { open } = require('./open')
const { startDevBroker } = require(root + '/dev-broker')
const { stopProcess } = require(root + '/tools/kafka/stopped')
const { KafkaClient, Producer } = require(root)

const [kind, death, closes] = process.argv.slice(2)

startDevBroker({ port: 0, quiet: true, topics: ['t'] }).then(broker => {
  const client = new KafkaClient({ kafkaHost: broker.brokers })
  const producer = new Producer(client)
  // the embedded broker says by it that it has been killed
  broker.on('error', () => {})
  producer.once('ready', () => producer.send([{ topic: 't', messages: ['a', 'b'] }], error => {
    if (error) throw error
    client.close(() => consume(broker))
  }))
})

function consume (broker) {
  const opened = open(kind, 't', { kafkaHost: broker.brokers }, 'dead', { autoCommit: false, fromOffset: 'earliest' })
  const consumer = opened.object
  const die = () => {
    if (death !== 'stopped') broker.once('exit', close)
    if (death === 'killed') return process.kill(broker.pid, 'SIGKILL')
    stopProcess(broker.pid).then(() => {
      if (death === 'stopped') return close()
      consumer.commit(true, error => say('committed ' + (error && error.name)))
      // the commit is on its way then
      setTimeout(() => process.kill(broker.pid, 'SIGKILL'), 100)
    })
  }
  const close = () => {
    const started = Date.now()
    const closed = error => {
      say('closed ' + (error ? error.name : ''))
      when(() => nativeThreads().length === 0, () => {
        const took = Date.now() - started
        say('threads gone ' + (took <= 5000 ? 'in time' : 'after ' + took + ' ms'))
        if (death === 'stopped') process.kill(broker.pid, 'SIGKILL')
      })
    }
    if (closes === 'client') opened.client.close(closed)
    else consumer.close(true, closed)
  }
  let messages = 0
  consumer.on('message', () => { if (++messages === 2) consumer.once('done', die) })
}
