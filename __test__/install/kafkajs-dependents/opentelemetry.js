'use strict'

// OpenTelemetry: spans of sends and of what is processed, joined by the headers of the messages, transactions too.

const assert = require('node:assert/strict')
const { registerInstrumentations } = require('@opentelemetry/instrumentation')
const { KafkaJsInstrumentation } = require('@opentelemetry/instrumentation-kafkajs')
const { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-node')

const exporter = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
provider.register()
registerInstrumentations({ tracerProvider: provider, instrumentations: [new KafkaJsInstrumentation()] })

const { createTopics, main, newKafka, uniqueName, until } = require('./support')

main(async () => {
  const topic = uniqueName('spans')
  await createTopics(topic)
  const kafka = newKafka()
  const producer = kafka.producer({ transactionalId: topic, idempotent: true })
  await producer.connect()
  await producer.send({ topic, messages: [{ key: 'a', value: '1' }] })
  await producer.sendBatch({ topicMessages: [{ topic, messages: [{ value: '2' }] }] })
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: [{ value: '3' }] })
  await transaction.commit()
  await producer.disconnect()

  const consumer = kafka.consumer({ groupId: topic })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const headers = []
  await consumer.run({ eachMessage: async ({ message }) => { headers.push(String(message.headers.traceparent)) } })
  await until(() => headers.length === 3, 'three messages')
  const spans = () => exporter.getFinishedSpans()
  const of = (/** @type {RegExp} */ name) => spans().filter((span) => name.test(span.name))
  await until(() => of(/^process /).length === 3, 'spans of what was processed')
  await consumer.disconnect()

  const sent = of(/^send /)
  assert.equal(sent.length, 3, spans().map(({ name }) => name).join())
  const ids = sent.map((span) => span.spanContext().spanId).sort()
  assert.deepEqual(headers.map((header) => header.split('-')[2]).sort(), ids)
  const parents = of(/^process /).map((span) => (span.parentSpanContext || span.links[0].context).spanId).sort()
  assert.deepEqual(parents, ids)
  for (const span of sent) assert.equal(span.attributes['messaging.destination.name'], topic)
})
