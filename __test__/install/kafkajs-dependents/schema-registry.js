'use strict'

// Confluent's schema registry by KafkaJS's own package, against a small registry: values of messages in Avro.

const assert = require('node:assert/strict')
const http = require('node:http')
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry')
const { createTopics, main, newKafka, uniqueName, until } = require('./support')

/** A registry that knows one schema. */
function startRegistry () {
  let schema = ''
  const server = http.createServer((request, response) => {
    let body = ''
    request.on('data', (part) => { body += part }).on('end', () => {
      response.setHeader('content-type', 'application/vnd.schemaregistry.v1+json')
      const { method, url } = request
      if (method === 'POST') schema = JSON.parse(body).schema || schema
      if (/^\/config/.test(url)) return response.end('{"compatibilityLevel":"BACKWARD","compatibility":"BACKWARD"}')
      response.end(JSON.stringify(/^\/schemas/.test(url) ? { schema } : { id: 7, version: 1, schema }))
    })
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

main(async () => {
  const server = await startRegistry()
  const registry = new SchemaRegistry({ host: `http://127.0.0.1:${server.address().port}` })
  const topic = uniqueName('avro')
  await createTopics(topic)
  const { id } = await registry.register({
    type: SchemaType.AVRO,
    schema: JSON.stringify({ type: 'record', name: 'A', namespace: 'n', fields: [{ name: 'id', type: 'int' }] })
  })
  assert.equal(id, 7)
  const kafka = newKafka()
  const producer = kafka.producer()
  await producer.connect()
  const values = await Promise.all([1, 2, 3].map((n) => registry.encode(id, { id: n })))
  await producer.send({ topic, messages: values.map((value) => ({ value })) })
  const consumer = kafka.consumer({ groupId: topic })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const decoded = []
  await consumer.run({
    eachBatch: async ({ batch, resolveOffset }) => {
      for (const { value, offset } of batch.messages) {
        decoded.push((await registry.decode(value)).id)
        resolveOffset(offset)
      }
    }
  })
  await until(() => decoded.length === 3, 'three records')
  assert.deepEqual(decoded, [1, 2, 3])
  await consumer.disconnect()
  await producer.disconnect()
  server.close()
  server.closeAllConnections()
})
