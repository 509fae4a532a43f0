'use strict'

// Metrics from the events of all three kinds of clients.

const assert = require('node:assert/strict')
const {
  monitorKafkaJSAdmin, monitorKafkaJSConsumer, monitorKafkaJSProducer
} = require('@christiangalsterer/kafkajs-prometheus-exporter')
const { Registry } = require('prom-client')
const { createTopics, main, newKafka, uniqueName, until } = require('./support')

main(async () => {
  const topic = uniqueName('metrics')
  await createTopics(topic)
  const kafka = newKafka()
  const [producer, consumer, admin] = [kafka.producer(), kafka.consumer({ groupId: topic }), kafka.admin()]
  const register = new Registry()
  monitorKafkaJSProducer(producer, register)
  monitorKafkaJSConsumer(consumer, register)
  monitorKafkaJSAdmin(admin, register)
  for (const client of [producer, consumer, admin]) await client.connect()
  await admin.listTopics()
  await producer.send({ topic, messages: [{ value: '1' }] })
  await consumer.subscribe({ topic, fromBeginning: true })
  const got = []
  await consumer.run({ eachMessage: async ({ message }) => { got.push(message) } })
  await until(() => got.length === 1, 'a message')
  /** @param {string} name */
  const total = async (name) => {
    const metric = register.getSingleMetric(name)
    assert.ok(metric, `there is no ${name}`)
    return (await metric.get()).values.reduce((sum, { value }) => sum + value, 0)
  }
  for (const name of ['kafka_producer_connection_count', 'kafka_consumer_connection_count',
    'kafka_admin_connection_count']) {
    assert.ok(await total(name) >= 1, name)
  }
  for (const name of ['kafka_producer_request_total', 'kafka_consumer_request_total', 'kafka_admin_request_total',
    'kafka_consumer_heartbeat_total']) {
    await until(async () => await total(name) > 0, name)
  }
  for (const client of [producer, consumer, admin]) await client.disconnect()
  assert.equal(await total('kafka_producer_connection_count'), 0)
})
