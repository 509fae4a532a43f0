'use strict'

// Sends a record encoded with a schema of a registry, which is a small server here, and reads it back decoded.

const assert = require('node:assert/strict')
const http = require('node:http')
const kafkaNodeAvro = require('kafka-node-avro')
const { brokers, createTopic, main, once, readTopic, uniqueName } = require('./support')

const definition = JSON.stringify({
  type: 'record',
  name: 'Order',
  fields: [{ name: 'customer', type: 'string' }, { name: 'total', type: 'int' }]
})
const ID = 7

main(async () => {
  const topic = await createTopic(uniqueName('avro'))
  const registry = http.createServer(({ url }, response) => {
    const answers = {
      '/subjects': [topic],
      [`/subjects/${topic}-value/versions`]: [1],
      [`/subjects/${topic}-value/versions/1`]: { id: ID, version: 1, schema: definition },
      [`/schemas/ids/${ID}`]: { schema: definition }
    }
    response.writeHead(answers[url] ? 200 : 404).end(JSON.stringify(answers[url] || {}))
  })
  await once(registry.listen(0, '127.0.0.1'), 'listening')

  const mechanisms = await kafkaNodeAvro.init({
    kafka: { kafkaHost: brokers },
    schema: {
      registry: `http://127.0.0.1:${registry.address().port}`,
      topics: [{ name: topic, key_fields: ['customer'] }]
    }
  })
  const sent = await mechanisms.send({ topic, messages: { customer: 'anna', total: 12 } })
  assert.deepEqual(sent, { [topic]: { 0: 0 } })
  const consumer = mechanisms.addConsumer(topic, { groupId: uniqueName('group'), fromOffset: 'earliest' })
  const message = await once(consumer, 'message')
  assert.deepEqual({ ...message.value }, { customer: 'anna', total: 12 })
  assert.equal(message.key, 'anna')

  const [raw] = await readTopic(topic, 1, { encoding: 'buffer' })
  assert.deepEqual([raw.value[0], raw.value.readUInt32BE(1)], [0, ID])

  const plain = await createTopic(uniqueName('plain'))
  await mechanisms.send({ topic: plain, simple: true, messages: { plain: true } })
  assert.equal((await readTopic(plain, 1))[0].value, '{"plain":true}')
  console.log(`sent ${raw.value.length} bytes of Avro, read ${JSON.stringify(message.value)} with key ${message.key}`)
})
