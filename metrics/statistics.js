'use strict'

const { OF_BROKER, OF_CLIENT, OF_GROUP, OF_PARTITION } = require('./labels')
const { monotonicNow } = require('../core/scheduling/clock')

/**
 * What librdkafka's statistics tell, as metrics. A client has several native handles, whose statistics come one by one:
 * they are summed up by the client's id when somebody scrapes.
 *
 * @typedef {import('../diagnostics').StatisticsMessage} StatisticsMessage
 * @typedef {Record<string, string | number>} Labels
 * @typedef {(labels: Labels, value: number) => void} Add
 *
 * @typedef {object} Window of librdkafka's statistics: since the last ones
 * @property {number} cnt
 * @property {number} p50
 * @property {number} p99
 * @property {number} max
 *
 * @typedef {object} BrokerStatistics
 * @property {string} nodename `host:port`
 * @property {string} state
 * @property {Window} rtt µs
 * @property {Window} int_latency µs
 * @property {Window} throttle ms
 * @property {number} tx
 * @property {number} txbytes
 * @property {number} txretries
 * @property {number} txerrs
 * @property {number} rxbytes
 * @property {number} rxerrs
 * @property {number} req_timeouts
 *
 * @typedef {object} PartitionStatistics
 * @property {number} partition
 * @property {boolean} desired it is read
 * @property {number} consumer_lag
 * @property {number} app_offset
 * @property {number} ls_offset
 * @property {number} fetchq_cnt
 * @property {number} fetchq_size
 *
 * @typedef {object} Statistics of a native handle, as far as they are used here
 * @property {string} name of the handle, unique in the process
 * @property {'producer' | 'consumer'} type
 * @property {number} age µs
 * @property {number} msg_cnt
 * @property {number} msg_size
 * @property {Record<string, BrokerStatistics>} brokers
 * @property {Record<string, { topic: string, partitions: Record<string, PartitionStatistics> }>} topics
 * @property {{ assignment_size: number }} [cgrp]
 *
 * @typedef {object} Handle
 * @property {string} client
 * @property {string} group
 * @property {Statistics} statistics the latest
 * @property {number} until when they are too old
 * @property {Map<string, number>} totals of the counters, as of these statistics
 */

/** Statistics older than so many intervals, and a second, are those of a client that has closed. */
const KEPT_INTERVALS = 3

/**
 * What librdkafka counts for each broker.
 *
 * @type {Array<[name: string, help: string, read: (broker: BrokerStatistics) => number]>}
 */
const BROKER_COUNTERS = [
  ['broker_sent_bytes_total', 'Bytes sent to the broker', ({ txbytes }) => txbytes],
  ['broker_received_bytes_total', 'Bytes received from the broker', ({ rxbytes }) => rxbytes],
  ['broker_requests_total', 'Requests sent to the broker', ({ tx }) => tx],
  ['broker_request_retries_total', 'Requests sent again', ({ txretries }) => txretries],
  ['broker_request_timeouts_total', 'Requests without an answer in time', ({ req_timeouts: timeouts }) => timeouts],
  ['broker_request_errors_total', 'Requests that failed, and answers that could not be read',
    ({ txerrs, rxerrs }) => txerrs + rxerrs]
]

/** @param {number} one @param {number} other */
const sum = (one, other) => one + other

/**
 * What is read of the latest statistics when somebody scrapes. Values with the same labels, of several handles, become
 * one.
 *
 * @type {Array<{ name: string, labelNames: string[], help: string, merge: (one: number, other: number) => number,
 *   read: (handle: Handle, add: Add) => void }>}
 */
const GAUGES = [
  {
    name: 'consumer_lag',
    labelNames: OF_PARTITION,
    help: 'Records behind the last committed offset',
    merge: Math.max,
    read: ofPartitions(({ consumer_lag: lag }) => lag)
  },
  {
    name: 'consumer_position_lag',
    labelNames: OF_PARTITION,
    help: 'Records behind the last one that was taken from librdkafka',
    merge: Math.max,
    read: ofPartitions(({ app_offset: next, ls_offset: end }) => next < 0 || end < 0 ? -1 : Math.max(0, end - next))
  },
  {
    name: 'consumer_assigned_partitions',
    labelNames: OF_GROUP,
    help: 'Partitions that the group has given to members in this process',
    merge: sum,
    read: ({ client, group, statistics: { cgrp } }, add) => {
      if (cgrp !== undefined) add({ client_id: client, group_id: group }, cgrp.assignment_size)
    }
  },
  {
    name: 'consumer_queue_records',
    labelNames: OF_GROUP,
    help: 'Records that were fetched ahead',
    merge: sum,
    read: ofFetchQueues(({ fetchq_cnt: count }) => count)
  },
  {
    name: 'consumer_queue_bytes',
    labelNames: OF_GROUP,
    help: 'Bytes that were fetched ahead',
    merge: sum,
    read: ofFetchQueues(({ fetchq_size: size }) => size)
  },
  {
    name: 'producer_queue_records',
    labelNames: OF_CLIENT,
    help: 'Records in librdkafka\'s queue, or under way',
    merge: sum,
    read: ofProducers(({ msg_cnt: count }) => count)
  },
  {
    name: 'producer_queue_bytes',
    labelNames: OF_CLIENT,
    help: 'Bytes in librdkafka\'s queue, or under way',
    merge: sum,
    read: ofProducers(({ msg_size: size }) => size)
  },
  {
    name: 'broker_connections',
    labelNames: [...OF_BROKER, 'state'],
    help: 'Connections to the broker in this state',
    merge: sum,
    read: ofBrokers(({ state }, add) => add({ state: state.toLowerCase() }, 1))
  },
  {
    name: 'broker_throttle_seconds',
    labelNames: OF_BROKER,
    help: 'The longest time that the broker has throttled this client for, in the last interval',
    merge: Math.max,
    read: ofBrokers(({ throttle }, add) => add({}, throttle.max / 1e3))
  },
  {
    name: 'broker_rtt_seconds',
    labelNames: [...OF_BROKER, 'quantile'],
    help: 'Time from a request to its answer, in the last interval',
    merge: Math.max,
    read: ofBrokers(({ rtt }, add) => addQuantiles(rtt, add))
  },
  {
    name: 'broker_queue_latency_seconds',
    labelNames: [...OF_BROKER, 'quantile'],
    help: 'Time that records wait in librdkafka\'s queue before they are sent, in the last interval',
    merge: Math.max,
    read: ofBrokers(({ int_latency: latency }, add) => addQuantiles(latency, add))
  }
]

/**
 * @param {(partition: PartitionStatistics) => number} read below 0 if it is not known
 * @returns {(handle: Handle, add: Add) => void}
 */
function ofPartitions (read) {
  return (handle, add) => {
    for (const [topic, partition] of partitionsRead(handle)) {
      const value = read(partition)
      const labels = { client_id: handle.client, group_id: handle.group, topic, partition: partition.partition }
      if (value >= 0) add(labels, value)
    }
  }
}

/** @param {(partition: PartitionStatistics) => number} read @returns {(handle: Handle, add: Add) => void} */
function ofFetchQueues (read) {
  return (handle, add) => {
    if (handle.statistics.type !== 'consumer') return
    let value = 0
    for (const [, partition] of partitionsRead(handle)) value += read(partition)
    add({ client_id: handle.client, group_id: handle.group }, value)
  }
}

/** @param {(statistics: Statistics) => number} read @returns {(handle: Handle, add: Add) => void} */
function ofProducers (read) {
  return ({ client, statistics }, add) => {
    if (statistics.type === 'producer') add({ client_id: client }, read(statistics))
  }
}

/** @param {(broker: BrokerStatistics, add: Add) => void} read @returns {(handle: Handle, add: Add) => void} */
function ofBrokers (read) {
  return ({ client, statistics }, add) => {
    for (const broker of brokersOf(statistics)) {
      read(broker, (labels, value) => add({ client_id: client, broker: broker.nodename, ...labels }, value))
    }
  }
}

/** @param {Window} window µs @param {Add} add */
function addQuantiles ({ cnt, p50, p99 }, add) {
  if (cnt === 0) return
  add({ quantile: '0.5' }, p50 / 1e6)
  add({ quantile: '0.99' }, p99 / 1e6)
}

/**
 * @param {Statistics} statistics
 * @returns {BrokerStatistics[]} without those that are no broker yet: a coordinator that is not known
 */
function brokersOf ({ brokers }) {
  return Object.values(brokers).filter(({ nodename }) => nodename !== '' && !nodename.startsWith(':'))
}

/** @param {Handle} handle @returns {Array<[topic: string, partition: PartitionStatistics]>} */
function partitionsRead ({ statistics }) {
  return Object.values(statistics.topics).flatMap(({ topic, partitions }) =>
    Object.values(partitions).filter(({ desired }) => desired)
      .map(partition => /** @type {[string, PartitionStatistics]} */ ([topic, partition])))
}

/** The latest statistics of all handles. */
class Latest {
  /**
   * @param {(name: string, labels: Labels, value: number) => void} count
   * @param {() => number} [now] ms
   */
  constructor (count, now = monotonicNow) {
    this.count = count
    this.now = now
    /** @type {Map<string, Handle>} */
    this.handles = new Map()
  }

  /** @param {StatisticsMessage} message */
  heard ({ clientId, groupId, interval, statistics }) {
    const now = this.now()
    const known = this.handles.get(statistics.name)
    /** @type {Handle} */
    const handle = {
      client: clientId,
      group: groupId || '',
      statistics,
      until: now + KEPT_INTERVALS * interval + 1000,
      totals: new Map()
    }
    // one that has been there before counts from now on
    const isNew = statistics.age / 1000 < 2 * interval
    for (const [name, , read] of BROKER_COUNTERS) {
      /** @type {Map<string, number>} */
      const byBroker = new Map()
      for (const broker of brokersOf(statistics)) {
        byBroker.set(broker.nodename, (byBroker.get(broker.nodename) || 0) + read(broker))
      }
      for (const [broker, total] of byBroker) {
        const key = `${name} ${broker}`
        handle.totals.set(key, total)
        const before = known === undefined ? (isNew ? 0 : total) : known.totals.get(key) || 0
        // a broker that goes and comes back begins anew
        this.count(name, { client_id: clientId, broker }, Math.max(0, total - before))
      }
    }
    this.handles.set(statistics.name, handle)
    this.dropOld(now)
  }

  /** @param {number} now */
  dropOld (now) {
    for (const [name, { until }] of this.handles) if (until < now) this.handles.delete(name)
  }

  /**
   * @param {typeof GAUGES[number]} gauge
   * @returns {Iterable<{ labels: Labels, value: number }>}
   */
  values ({ read, merge }) {
    this.dropOld(this.now())
    /** @type {Map<string, { labels: Labels, value: number }>} */
    const values = new Map()
    for (const handle of this.handles.values()) {
      read(handle, (labels, value) => {
        const key = JSON.stringify(Object.values(labels))
        const known = values.get(key)
        if (known === undefined) values.set(key, { labels, value })
        else known.value = merge(known.value, value)
      })
    }
    return values.values()
  }
}

module.exports = { BROKER_COUNTERS, GAUGES, Latest }
