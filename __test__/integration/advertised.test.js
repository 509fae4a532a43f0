'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')

const { Consumer, KafkaClient, Producer } = require('../..')
const { startKafka } = require('../../tools/kafka')
const { freePort } = require('../../tools/kafka/ports')
const { uniqueName } = require('../support/kafka')

// Brokers that answer under the address in `kafkaHost`, and cannot be reached under the one that they advertise.

/** A name that no resolver knows, as a container's name is outside of its network. */
const UNKNOWN_HOST = 'kafka-1.invalid'

/** @param {KafkaClient} client */
const close = client => new Promise(resolve => client.close(resolve))

describe('an advertised address that cannot be reached', { timeout: 240000 }, () => {
  /** @type {import('../../tools/kafka').Kafka} */
  let kafka
  /** Listeners by what is wrong with their advertised addresses. */
  const listeners = { UNKNOWN: '', REFUSED: '' }
  let closedPort = 0

  before(async () => {
    const taken = new Set()
    const port = async () => {
      const free = await freePort(taken)
      taken.add(free)
      return free
    }
    closedPort = await port()
    kafka = await startKafka({
      version: '4',
      properties: async base => {
        const unknown = await port()
        const refused = await port()
        listeners.UNKNOWN = `127.0.0.1:${unknown}`
        listeners.REFUSED = `127.0.0.1:${refused}`
        const protocols = base['listener.security.protocol.map'] || 'PLAINTEXT:PLAINTEXT'
        return {
          ...base,
          listeners: `${base.listeners},UNKNOWN://127.0.0.1:${unknown},REFUSED://127.0.0.1:${refused}`,
          'advertised.listeners': `${base['advertised.listeners']},UNKNOWN://${UNKNOWN_HOST}:9092,` +
            `REFUSED://127.0.0.1:${closedPort}`,
          'listener.security.protocol.map': `${protocols},UNKNOWN:PLAINTEXT,REFUSED:PLAINTEXT`
        }
      }
    })
  })
  after(() => kafka && kafka.stop())

  for (const [name, { what, code, advertised }] of Object.entries({
    UNKNOWN: { what: 'a name that nobody knows', code: 'ENOTFOUND', advertised: () => `${UNKNOWN_HOST}:9092` },
    REFUSED: { what: 'a port that is closed', code: 'ECONNREFUSED', advertised: () => `127.0.0.1:${closedPort}` }
  })) {
    describe(what, () => {
      it('is told as socket_error with the host, after ready, and is no error', async () => {
        const client = new KafkaClient({ kafkaHost: listeners[name] })
        const events = []
        client.on('error', error => events.push(`error: ${error.message}`))
        client.once('ready', () => events.push('ready'))
        const [error] = await once(client, 'socket_error')
        assert.equal(error.code, code)
        assert.equal(error.message.includes(advertised().split(':')[0]), true, error.message)
        assert.deepEqual(events, ['ready'])
        const [broker] = Object.values(client.brokerMetadata)
        assert.equal(`${broker.host}:${broker.port}`, advertised())
        await close(client)
        assert.deepEqual(events, ['ready'])
      })

      it('is named, with the cure, by the error that a send ends in', async () => {
        const client = new KafkaClient({ kafkaHost: listeners[name], requestTimeout: 3000 })
        const producer = new Producer(client)
        client.on('error', () => {})
        producer.on('error', () => {})
        const error = await new Promise(resolve =>
          producer.send([{ topic: uniqueName('advertised'), messages: ['1'] }], resolve))
        assert.match(error.name, /^(TimeoutError|BrokerNotAvailableError)$/)
        assert.equal(error.message.includes(advertised()), true, error.message)
        assert.match(error.message, /the address that the cluster advertises.*advertised\.listeners/)
        await close(client)
      })
    })
  }

  it('is what it is to a consumer, too: it closes while it cannot read', async () => {
    const client = new KafkaClient({ kafkaHost: listeners.REFUSED, requestTimeout: 1000 })
    const consumer = new Consumer(client, [{ topic: uniqueName('advertised') }], {})
    consumer.on('error', () => {})
    await once(client, 'ready')
    await new Promise(resolve => consumer.close(false, resolve))
  })
})
