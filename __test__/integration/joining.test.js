'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, describe, it } = require('node:test')

const { ConsumerGroup } = require('../..')
const { startKafka } = require('../../tools/kafka')
const { freePort } = require('../../tools/kafka/ports')
const kafka = require('../support/kafka')

// A group that cannot be joined says so, with the reason.

/** @param {ConsumerGroup} group */
const close = (group) => new Promise((resolve) => group.close(resolve))

describe('a group that cannot be joined', { timeout: 240000 }, () => {
  after(() => kafka.releaseAll())

  for (const version of /** @type {const} */ (['4', '3.9'])) {
    it(`reports once that its session timeout is refused, on Kafka ${version}`, async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('joining'))
      const group = new ConsumerGroup(
        { kafkaHost: address, groupId: kafka.uniqueName('group'), sessionTimeout: 100 }, topic)
      /** @type {any[]} */
      const errors = []
      group.on('error', (error) => errors.push(error))
      // librdkafka asks again every two seconds
      let refusals = 0
      await new Promise((resolve) => {
        const membership = /** @type {any} */ (group)._membership
        const handleEvent = membership.event
        membership.event = function (/** @type {any} */ received) {
          Reflect.apply(handleEvent, this, [received])
          if (received.type === 'error' && received.error.code === 26 && ++refusals === 3) resolve(undefined)
        }
      })
      await close(group)
      assert.deepEqual(errors.map(({ message, errorCode }) => [message, errorCode]), [['InvalidSessionTimeout', 26]])
    })
  }

  it('reports within 30 seconds that its coordinator cannot be reached, and where', async () => {
    const taken = new Set()
    const port = await freePort(taken)
    const broken = await startKafka({
      version: '4',
      properties: async (base) => ({
        ...base,
        listeners: `${base.listeners},BROKEN://127.0.0.1:${port}`,
        'advertised.listeners': `${base['advertised.listeners']},BROKEN://kafka-1.invalid:9092`,
        'listener.security.protocol.map':
          `${base['listener.security.protocol.map'] || 'PLAINTEXT:PLAINTEXT'},BROKEN:PLAINTEXT`
      })
    })
    try {
      const topic = await kafka.createTopic(broken.brokers, kafka.uniqueName('joining'))
      const group = new ConsumerGroup({ kafkaHost: `127.0.0.1:${port}`, groupId: kafka.uniqueName('group') }, topic)
      const [error] = await once(group, 'error', { signal: AbortSignal.timeout(30000) }).catch((failure) => [failure])
      await close(group)
      assert.match(error.message, /^Group \S+ has not been joined for 20 s.*broker 1 at kafka-1\.invalid:9092/)
      assert.ok(['TimeoutError', 'BrokerNotAvailableError'].includes(error.name), error.name)
    } finally {
      await broken.stop()
    }
  })
})
