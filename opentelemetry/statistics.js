'use strict'

const { CLIENT_ID, DESTINATION, GROUP, PARTITION, SERVER_ADDRESS, SERVER_PORT } = require('./attributes')
const { BROKER_COUNTERS, GAUGES, Latest } = require('../metrics/statistics')

/**
 * librdkafka's statistics as OpenTelemetry's metrics: those that `metrics/statistics.js` makes of them, by other names.
 *
 * @typedef {import('@opentelemetry/api').Meter} Meter
 * @typedef {import('../diagnostics').StatisticsMessage} StatisticsMessage
 * @typedef {import('./attributes').Attributes} Attributes
 * @typedef {import('./guard').Guard} Guard
 */

/**
 * By the names of Prometheus's, without their prefix.
 *
 * @type {Map<string, [name: string, unit: string]>}
 */
const NAMES = new Map([
  ['broker_connections', ['kafka.broker.connections', '{connection}']],
  ['broker_queue_latency_seconds', ['kafka.broker.queue.latency', 's']],
  ['broker_received_bytes_total', ['kafka.broker.received', 'By']],
  ['broker_request_errors_total', ['kafka.broker.request.errors', '{request}']],
  ['broker_request_retries_total', ['kafka.broker.request.retries', '{request}']],
  ['broker_request_timeouts_total', ['kafka.broker.request.timeouts', '{request}']],
  ['broker_requests_total', ['kafka.broker.requests', '{request}']],
  ['broker_rtt_seconds', ['kafka.broker.request.latency', 's']],
  ['broker_sent_bytes_total', ['kafka.broker.sent', 'By']],
  ['broker_throttle_seconds', ['kafka.broker.throttle', 's']],
  ['consumer_assigned_partitions', ['kafka.consumer.partitions', '{partition}']],
  ['consumer_lag', ['kafka.consumer.lag', '{message}']],
  ['consumer_position_lag', ['kafka.consumer.position_lag', '{message}']],
  ['consumer_queue_bytes', ['kafka.consumer.queue.size', 'By']],
  ['consumer_queue_records', ['kafka.consumer.queue.messages', '{message}']],
  ['producer_queue_bytes', ['kafka.producer.queue.size', 'By']],
  ['producer_queue_records', ['kafka.producer.queue.messages', '{message}']]
])

/** @param {string} prometheus @returns {[name: string, unit: string]} */
function named (prometheus) {
  return /** @type {[name: string, unit: string]} */ (NAMES.get(prometheus))
}

/** @param {import('../metrics/statistics').Labels} labels @returns {Attributes} */
function attributesOf ({ client_id: clientId, group_id: groupId, topic, partition, broker, ...rest }) {
  /** @type {Attributes} */
  const attributes = { [CLIENT_ID]: clientId }
  if (groupId !== undefined && groupId !== '') attributes[GROUP] = groupId
  if (topic !== undefined) attributes[DESTINATION] = topic
  if (partition !== undefined) attributes[PARTITION] = String(partition)
  if (broker !== undefined) {
    // `host:port`
    const [, host, port] = /** @type {RegExpExecArray} */ (/^([^]*?)(?::(\d+))?$/.exec(String(broker)))
    attributes[SERVER_ADDRESS] = host
    if (port !== undefined) attributes[SERVER_PORT] = Number(port)
  }
  for (const [name, value] of Object.entries(rest)) attributes[`kafka.${name}`] = value
  return attributes
}

/**
 * @param {Meter} meter
 * @param {Guard} guard
 * @returns {{ heard: (message: StatisticsMessage) => void, end: () => void }}
 */
function statisticsMetrics (meter, guard) {
  const counters = new Map(BROKER_COUNTERS.map(([prometheus, description]) => {
    const [name, unit] = named(prometheus)
    return [prometheus, meter.createCounter(name, { description, unit })]
  }))
  const latest = new Latest((prometheus, labels, value) => {
    const counter = /** @type {import('@opentelemetry/api').Counter} */ (counters.get(prometheus))
    guard.call(() => counter.add(value, attributesOf(labels)), undefined)
  })
  const ends = GAUGES.map(gauge => {
    const [name, unit] = named(gauge.name)
    const made = meter.createObservableGauge(name, { description: gauge.help, unit })
    /** @param {import('@opentelemetry/api').ObservableResult} result */
    const observe = result => guard.call(() => {
      for (const { labels, value } of latest.values(gauge)) result.observe(value, attributesOf(labels))
    }, undefined)
    made.addCallback(observe)
    return () => made.removeCallback(observe)
  })
  return {
    heard: message => latest.heard(message),
    end: () => { for (const end of ends) guard.call(end, undefined) }
  }
}

module.exports = { NAMES, statisticsMetrics }
