'use strict'

// Two moleculer nodes discover each other over Kafka, call an action and receive an event from each other.

const assert = require('node:assert/strict')
const { ServiceBroker } = require('moleculer')
const { brokers, main, once, uniqueName } = require('./support')
const { EventEmitter } = require('node:events')

main(async () => {
  const namespace = uniqueName('moleculer')
  const heard = new EventEmitter()
  const create = (nodeID) => new ServiceBroker({
    namespace,
    nodeID,
    logger: false,
    transporter: `kafka://${brokers}`,
    requestTimeout: 20000
  })
  const [shop, stock] = [create('shop'), create('stock')]
  stock.createService({
    name: 'stock',
    actions: { count: ({ params: { item } }) => ({ item, left: 3 }) },
    events: { 'order.placed': (payload) => heard.emit('order', payload) }
  })
  await Promise.all([shop.start(), stock.start()])
  await shop.waitForServices('stock')
  assert.deepEqual(await shop.call('stock.count', { item: 'tea' }), { item: 'tea', left: 3 })
  const order = once(heard, 'order')
  shop.broadcast('order.placed', { item: 'tea' })
  assert.deepEqual(await order, { item: 'tea' })
  await Promise.all([shop.stop(), stock.stop()])
  console.log('a call was answered and an event was heard, from node shop to node stock')
})
