'use strict'

const { version } = require('./package.json')
const { subscribe } = require('./core/diagnostics')
const { hook } = require('./core/hook')
const {
  COMMIT, DESTINATION, ERROR_TYPE, GROUP, RECEIVE, SEND, nativeErrorName
} = require('./opentelemetry/attributes')
const { Guard } = require('./opentelemetry/guard')
const { Spans } = require('./opentelemetry/spans')
const { statisticsMetrics } = require('./opentelemetry/statistics')

/**
 * Spans and metrics by OpenTelemetry's conventions for messaging, of clients of either API. What they are made with is
 * the user's own `@opentelemetry/api`.
 *
 * @typedef {import('./opentelemetry').Api} Api
 * @typedef {import('./opentelemetry/attributes').Attributes} Attributes
 */

const NAME = 'kafka-node-native'

/** Seconds: the conventions' own. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** @param {string} description */
const inSeconds = description => ({ description, unit: 's', advice: { explicitBucketBoundaries: BUCKETS } })
/** @param {string} description */
const ofMessages = description => ({ description, unit: '{message}' })

/**
 * @param {Api} api
 * @param {import('./opentelemetry').RegisterOptions} [options]
 * @returns {() => void}
 */
function register (api, { inject = true, meterProvider, tracerProvider } = {}) {
  if (!api || !api.trace || typeof api.trace.getTracer !== 'function' || !api.metrics ||
      typeof api.metrics.getMeter !== 'function') {
    throw new TypeError('register needs the module @opentelemetry/api: register(require(\'@opentelemetry/api\'))')
  }
  if (hook.current !== null) {
    throw new Error('OpenTelemetry is registered already: what register has returned ends that')
  }
  const guard = new Guard(api.diag)
  const tracer = (tracerProvider || api.trace).getTracer(NAME, version)
  const meter = (meterProvider || api.metrics).getMeter(NAME, version)
  const operations = meter.createHistogram('messaging.client.operation.duration',
    inSeconds('Duration of messaging operations of producers and consumers'))
  const processing = meter.createHistogram('messaging.process.duration', inSeconds('Duration of handlers'))
  const sent = meter.createCounter('messaging.client.sent.messages',
    ofMessages('Messages that were sent, or failed to be'))
  const consumed = meter.createCounter('messaging.client.consumed.messages', ofMessages('Messages that have arrived'))
  const statistics = statisticsMetrics(meter, guard)

  /**
   * @template {keyof import('./diagnostics').DiagnosticsMessages} Name
   * @param {Name} name
   * @param {(message: import('./diagnostics').DiagnosticsMessages[Name]) => void} listener
   */
  const listen = (name, listener) => subscribe(name, message => guard.call(() => listener(message), undefined))
  const ends = [
    listen('kafka-node-native:delivery', ({ partitions }) => {
      for (const { topic, count, error } of partitions) {
        /** @type {Attributes} */
        const attributes = { ...SEND, [DESTINATION]: topic }
        if (error !== null) attributes[ERROR_TYPE] = nativeErrorName(error.name)
        sent.add(count, attributes)
      }
    }),
    listen('kafka-node-native:batch', ({ groupId, topic, count }) => {
      /** @type {Attributes} */
      const attributes = { ...RECEIVE, [DESTINATION]: topic }
      if (groupId !== null) attributes[GROUP] = groupId
      consumed.add(count, attributes)
    }),
    listen('kafka-node-native:commit', ({ duration, error, groupId, partitions }) => {
      /** @type {Attributes} */
      const attributes = { ...COMMIT }
      if (groupId !== null) attributes[GROUP] = groupId
      const topics = new Set(partitions.map(({ topic }) => topic))
      if (topics.size === 1) attributes[DESTINATION] = partitions[0].topic
      if (error !== null) attributes[ERROR_TYPE] = nativeErrorName(error.name)
      operations.record(duration / 1e3, attributes)
    }),
    listen('kafka-node-native:statistics', statistics.heard),
    statistics.end
  ]
  const own = new Spans({ api, guard, inject, operations, processing, tracer })
  hook.current = own
  return () => {
    if (hook.current !== own) return
    hook.current = null
    for (const end of ends) end()
  }
}

exports.register = register
