'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { once } = require('node:events')

const { Consumer, KafkaClient, Producer } = require('../..')
const { startCluster, startKafka } = require('../../tools/kafka')
const { freePort } = require('../../tools/kafka/ports')
const { uniqueName, waitForTopic, withAdmin } = require('../support/kafka')

// Brokers that answer at the address in `kafkaHost`, but cannot be reached at the one that they advertise.

/** A name that no resolver knows, like a container's name outside its network. */
const UNKNOWN_HOST = 'kafka-1.invalid'

/** @param {KafkaClient} client @returns {Promise<void>} */
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
      it('is reported as socket_error with the host, after ready, and is not an error', async () => {
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

      it('is named, with the cure, by the error that a send ends with', async () => {
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

  it('does not keep a consumer that cannot read from closing', async () => {
    const client = new KafkaClient({ kafkaHost: listeners.REFUSED, requestTimeout: 1000 })
    const consumer = new Consumer(client, [{ topic: uniqueName('advertised') }], {})
    consumer.on('error', () => {})
    await once(client, 'ready')
    await new Promise(resolve => consumer.close(false, resolve))
  })
})

describe('one of three brokers that cannot be reached where it advertises to be', { timeout: 240000 }, () => {
  /** The one whose address is wrong. */
  const LOST = 3
  const topic = uniqueName('one-lost')
  /** @type {Awaited<ReturnType<typeof startCluster>>} */
  let cluster
  /** Where the brokers listen for clients from outside. */
  const outside = /** @type {string[]} */ ([])
  let advertised = ''
  /** @type {Map<number, number>} partition by the id of its leader */
  const led = new Map()

  before(async () => {
    const taken = new Set()
    const port = async () => {
      const free = await freePort(taken)
      taken.add(free)
      return free
    }
    advertised = `127.0.0.1:${await port()}`
    cluster = await startCluster({
      properties: async base => {
        const id = Number(base['node.id'])
        const own = `127.0.0.1:${await port()}`
        outside[id - 1] = own
        return {
          ...base,
          listeners: `${base.listeners},OUTSIDE://${own}`,
          'advertised.listeners': `${base['advertised.listeners']},OUTSIDE://${id === LOST ? advertised : own}`,
          'listener.security.protocol.map':
            `${base['listener.security.protocol.map'] || 'PLAINTEXT:PLAINTEXT'},OUTSIDE:PLAINTEXT`
        }
      }
    })
    const replicaAssignment = [1, 2, 3].map((id, partition) => ({ partition, replicas: [id] }))
    await withAdmin(cluster.brokers, admin =>
      admin.createTopics({ waitForLeaders: false, topics: [{ topic, replicaAssignment }] }))
    await waitForTopic(cluster.brokers, topic)
    for (const id of [1, 2, 3]) led.set(id, id - 1)
  })
  after(() => cluster && cluster.stop())

  it('is told as socket_error, while the others work; a send to it names it', async () => {
    const client = new KafkaClient({ kafkaHost: outside.join(), requestTimeout: 3000 })
    /** @type {string[]} */
    const errors = []
    const unreachable = once(client, 'socket_error')
    client.on('error', ({ message }) => errors.push(message))
    const producer = new Producer(client)
    await once(producer, 'ready')
    /** @type {(id: number) => Promise<Error | null>} */
    const send = id => new Promise(resolve =>
      producer.send([{ topic, partition: Number(led.get(id)), messages: ['1'] }], resolve))
    const [first, second, lost] = await Promise.all([1, 2, LOST].map(send))
    assert.deepEqual([first, second], [null, null])
    assert.match(String(lost && lost.name), /^(TimeoutError|BrokerNotAvailableError)$/)
    assert.equal(String(lost).includes(advertised), true, String(lost))
    assert.match(String(lost), /the address that the cluster advertises.*advertised\.listeners/)
    const [error] = await unreachable
    assert.equal(error.code, 'ECONNREFUSED')
    assert.equal(error.message.includes(advertised), true, error.message)
    assert.deepEqual(errors, [])
    await close(client)
  })

  it('keeps no consumer of the others from reading', async () => {
    const client = new KafkaClient({ kafkaHost: outside.join(), requestTimeout: 3000 })
    const partitions = [1, 2].map(id => ({ topic, partition: led.get(id) }))
    const consumer = new Consumer(client, partitions, { fromOffset: true, autoCommit: false })
    /** @type {Set<number>} */
    const read = new Set()
    await new Promise((resolve, reject) => {
      consumer.on('error', reject)
      consumer.on('message', ({ partition }) => {
        if (read.add(partition).size === 2) resolve(undefined)
      })
    })
    await new Promise(resolve => consumer.close(false, resolve))
  })
})
