'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { beforeEach, describe, it, test } = require('node:test')
const client = require('prom-client')

const { register } = require('../../metrics')
const { GAUGES, Latest } = require('../../metrics/statistics')

/** ms */
const INTERVAL = 100

const window = (values = {}) => ({ cnt: 0, p50: 0, p99: 0, max: 0, ...values })
const broker = (values = {}) => ({
  nodename: 'b:1', state: 'UP', tx: 0, txbytes: 0, rxbytes: 0, txretries: 0, txerrs: 0, rxerrs: 0, req_timeouts: 0,
  throttle: window(), rtt: window(), int_latency: window(), ...values
})
const partition = (values = {}) => ({
  partition: 0, desired: true, consumer_lag: -1, app_offset: -1001, ls_offset: -1001, fetchq_cnt: 0, fetchq_size: 0,
  ...values
})

describe('librdkafka\'s statistics as metrics', () => {
  let time
  let totals
  let latest

  beforeEach(() => {
    time = 0
    totals = new Map()
    latest = new Latest((name, { broker }, value) => {
      const key = `${name} ${broker}`
      totals.set(key, (totals.get(key) || 0) + value)
    }, () => time)
  })

  /** @param {string} name of the handle @param {object} [values] */
  function publish (name, values = {}, groupId = null) {
    const none = { type: 'producer', age: 1e5, msg_cnt: 2, msg_size: 20, topics: {}, brokers: {} }
    latest.heard({ clientId: 'c', groupId, interval: INTERVAL, statistics: { name, ...none, ...values } })
  }

  /** @param {string} name of a gauge @returns {any[]} labels that are not the client's, and the value */
  const values = name => [...latest.values(GAUGES.find(gauge => gauge.name === name))]
    .map(({ labels: { client_id: id, ...labels }, value }) => {
      assert.equal(id, 'c')
      return { ...labels, value }
    })

  it('are summed up over handles, and forgotten three intervals and a second after the last ones', () => {
    publish('one')
    publish('two')
    assert.deepEqual(values('producer_queue_records'), [{ value: 4 }])
    time = 500
    publish('two')
    time = 1300
    assert.deepEqual(values('producer_queue_records'), [{ value: 4 }])
    time = 1301
    assert.deepEqual(values('producer_queue_records'), [{ value: 2 }])
    assert.deepEqual(values('producer_queue_bytes'), [{ value: 20 }])
    time = 1801
    assert.deepEqual(values('producer_queue_records'), [])
    assert.equal(latest.handles.size, 0)
  })

  it('are counted from one to the next, from the start of a handle or from when they were first seen', () => {
    const sent = (name, txbytes, age = 1e5) => publish(name, { age, brokers: { 'b:1/1': broker({ txbytes }) } })
    const total = () => totals.get('broker_sent_bytes_total b:1')
    sent('one', 100)
    sent('two', 10)
    assert.equal(total(), 110)
    sent('one', 150, 2e5)
    assert.equal(total(), 160)
    sent('old', 1e6, 1e9)
    assert.equal(total(), 160)
    sent('old', 1e6 + 1, 1e9)
    assert.equal(total(), 161)
    // a counter never goes down
    sent('one', 5, 3e5)
    assert.equal(total(), 161)
  })

  it('have the states and times of brokers, and none of what is no broker yet', () => {
    publish('one', {
      brokers: {
        'b:1/1': broker({ throttle: window({ cnt: 1, max: 250 }), rtt: window({ cnt: 9, p50: 5e5, p99: 2e6 }) }),
        'b:2/2': broker({ nodename: 'b:2', state: 'TRY_CONNECT', txerrs: 2, rxerrs: 3 }),
        GroupCoordinator: broker(),
        TxnCoordinator: broker({ nodename: '', state: 'INIT' }),
        ':0/bootstrap': broker({ nodename: ':0' })
      }
    })
    publish('two', { brokers: { 'b:1/1': broker({ rtt: window({ cnt: 9, p50: 1e5, p99: 3e6 }) }) } })
    assert.deepEqual(values('broker_connections'),
      [{ broker: 'b:1', state: 'up', value: 3 }, { broker: 'b:2', state: 'try_connect', value: 1 }])
    assert.deepEqual(values('broker_throttle_seconds'), [{ broker: 'b:1', value: 0.25 }, { broker: 'b:2', value: 0 }])
    assert.deepEqual(values('broker_rtt_seconds'),
      [{ broker: 'b:1', quantile: '0.5', value: 0.5 }, { broker: 'b:1', quantile: '0.99', value: 3 }])
    assert.deepEqual(values('broker_queue_latency_seconds'), [])
    assert.equal(totals.get('broker_request_errors_total b:2'), 5)
  })

  it('have the lag of what is read, behind commits and behind positions', () => {
    const topics = JSON.parse(JSON.stringify({ proto: { topic: '__proto__' } }).replace('"proto"', '"__proto__"'))
    topics.__proto__.partitions = {
      0: partition({ consumer_lag: 7, app_offset: 8, ls_offset: 10, fetchq_cnt: 3, fetchq_size: 30 }),
      1: partition({ partition: 1, fetchq_cnt: 1, fetchq_size: 5 }),
      // it was taken away
      2: partition({ partition: 2, desired: false, consumer_lag: 5, fetchq_cnt: 9 }),
      '-1': partition({ partition: -1, desired: false })
    }
    publish('one', { type: 'consumer', topics, cgrp: { assignment_size: 2 } }, 'g')
    publish('two', { type: 'consumer', topics: {}, cgrp: { assignment_size: 1 } }, 'g')
    const of = { group_id: 'g', topic: '__proto__', partition: 0 }
    assert.deepEqual(values('consumer_lag'), [{ ...of, value: 7 }])
    assert.deepEqual(values('consumer_position_lag'), [{ ...of, value: 2 }])
    assert.deepEqual(values('consumer_assigned_partitions'), [{ group_id: 'g', value: 3 }])
    assert.deepEqual(values('consumer_queue_records'), [{ group_id: 'g', value: 4 }])
    assert.deepEqual(values('consumer_queue_bytes'), [{ group_id: 'g', value: 35 }])
    assert.deepEqual(values('producer_queue_records'), [])
  })
})

test('docs/observability.md has every metric with its type and its labels', async () => {
  const registry = new client.Registry()
  const unregister = register(client, { registry })
  const made = registry.getMetricsAsArray().map(metric => {
    const { name, type, labelNames } = /** @type {any} */ (metric)
    return { name, type, labels: labelNames.filter(label => label !== 'client_id' && label !== 'le').sort() }
  })
  unregister()
  const text = fs.readFileSync(path.join(__dirname, '../../docs/observability.md'), 'utf8')
  const documented = [...text.matchAll(/^\| (`kafka_[^|]*) \| (counter|gauge|histogram)[^|]* \| ([^|]*)\|/gm)]
    .flatMap(([, names, type, labels]) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) =>
      ({ name, type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort() })))
  const byName = (one, other) => one.name < other.name ? -1 : 1
  assert.deepEqual(documented.sort(byName), made.sort(byName))
})
