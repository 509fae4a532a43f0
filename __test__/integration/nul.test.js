'use strict'

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')

const { Admin, ConsumerGroup, KafkaClient, Offset } = require('../..')
const { call, next } = require('../support/embedded')
const kafka = require('../support/kafka')

// librdkafka's strings end at the first NUL: what contains one must be refused, or it would name something else.
const NUL = 'a\0b'

describe('names and secrets with a NUL character', { timeout: 60000 }, () => {
  /** @type {any} */
  let client

  before(async () => {
    client = new KafkaClient({ kafkaHost: await kafka.brokers('4') })
    await next(client, 'ready')
  })
  after(async () => {
    await call(client, 'close')
    await kafka.releaseAll()
  })

  it('are refused by the constructors, which do not show them', () => {
    const sasl = { mechanism: 'plain', username: 'user', password: 'password' }
    const options = [
      { sasl: { ...sasl, username: NUL } }, { sasl: { ...sasl, password: NUL } }, { clientId: NUL },
      { kafkaHost: `${NUL}:9092` }, { sslOptions: { passphrase: NUL } }, { librdkafka: { 'client.rack': NUL } }
    ]
    for (const each of options) {
      assert.throws(() => new KafkaClient({ autoConnect: false, ...each }), { name: 'InvalidConfigError' },
        Object.keys(each)[0])
    }
    assert.throws(() => new KafkaClient({ autoConnect: false, sasl: { ...sasl, password: NUL } }),
      { message: 'sasl.password is illegal, must not have a NUL character (\\0)' })
    const group = { autoConnect: false, groupId: 'g' }
    assert.throws(() => new ConsumerGroup(group, NUL), { name: 'InvalidConfigError' })
    assert.throws(() => new ConsumerGroup({ ...group, groupId: NUL }, 't'), { name: 'InvalidConfigError' })
    const protocol = [{ name: NUL, version: 0, assign () {} }]
    assert.throws(() => new ConsumerGroup(/** @type {any} */ ({ ...group, protocol }), 't'),
      { name: 'InvalidConfigError' })
  })

  it('are refused by requests, instead of being cut short', async () => {
    const offset = new Offset(client)
    const admin = new Admin(client)
    const refused = { message: 'a name or value with a NUL character (\\0) cannot be sent to a broker' }
    await assert.rejects(call(client, 'loadMetadataForTopics', [NUL]), refused)
    await assert.rejects(call(admin, 'describeGroups', [NUL]), refused)
    await assert.rejects(call(admin, 'createTopics', [{ topic: NUL, partitions: 1, replicationFactor: 1 }]), refused)
    await assert.rejects(call(offset, 'fetchCommits', NUL, [{ topic: 't' }]), refused)
    await assert.rejects(call(offset, 'fetchCommits', 'g', [{ topic: NUL }]), refused)
    await assert.rejects(call(offset, 'commit', NUL, [{ topic: 't', offset: 1 }]), refused)
    await assert.rejects(call(client, 'sendGroupCoordinatorRequest', NUL), refused)
  })

  it('may occur in offset metadata, and text with a backslash does not count as one', async () => {
    const topic = await kafka.createTopic(client.options.kafkaHost, kafka.uniqueName('nul'))
    const group = kafka.uniqueName('nul-group')
    await call(client, 'sendOffsetCommitRequest', group, [{ topic, partition: 0, offset: 3, metadata: NUL }])
    assert.deepEqual(await kafka.committed(client.options.kafkaHost, group, topic), { 0: { offset: 3, metadata: NUL } })
    const { [topic]: result } = await call(client, 'sendOffsetCommitRequest', '\\u0000', [{ topic, offset: 3 }])
    assert.equal(result.errorCode, 0)
    await kafka.deleteTopic(client.options.kafkaHost, topic)
  })
})
