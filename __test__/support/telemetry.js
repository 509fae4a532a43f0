'use strict'

// OpenTelemetry's real SDK, as a user would set it up, with exporters that keep everything in memory.

const api = require('@opentelemetry/api')
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks')
const { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } = require('@opentelemetry/core')
const {
  AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader
} = require('@opentelemetry/sdk-metrics')
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base')

const { register } = require('../../opentelemetry')
const { Collected } = require('./kafkajs-clients')

/** The test ends it itself: what a reader exports in between is of no interest. */
const NEVER = 2 ** 31 - 1

api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
api.propagation.setGlobalPropagator(new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()]
}))

/** Registered for one test. */
class Telemetry {
  /**
   * @param {import('node:test').TestContext} context
   * @param {{ inject?: boolean }} [options]
   * @param {Partial<import('../../opentelemetry').Api>} [parts] in the place of the API's own
   */
  constructor (context, options = {}, parts = {}) {
    this.ended = new Collected()
    const exporter = new InMemorySpanExporter()
    const exported = new SimpleSpanProcessor(exporter)
    this.processor = {
      onStart () {},
      // what has been exported counts
      onEnd: () => {
        for (const span of exporter.getFinishedSpans().slice(this.ended.all.length)) this.ended.add(span)
      },
      forceFlush: async () => {},
      shutdown: async () => {}
    }
    this.tracerProvider = new BasicTracerProvider({ spanProcessors: [exported, this.processor] })
    this.metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    this.reader = new PeriodicExportingMetricReader({ exporter: this.metrics, exportIntervalMillis: NEVER })
    const meterProvider = new MeterProvider({ readers: [this.reader] })
    this.tracer = this.tracerProvider.getTracer('the user\'s own')
    this.unregister = register({ ...api, ...parts },
      { tracerProvider: this.tracerProvider, meterProvider, ...options })
    context.after(async () => {
      this.unregister()
      await meterProvider.shutdown()
      await this.tracerProvider.shutdown()
    })
  }

  /** @returns {Promise<any[]>} the first spans with this name, when there are so many */
  async spans (name, count = 1) {
    const of = () => this.ended.all.filter(span => span.name === name)
    await this.ended.until(() => of().length >= count)
    return of().slice(0, count)
  }

  /** A span of the user's own around a call. */
  within (name, call) {
    return this.tracer.startActiveSpan(name, async span => {
      try {
        return await call(span)
      } finally {
        span.end()
      }
    })
  }

  /**
   * @param {string} name of a metric
   * @param {Record<string, string | number>} attributes that it has, among others
   * @returns {Promise<Array<{ attributes: any, value: any }>>}
   */
  async points (name, attributes) {
    const metric = (await this.collect()).find(({ descriptor }) => descriptor.name === name)
    const points = metric === undefined ? [] : /** @type {any[]} */ (metric.dataPoints)
    return points.filter(point => Object.entries(attributes).every(([key, value]) => point.attributes[key] === value))
  }

  /** The value of the only point with these attributes. */
  async value (name, attributes) {
    const points = await this.points(name, attributes)
    if (points.length !== 1) throw new Error(`${points.length} points of ${name}: ${JSON.stringify(points)}`)
    return points[0].value
  }

  async collect () {
    await this.reader.forceFlush()
    const all = this.metrics.getMetrics()
    return all[all.length - 1].scopeMetrics.flatMap(({ metrics }) => metrics)
  }

  /** All that was told, as text. */
  async text () {
    const spans = this.ended.all.map(({ name, attributes, status, events, links }) =>
      ({ name, attributes, status, events, links }))
    return JSON.stringify([spans, await this.collect()])
  }
}

module.exports = { Telemetry, api }
