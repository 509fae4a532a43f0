'use strict'

// Logs through log4js into a topic that the appender creates. It was written for kafka-node 1.

const assert = require('node:assert/strict')
const { bringBackClient, brokers, main, once, readTopic, uniqueName } = require('./support')

bringBackClient()
const appenders = require('log4js-kafka-appender')
// The appender's own, an old one.
const log4js = require(require.resolve('log4js', { paths: [require.resolve('log4js-kafka-appender')] }))

main(async () => {
  const topic = uniqueName('log4js')
  const appender = appenders.configure({ connectionString: brokers, topic })
  log4js.addAppender(appender, 'shop')
  const logger = log4js.getLogger('shop')
  // The appender drops what is logged before its topic exists, and does not say when it does.
  const logging = setInterval(() => logger.warn('out of stock', 42), 50)
  const [message] = await readWhenThere(topic)
  clearInterval(logging)
  const entry = JSON.parse(message.value)
  assert.deepEqual([entry.data, entry.level, entry.categoryName], [['out of stock', 42], 'WARN', 'shop'])
  console.log(`logged ${message.value}`)
})

async function readWhenThere (topic) {
  const { KafkaClient } = require('kafka-node')
  const client = new KafkaClient({ kafkaHost: brokers })
  await once(client, 'ready')
  while (await new Promise((resolve) => client.topicExists([topic], resolve))) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  client.close()
  return readTopic(topic, 1)
}
