'use strict'

// A flow: what goes into the producer node comes out of the consumer node. The settings are what Node-RED's editor
// saves: numbers by default, strings once a field was touched.

const assert = require('node:assert/strict')
const { brokers, createTopic, main, NodeRed, once, uniqueName } = require('./support')

main(async () => {
  const topic = await createTopic(uniqueName('node-red'))
  const red = new NodeRed()
  for (const name of ['broker', 'producer', 'consumer']) {
    red.load(require(`node-red-contrib-kafka-client/js/kafka-${name}.js`))
  }
  red.create('kafka-broker', { id: 'broker', hosts: brokers })
  const consumer = red.create('kafka-consumer', {
    id: 'consumer', broker: 'broker', topic, fromOffset: 'earliest', outOfRangeOffset: 'earliest', groupid: ''
  })
  await once(consumer.sent, 'Ready')
  for (const settings of [
    { requireAcks: 1, ackTimeoutMs: 100, attributes: 0 },
    { requireAcks: '1', ackTimeoutMs: '100', attributes: '1' }
  ]) {
    const id = `producer-${settings.attributes}`
    const producer = red.create('kafka-producer', { id, broker: 'broker', topic, ...settings })
    await once(producer.sent, 'Ready')
    const sending = once(producer.sent, 'Sending')
    const received = once(consumer.sent, 'message')
    producer.emit('input', { payload: `reading ${id}` })
    const { payload } = await received
    await sending
    assert.equal(payload.value, `reading ${id}`)
    assert.equal(payload.topic, topic)
    assert.deepEqual(producer.errors, [])
    producer.emit('close')
    console.log(`acks ${JSON.stringify(settings.requireAcks)}, attributes ${JSON.stringify(settings.attributes)}: ` +
      payload.value)
  }
  assert.deepEqual(consumer.errors, [])
  consumer.emit('close')
})
