'use strict'

// Metrics of clients of both doors, in a registry of the real prom-client.

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { channel } = require('node:diagnostics_channel')
const client = require('prom-client')

const { register } = require('../../metrics')
const { PREFIX, Watched } = require('../support/diagnostics')
const { Opened, call, collect, newTopic, startWatched, uniqueName } = require('../support/embedded')
const { Clients, gate } = require('../support/kafkajs-clients')
const { requireKafkajsNative } = require('../support/kafkajs-native')

const INTERVAL = 100

/** A registry with the metrics, until the test ends. */
class Scraped {
  /** @param {import('node:test').TestContext} context @param {object} [options] */
  constructor (context, options = {}) {
    this.registry = new client.Registry()
    this.unregister = register(client, { registry: this.registry, ...options })
    context.after(this.unregister)
  }

  /**
   * @param {string} name without the prefix
   * @param {object} [labels] some of them
   * @returns {Promise<Array<{ labels: any, value: number, metricName?: string }>>}
   */
  async values (name, labels = {}) {
    const metric = this.registry.getSingleMetric(`kafka_${name}`)
    assert.ok(metric, name)
    const { values } = await /** @type {any} */ (metric).get()
    return values.filter(value => Object.entries(labels).every(([key, label]) => value.labels[key] === label))
  }

  /** The only value with these labels; null if there is none. */
  async value (name, labels) {
    const values = await this.values(name, labels)
    assert.ok(values.length < 2, `${name}: ${JSON.stringify(values)}`)
    return values.length === 0 ? null : values[0].value
  }
}

describe('metrics', { timeout: 60000 }, () => {
  /** @type {import('../../dev-broker').DevBroker} */
  let broker

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  const topicOf = (partitions = 1) => newTopic(broker, partitions)

  /**
   * Statistics of all handles that are open now, once more.
   *
   * @param {Watched} watched
   * @param {string[]} groups '' for producers
   */
  async function statistics (watched, groups) {
    for (const group of groups) {
      const groupId = group === '' ? null : group
      const before = new Set(watched.of('statistics'))
      const isOld = ({ statistics: { topics } }) => Object.keys(topics).length === 0
      await watched.first('statistics', each => !before.has(each) && each.groupId === groupId && !isOld(each))
    }
  }

  it('count what both doors do', async context => {
    const scraped = new Scraped(context)
    const clientId = uniqueName('client')
    const topic = await topicOf()
    const opened = new Opened(context, broker)
    const clients = new Clients(context, broker, { clientId })
    const labels = { client_id: clientId }

    const producer = await opened.producer({}, { client: opened.client({ clientId }) })
    await call(producer, 'send', [{ topic, messages: ['a', 'b'] }])
    await clients.send(topic, ['c'])
    assert.equal(await scraped.value('records_sent_total', { ...labels, topic }), 3)
    assert.equal(await scraped.value('records_delivered_total', { ...labels, topic }), 3)
    assert.ok(await scraped.value('sent_bytes_total', labels) >= 3)
    const durations = await scraped.values('delivery_duration_seconds', labels)
    const count = durations.find(({ metricName }) => metricName === 'kafka_delivery_duration_seconds_count')
    assert.equal(count.value, 2)
    const sum = durations.find(({ metricName }) => metricName === 'kafka_delivery_duration_seconds_sum')
    assert.ok(sum.value > 0 && sum.value < 30)

    await broker.pushErrors('Produce', [10])
    await assert.rejects(clients.send(topic, ['d']))
    assert.equal(await scraped.value('records_failed_total', { ...labels, topic, error: 'MSG_SIZE_TOO_LARGE' }), 1)
    await assert.rejects(clients.send(topic, ['d'], 99))
    assert.equal(await scraped.value('errors_total', { ...labels, operation: 'send' }), 1)

    const watched = new Watched(context, clientId, ['commit'])
    const groups = ['first', 'second'].map(uniqueName)
    const group = opened.group(topic, { clientId, id: clientId, groupId: groups[0], autoCommit: false })
    await collect(group).take(3)
    await call(group, 'commit', true)
    const consumer = clients.consumer({ groupId: groups[1] })
    await consumer.subscribe({ topic, fromBeginning: true })
    const { open, opened: read } = gate()
    await consumer.run({ eachMessage: async ({ message }) => { if (message.offset === '2') open() } })
    await read
    await watched.first('commit', ({ groupId }) => groupId === groups[1])
    for (const groupId of groups) {
      const ofGroup = { ...labels, group_id: groupId }
      assert.equal(await scraped.value('records_received_total', { ...ofGroup, topic }), 3)
      assert.ok(await scraped.value('commits_total', ofGroup) >= 1)
      assert.deepEqual(await scraped.values('commits_failed_total', ofGroup), [])
      assert.equal(await scraped.value('rebalances_total', { ...ofGroup, type: 'assigned' }), 1)
    }
    assert.ok(await scraped.value('connection_changes_total',
      { ...labels, broker: broker.brokers, state: 'up' }) >= 4)
  })

  it('show what librdkafka\'s statistics tell, summed up over the handles of a client', async context => {
    const scraped = new Scraped(context)
    const clientId = uniqueName('client')
    const topic = await topicOf()
    const opened = new Opened(context, broker)
    const labels = { client_id: clientId }
    const watched = new Watched(context, clientId, ['statistics', 'commit'])
    const settings = { clientId, statisticsInterval: INTERVAL }
    const clients = new Clients(context, broker, settings)
    const groups = ['first', 'second'].map(uniqueName)

    const producer = await opened.producer({}, { client: opened.client(settings) })
    await call(producer, 'send', [{ topic, messages: ['a', 'b', 'c'] }])
    const group = opened.group(topic, { ...settings, id: clientId, groupId: groups[0], autoCommit: false })
    await collect(group).take(3)
    const consumer = clients.consumer({ groupId: groups[1] })
    await consumer.subscribe({ topic, fromBeginning: true })
    const { open, opened: read } = gate()
    await consumer.run({ eachMessage: async ({ message }) => { if (message.offset === '2') open() } })
    await read
    await watched.first('commit', ({ groupId }) => groupId === groups[1])
    await statistics(watched, ['', ...groups])

    const partition = { ...labels, topic, partition: 0 }
    assert.equal(await scraped.value('consumer_lag', { ...partition, group_id: groups[0] }), 3)
    assert.equal(await scraped.value('consumer_lag', { ...partition, group_id: groups[1] }), 0)
    for (const groupId of groups) {
      const ofGroup = { ...labels, group_id: groupId }
      assert.equal(await scraped.value('consumer_position_lag', { ...partition, group_id: groupId }), 0)
      assert.equal(await scraped.value('consumer_assigned_partitions', ofGroup), 1)
      assert.equal(await scraped.value('consumer_queue_records', ofGroup), 0)
      assert.equal(await scraped.value('consumer_queue_bytes', ofGroup), 0)
    }
    assert.equal(await scraped.value('producer_queue_records', labels), 0)
    assert.equal(await scraped.value('producer_queue_bytes', labels), 0)
    const ofBroker = { ...labels, broker: broker.brokers }
    // a producer's, and of each member one and one to the coordinator
    assert.equal(await scraped.value('broker_connections', { ...ofBroker, state: 'up' }), 5)
    assert.equal(await scraped.value('broker_throttle_seconds', ofBroker), 0)
    assert.equal(await scraped.value('broker_request_retries_total', ofBroker), 0)
    assert.equal(await scraped.value('broker_request_timeouts_total', ofBroker), 0)
    const requests = await scraped.value('broker_requests_total', ofBroker)
    assert.ok(requests > 10 && requests < 1000, `${requests}`)
    assert.ok(await scraped.value('broker_sent_bytes_total', ofBroker) > 100)
    // fetches of the members have waited for records
    const rtt = await scraped.values('broker_rtt_seconds', ofBroker)
    assert.deepEqual(rtt.map(({ labels: { quantile } }) => quantile), ['0.5', '0.99'])
    for (const { value } of rtt) assert.ok(value > 0 && value < 60)
  })

  it('measure how long the broker takes, in seconds', async context => {
    const scraped = new Scraped(context)
    const clientId = uniqueName('client')
    const topic = await topicOf()
    const clients = new Clients(context, broker, { clientId, statisticsInterval: INTERVAL })
    const watched = new Watched(context, clientId, ['statistics'])
    await clients.send(topic, ['a'])
    await broker.setRtt(200)
    context.after(() => broker.setRtt(0))
    await clients.send(topic, ['b'])
    await watched.first('statistics', ({ statistics: { brokers } }) =>
      Object.values(brokers).some(({ rtt }) => rtt.cnt > 0 && rtt.max >= 200000))
    const slow = await scraped.value('broker_rtt_seconds', { client_id: clientId, quantile: '0.99' })
    assert.ok(slow >= 0.2 && slow < 5, `${slow}`)
  })

  it('have a prefix, the default registry unless told otherwise, and end', async context => {
    const { registry, unregister } = new Scraped(context, { prefix: 'own_' })
    const names = registry.getMetricsAsArray().map(({ name }) => name)
    assert.ok(names.length > 20)
    assert.ok(names.every(name => name.startsWith('own_')))
    assert.match(await registry.metrics(), /^# TYPE own_consumer_lag gauge$/m)
    assert.throws(() => register(client, { registry, prefix: 'own_' }), /already been registered/)
    assert.deepEqual(registry.getMetricsAsArray().map(({ name }) => name), names)
    const before = channel(`${PREFIX}send`).hasSubscribers
    unregister()
    assert.deepEqual([before, channel(`${PREFIX}send`).hasSubscribers], [true, false])
    assert.deepEqual(registry.getMetricsAsArray(), [])

    const end = register(client)
    assert.ok(client.register.getSingleMetric('kafka_records_sent_total'))
    end()
    assert.equal(client.register.getSingleMetric('kafka_records_sent_total'), undefined)
    assert.throws(() => register(/** @type {any} */ (client.register)), /prom-client/)
    assert.throws(() => register(undefined), /prom-client/)
    assert.equal(requireKafkajsNative('metrics').register, register)
  })

  it('some that are registered already take none of the others with them', () => {
    const registry = new client.Registry()
    const name = 'kafka_consumer_lag'
    const own = new client.Gauge({ name, help: 'the user\'s own', registers: [registry] })
    assert.throws(() => register(client, { registry }), /already been registered/)
    assert.deepEqual(registry.getMetricsAsArray().map(({ name }) => name), [name])
    assert.equal(registry.getSingleMetric(name), own)
    assert.equal(channel(`${PREFIX}send`).hasSubscribers, false)
  })
})
