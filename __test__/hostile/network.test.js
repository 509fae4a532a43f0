'use strict'

const assert = require('node:assert/strict')
const { describe: suite, it } = require('node:test')

const { Client, DOORS } = require('./client')
const { call, startWatched } = require('../support/embedded')
const { FaultProxy } = require('../support/faultProxy')
const { API, HostileBroker } = require('../support/hostileBroker')
const { decodeBatches, readAll } = require('../support/log-reader')
const kafka = require('../..')

// Clients behind a bad network. What was confirmed is in the log; what is in the log is delivered; and a client can be
// closed at any time.

/** Bytes of an answer that still come before it is cut: its length, its correlation id and a little more. */
const SOME_BYTES = 11
/** A connection that is slow, in bytes per second. */
const SLOW = 8000

/** More than the slow connection carries in the time that a request has by default. */
const numbered = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => `value ${i}`.padEnd(90, '.'))

/**
 * @param {import('node:test').TestContext} context
 * @param {{ brokers: string }} broker
 */
async function startProxy (context, { brokers }) {
  const proxy = await new FaultProxy(brokers).start()
  context.after(() => proxy.stop())
  return proxy
}

/**
 * An embedded broker behind a proxy, with values in its topic.
 *
 * @param {import('node:test').TestContext} context
 * @param {string[]} [values]
 */
async function start (context, values = []) {
  const broker = await startWatched({ topics: ['t'] })
  context.after(() => broker.stop())
  if (values.length > 0) {
    const client = new kafka.KafkaClient({ kafkaHost: broker.brokers })
    const producer = new kafka.Producer(client)
    for (const value of values) await call(producer, 'send', [{ topic: 't', partition: 0, messages: value }])
    await call(producer, 'close')
  }
  return { broker, proxy: await startProxy(context, broker) }
}

/**
 * Every send has ended: confirmed, with what is in the log at least once and in order, or with an error.
 *
 * @param {Client} client
 * @param {string} brokers
 * @param {{ values: string[], mayFail?: boolean }} sent
 */
async function allWritten (client, brokers, { values, mayFail = false }) {
  await client.until(() => client.all('sent').length + client.failures.length === values.length, 'end of every send')
  client.checkErrors()
  if (!mayFail) assert.deepEqual(client.failures, [])
  const confirmed = client.all('sent').map(([number]) => values[number])
  const written = new Set((await readAll(brokers, 't')).map(({ value }) => String(value)))
  assert.deepEqual([...written].filter((value) => confirmed.includes(value)), confirmed)
}

/**
 * Every record was delivered, once and in order.
 *
 * @param {Client} client
 * @param {string[]} values
 */
async function allRead (client, values) {
  await client.until(() => client.values.length >= values.length, 'every record')
  assert.deepEqual(client.values, values)
}

/**
 * What happens to the connections while a client sends or reads.
 *
 * @type {{ name: string, faults?: import('../support/faultProxy').Faults, count?: number, requestTimeout?: number,
 *   mayFail?: boolean, happens?: (proxy: FaultProxy, api: number) => Promise<void> }[]} `mayFail`: sends, as their time
 *   ends before the silence is noticed
 */
const FAULTS = [
  { name: 'latency and jitter', faults: { latency: 30, jitter: 60 } },
  { name: `${SLOW} bytes per second`, faults: { bytesPerSecond: SLOW }, count: 100, requestTimeout: 25000 },
  {
    name: 'an answer cut in its middle, and the connection closed',
    happens: (proxy, api) => proxy.cutAnswer(api, { bytes: SOME_BYTES, end: 'close' })
  },
  {
    name: 'an answer cut in its length, and the connection reset',
    happens: (proxy, api) => proxy.cutAnswer(api, { bytes: 2, end: 'reset' })
  },
  {
    name: 'an answer cut in its middle, and then silence',
    mayFail: true,
    happens: (proxy, api) => proxy.cutAnswer(api, { bytes: SOME_BYTES, end: 'silence' })
  },
  {
    name: 'an answer cut in its middle, whose end the broker does not hear of',
    faults: { slowClose: true },
    happens: (proxy, api) => proxy.cutAnswer(api, { bytes: SOME_BYTES, end: 'close' })
  }
]

for (const door of DOORS) {
  suite(`${door}: a bad network`, { concurrency: 3 }, () => {
    for (const { name, faults = {}, count = 20, requestTimeout, mayFail, happens = async () => {} } of FAULTS) {
      const options = requestTimeout === undefined ? {} : { requestTimeout }
      const values = numbered(count)

      it(`${name}: what is sent is confirmed and written`, { timeout: 60000 }, async (context) => {
        const { broker, proxy } = await start(context)
        proxy.faults = faults
        const happened = happens(proxy, API.Produce)
        const client = new Client(context, { door, brokers: proxy.brokers, role: 'write', values, client: options })
        await happened
        await allWritten(client, broker.brokers, { values, mayFail })
        await client.end()
      })

      it(`${name}: every record is read`, { timeout: 60000 }, async (context) => {
        const { proxy } = await start(context, values)
        proxy.faults = faults
        const happened = happens(proxy, API.Fetch)
        const client = new Client(context, { door, brokers: proxy.brokers, role: 'read', client: options })
        await happened
        await allRead(client, values)
        await client.end()
      })
    }

    /** @type {('reset' | 'close' | 'silence')[]} */
    const breaks = ['reset', 'close', 'silence']
    for (const broken of breaks) {
      it(`every connection at once (${broken}): reading goes on`, { timeout: 60000 }, async (context) => {
        const { broker, proxy } = await start(context, ['before'])
        const client = new Client(context, { door, brokers: proxy.brokers, role: 'read' })
        await client.receives(['before'])
        proxy[broken]()
        const producer = new kafka.Producer(new kafka.KafkaClient({ kafkaHost: broker.brokers }))
        await call(producer, 'send', [{ topic: 't', partition: 0, messages: 'after' }])
        await call(producer, 'close')
        await allRead(client, ['before', 'after'])
        await client.end()
      })
    }

    it('silence: it can be closed', { timeout: 60000 }, async (context) => {
      const { proxy } = await start(context, ['before'])
      const client = new Client(context, { door, brokers: proxy.brokers, role: 'read' })
      await client.receives(['before'])
      proxy.swallow(0)
      await client.end()
    })

    it('a broker that answers nobody: sends to it fail, others do not, and it is used again later',
      { timeout: 60000 }, async (context) => {
        const broker = await new HostileBroker({ nodes: 2 }).start()
        context.after(() => broker.stop())
        broker.topic('t', [[], []])
        const proxy = await startProxy(context, broker)
        proxy.swallow(0)
        const lost = new Client(context, { door, brokers: proxy.brokers, role: 'write', values: ['lost'] })
        await lost.fails()
        assert.deepEqual(lost.all('sent'), [])
        await lost.end()

        const log = (/** @type {number} */ id) => (broker.topics.get('t') || [])[id]
        log(0).leader = 1
        const moved = new Client(context, { door, brokers: proxy.brokers, role: 'write', values: ['moved'] })
        await moved.until(() => moved.all('sent').length === 1, 'confirmation')
        await moved.end()

        proxy.heal()
        log(0).leader = 0
        const healed = new Client(context, { door, brokers: proxy.brokers, role: 'write', values: ['healed'] })
        await healed.until(() => healed.all('sent').length === 1, 'confirmation')
        await healed.end()
      /** @type {import('../support/log-reader').LogRecord[]} */
        const records = []
        for (const bytes of log(0).produced) decodeBatches(bytes, { partition: 0, from: 0n, end: 9n }, records)
        assert.deepEqual(records.map(({ value }) => String(value)), ['moved', 'healed'])
      })
  })
}
