'use strict'

const { section } = require('../support/section')

// Each in its own process, whose end is recorded.

const isolated = true

module.exports = section('Process lifetime', (scenario) => {
  scenario('requiring it keeps nothing alive', { contract: '15', isolated }, (t) => {
    t.log('loaded', typeof t.kafka.KafkaClient)
  })

  scenario('a client that is open keeps the process alive', { contract: '15', isolated }, async (t) => {
    const client = new t.kafka.KafkaClient({ kafkaHost: t.brokers })
    await t.event(client)
  })

  scenario('a closed client lets it end', { contract: '15', isolated }, async (t) => {
    const client = new t.kafka.KafkaClient({ kafkaHost: t.brokers })
    await t.event(client)
    client.close()
  })

  scenario('a client that was never connected', { contract: '15', isolated }, (t) => {
    t.log('made', typeof new t.kafka.KafkaClient({ kafkaHost: t.brokers, autoConnect: false }))
  })

  scenario('close before ready', { contract: '15', isolated }, (t) => {
    new t.kafka.KafkaClient({ kafkaHost: t.brokers }).close()
  })

  scenario('a client that gave up', { contract: '15', isolated }, async (t) => {
    const client = new t.kafka.KafkaClient({ kafkaHost: '127.0.0.1:1', connectRetryOptions: { retries: 0 } })
    await t.event(client, 'error')
  })

  scenario('a producer that has sent and is closed', { contract: '15', isolated }, async (t) => {
    const topic = await t.topic()
    const producer = new t.kafka.Producer(new t.kafka.KafkaClient({ kafkaHost: t.brokers }))
    await t.event(producer)
    await t.call('sent', (cb) => producer.send([{ topic, messages: 'x' }], cb))
    producer.close()
  })

  scenario('a consumer that is closed', { contract: '15', isolated }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'x' }])
    const client = new t.kafka.KafkaClient({ kafkaHost: t.brokers })
    const consumer = t.consumer(client, [{ topic }], { groupId: t.name('group') })
    await t.event(consumer, 'message')
    await t.call('closed', (cb) => consumer.close(true, cb))
  })

  scenario('a member of a group that is closed', { contract: '15', isolated }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'x' }])
    const group = t.guarded(new t.kafka.ConsumerGroup(
      { kafkaHost: t.brokers, groupId: t.name('group'), fromOffset: 'earliest' }, topic))
    await t.event(group, 'message')
    await t.call('closed', (cb) => group.close(true, cb))
  })

  scenario('a member of a group that is open keeps the process alive', { contract: '15', isolated }, async (t) => {
    const topic = await t.topic()
    const group = t.guarded(new t.kafka.ConsumerGroup({ kafkaHost: t.brokers, groupId: t.name('group') }, topic))
    await t.event(group, 'rebalanced')
  })

  scenario('Q57: a consumer that has committed and is closed', {
    contract: '15 (Q57)',
    isolated,
    meant: { process: { id: 'D58', original: ['goes on'], ours: ['ends by itself'] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'x' }])
    const client = new t.kafka.KafkaClient({ kafkaHost: t.brokers })
    const options = { groupId: t.name('group'), autoCommitIntervalMs: 60000 }
    const consumer = t.consumer(client, [{ topic }], options)
    await t.until(() => consumer.payloads[0].offset === 1, 'the message')
    await t.call('committed', (cb) => consumer.commit(true, cb))
    await t.call('closed', (cb) => consumer.close(cb))
  })

  scenario('Q38: a group whose topics are refused leaves nothing behind', {
    contract: '15 (Q38)',
    isolated,
    meant: { process: { id: 'D59', original: ['goes on'], ours: ['ends by itself'] } }
  }, async (t) => {
    t.attempt('made', () => new t.kafka.ConsumerGroup({ kafkaHost: t.brokers, groupId: 'g' }, []))
    await new Promise((resolve) => setTimeout(resolve, 500))
  })

  scenario('close while an attempt to connect is being waited for', { contract: '15', isolated }, async (t) => {
    const client = new t.kafka.KafkaClient({
      kafkaHost: '127.0.0.1:1', connectRetryOptions: { retries: 3, minTimeout: 300, maxTimeout: 300 }
    })
    client.on('error', () => {})
    await new Promise((resolve) => setTimeout(resolve, 100))
    client.close()
  })

  scenario('a stream that is closed', {
    contract: '15', isolated, meant: { process: { id: 'D58', original: 'varies', ours: ['ends by itself'] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'x' }])
    const options = { kafkaHost: t.brokers, groupId: t.name('group'), fromOffset: 'earliest' }
    const stream = new t.kafka.ConsumerGroupStream(options, topic)
    await t.event(stream, 'data')
    await t.call('closed', (cb) => stream.close(cb))
  })
})
