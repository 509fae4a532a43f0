'use strict'

// Messages that fail go to a topic of their own and come again, a few times, then to a dead letter queue.

const assert = require('node:assert/strict')
const { default: AsyncRetryHelper } = require('kafkajs-async-retry')
const { createTopics, main, newKafka, uniqueName, until } = require('./support')

main(async () => {
  const topic = uniqueName('retried')
  const groupId = uniqueName('group')
  await createTopics(topic, `${groupId}-retry-1`, `${groupId}-retry-2`, `${groupId}-dlq`)
  const kafka = newKafka()
  const producer = kafka.producer()
  const consumer = kafka.consumer({ groupId })
  const dead = kafka.consumer({ groupId: `${groupId}-dead` })
  for (const client of [producer, consumer, dead]) await client.connect()
  const helper = new AsyncRetryHelper({ producer, groupId, retryDelays: [0.2, 0.2], maxRetries: 2 })
  await consumer.subscribe({ topics: [topic, ...helper.retryTopics], fromBeginning: true })
  await dead.subscribe({ topics: [`${groupId}-dlq`], fromBeginning: true })
  const attempts = []
  const buried = []
  await consumer.run({
    eachMessage: helper.eachMessage(async ({ previousAttempts, message }) => {
      attempts.push([String(message.value), previousAttempts])
      if (String(message.value) === 'bad') throw new Error('no')
    })
  })
  await dead.run({ eachMessage: async ({ message }) => { buried.push(String(message.value)) } })
  await producer.send({ topic, messages: [{ value: 'bad' }, { value: 'good' }] })
  await until(() => buried.length === 1, 'the message that nobody wants')
  assert.deepEqual(attempts.filter(([value]) => value === 'bad').map(([, previous]) => previous), [0, 1, 2])
  assert.equal(attempts.filter(([value]) => value === 'good').length, 1)
  assert.deepEqual(buried, ['bad'])
  for (const client of [consumer, dead, producer]) await client.disconnect()
})
