'use strict'

// Which files are loaded after producers and consumers have been constructed.

const path = require('path')
const { kafkaHost, root, say } = require('./common')
const { Consumer, ConsumerGroup, KafkaClient, KeyedMessage, Offset, Producer } = require(root)

const call = (target, method, ...args) => new Promise((resolve, reject) => {
  target[method](...args, (error, result) => { error ? reject(error) : resolve(result) })
})
const next = (emitter, event) => new Promise(resolve => emitter.once(event, resolve))

async function main () {
  const client = new KafkaClient({ kafkaHost })
  const producer = new Producer(client)
  const offset = new Offset(client)
  const consumer = new Consumer(new KafkaClient({ kafkaHost }), ['late'], { autoCommit: false })
  const group = new ConsumerGroup({ kafkaHost, groupId: 'late', fromOffset: 'earliest' }, 'late')
  const before = Object.keys(require.cache)

  const received = Promise.all([next(consumer, 'message'), next(group, 'message')])
  if (!producer.ready) await next(producer, 'ready')
  await call(producer, 'send', [{ topic: 'late', messages: new KeyedMessage('key', 'value'), headers: { a: 'b' } }])
  await received
  await call(offset, 'fetchLatestOffsets', ['late'])
  await call(group, 'commit', true)
  for (const what of [consumer, group]) await call(what, 'close', true)
  await call(producer, 'close')
  const late = Object.keys(require.cache).filter(file => !before.includes(file))
  say(JSON.stringify(late.map(file => path.relative(root, file).split(path.sep).join('/'))))
}

main()
