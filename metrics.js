'use strict'

const { subscribe } = require('./core/diagnostics')
const { OF_BROKER, OF_CLIENT, OF_GROUP, OF_TOPIC } = require('./metrics/labels')
const { BROKER_COUNTERS, GAUGES, Latest } = require('./metrics/statistics')

/**
 * Metrics for Prometheus, of what the diagnostics channels tell. The user's own `prom-client` keeps them.
 *
 * @typedef {import('./metrics').Client} Client
 * @typedef {import('./metrics/statistics').Labels} Labels
 * @typedef {import('prom-client').Registry<any>} Registry
 * @typedef {{ name: string, help: string, labelNames: string[], registers: Registry[] }} Common what all metrics have
 */

const PREFIX = 'kafka_'

/** @type {[name: string, labelNames: string[], help: string]} */
const DURATION = ['delivery_duration_seconds', OF_CLIENT, 'Time from a send to its delivery, or its failure']
/** Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** @type {Array<[name: string, labelNames: string[], help: string]>} */
const COUNTERS = [
  ['records_sent_total', OF_TOPIC, 'Records handed over to be sent'],
  ['sent_bytes_total', OF_CLIENT, 'Bytes of keys, values and headers handed over, with a few for each record'],
  ['records_delivered_total', OF_TOPIC, 'Records that were delivered'],
  ['records_failed_total', [...OF_TOPIC, 'error'], 'Records that were handed over and not delivered'],
  ['records_received_total', [...OF_GROUP, 'topic'], 'Records that have arrived'],
  ['commits_total', OF_GROUP, 'Commits that succeeded'],
  ['commits_failed_total', [...OF_GROUP, 'error'], 'Commits that failed, as a whole or for some partitions'],
  ['rebalances_total', [...OF_GROUP, 'type'], 'How often partitions were assigned or revoked'],
  ['connection_changes_total', [...OF_BROKER, 'state'], 'Connections that came up or went down'],
  ['errors_total', [...OF_GROUP, 'operation', 'error'],
    'Errors of clients, and sends that could not be handed over']
]

/**
 * @param {Client} client
 * @param {import('./metrics').RegisterOptions} [options]
 * @returns {() => void}
 */
function register (client, { registry = client && client.register, prefix = PREFIX } = {}) {
  if (!client || typeof client.Counter !== 'function' || typeof client.Gauge !== 'function') {
    throw new TypeError('register needs the module prom-client: register(require(\'prom-client\'))')
  }
  /** @type {string[]} */
  const names = []
  const remove = () => { for (const name of names) registry.removeSingleMetric(name) }
  /**
   * @template Config
   * @template Metric
   * @param {new (config: Config & Common) => Metric} Class
   * @param {[name: string, labelNames: string[], help: string]} description
   * @param {Config} config
   * @returns {Metric}
   */
  const make = (Class, [name, labelNames, help], config) => {
    const metric = new Class({ ...config, name: prefix + name, help, labelNames, registers: [registry] })
    names.push(prefix + name)
    return metric
  }

  /** @type {Map<string, import('prom-client').Counter>} */
  const counters = new Map()
  /** @param {string} name @param {Labels} labels @param {number} value */
  const count = (name, labels, value) => {
    /** @type {import('prom-client').Counter} */ (counters.get(name)).inc(labels, value)
  }
  const latest = new Latest(count)
  /** @type {import('prom-client').Histogram} */
  let durations
  try {
    for (const counter of COUNTERS) counters.set(counter[0], make(client.Counter, counter, {}))
    for (const [name, help] of BROKER_COUNTERS) {
      counters.set(name, make(client.Counter, [name, OF_BROKER, help], {}))
    }
    durations = make(client.Histogram, DURATION, { buckets: BUCKETS })
    for (const gauge of GAUGES) {
      make(client.Gauge, [gauge.name, gauge.labelNames, gauge.help], {
        /** @this {import('prom-client').Gauge} */
        collect () {
          this.reset()
          for (const { labels, value } of latest.values(gauge)) this.set(labels, value)
        }
      })
    }
  } catch (error) {
    remove()
    throw error
  }

  const subscriptions = [
    subscribe('kafka-node-native:send', ({ clientId, bytes, partitions }) => {
      count('sent_bytes_total', { client_id: clientId }, bytes)
      for (const { topic, count: records } of partitions) {
        count('records_sent_total', { client_id: clientId, topic }, records)
      }
    }),
    subscribe('kafka-node-native:delivery', ({ clientId, duration, partitions }) => {
      durations.observe({ client_id: clientId }, duration / 1e3)
      for (const { topic, count: records, error } of partitions) {
        if (error === null) count('records_delivered_total', { client_id: clientId, topic }, records)
        else count('records_failed_total', { client_id: clientId, topic, error: error.name }, records)
      }
    }),
    subscribe('kafka-node-native:batch', ({ clientId, groupId, topic, count: records }) =>
      count('records_received_total', { client_id: clientId, group_id: groupId || '', topic }, records)),
    subscribe('kafka-node-native:commit', ({ clientId, groupId, error }) => {
      const labels = { client_id: clientId, group_id: groupId || '' }
      if (error === null) count('commits_total', labels, 1)
      else count('commits_failed_total', { ...labels, error: error.name }, 1)
    }),
    subscribe('kafka-node-native:rebalance', ({ clientId, groupId, type }) =>
      count('rebalances_total', { client_id: clientId, group_id: groupId || '', type }, 1)),
    subscribe('kafka-node-native:connection', ({ clientId, host, port, state }) => {
      const broker = port === 0 ? host : `${host}:${port}`
      count('connection_changes_total', { client_id: clientId, broker, state }, 1)
    }),
    subscribe('kafka-node-native:error', ({ clientId, groupId, operation, error }) => count('errors_total',
      { client_id: clientId, group_id: groupId || '', operation: operation || '', error: error.name }, 1)),
    subscribe('kafka-node-native:statistics', message => latest.heard(message))
  ]
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe()
    remove()
  }
}

exports.register = register
