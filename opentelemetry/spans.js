'use strict'

const {
  CLIENT_ID, COUNT, DESTINATION, ERROR_TYPE, GROUP, OFFSET, PARTITION, PROCESS, SEND, errorClass, sendErrorType
} = require('./attributes')
const { getter, setter } = require('./carried')
const { afterwards } = require('../core/diagnostics')
const { hook } = require('../core/hook')
const { monotonicNow } = require('../core/scheduling/clock')
const { AddedHeaders } = require('../core/wire/addedHeaders')

/**
 * Spans around sends and handlers, and how long these take.
 *
 * @typedef {import('@opentelemetry/api').Context} Context
 * @typedef {import('@opentelemetry/api').Histogram} Histogram
 * @typedef {import('@opentelemetry/api').Link} Link
 * @typedef {import('@opentelemetry/api').Span} Span
 * @typedef {import('@opentelemetry/api').Tracer} Tracer
 * @typedef {import('../core/handles/producerHandle').ProduceBatch} ProduceBatch
 * @typedef {import('../core/hook').Hook} Hook
 * @typedef {import('../core/hook').Sending} Sending
 * @typedef {import('../core/hook').Work} Work
 * @typedef {import('../opentelemetry').Api} Api
 * @typedef {import('./attributes').Attributes} Attributes
 * @typedef {import('./guard').Guard} Guard
 *
 * @typedef {object} Parts
 * @property {Api} api
 * @property {Guard} guard
 * @property {Tracer} tracer
 * @property {boolean} inject whether records get the context of their send
 * @property {Histogram} operations s
 * @property {Histogram} processing s
 */

/** Links that a batch has at most, which is also what SDKs keep. */
const MOST_LINKS = 128

/** A span, and what it takes to end it. Of an error it has no text, which may have anything in it. */
class Operation {
  /**
   * @param {Parts} parts
   * @param {Histogram} durations
   * @param {Span} span
   * @param {Context} context with the span
   * @param {Attributes} measured what its duration is measured with
   */
  constructor (parts, durations, span, context, measured) {
    this.parts = parts
    this.durations = durations
    this.span = span
    this.context = context
    this.measured = measured
    this.start = monotonicNow()
  }

  /** @param {string | null} errorType */
  end (errorType) {
    const { api, guard } = this.parts
    const { context, durations, measured, span } = this
    const seconds = (monotonicNow() - this.start) / 1e3
    guard.call(() => {
      if (errorType === null) return
      span.setAttribute(ERROR_TYPE, errorType)
      span.setStatus({ code: api.SpanStatusCode.ERROR })
    }, undefined)
    guard.call(() => span.end(), undefined)
    guard.call(() => durations.record(
      seconds, errorType === null ? measured : { ...measured, [ERROR_TYPE]: errorType }, context), undefined)
  }
}

/** @implements {Sending} */
class TracedSend {
  /**
   * @param {Parts} parts
   * @param {Operation} operation
   */
  constructor (parts, operation) {
    this.parts = parts
    this.operation = operation
    this.isSettled = false
    /** @type {AddedHeaders | null} */
    this.added = null
  }

  /** @param {ProduceBatch[]} batches */
  chosen (batches) {
    const { guard, inject } = this.parts
    guard.call(() => {
      if (batches.length === 1) this.operation.span.setAttribute(PARTITION, String(batches[0].partition))
    }, undefined)
    if (!inject) return
    guard.call(() => {
      if (this.added === null) this.added = new AddedHeaders(this.headers())
      for (const { records } of batches) this.added.addTo(records)
    }, undefined)
  }

  headers () {
    /** @type {Map<string, string>} */
    const headers = new Map()
    this.parts.api.propagation.inject(this.operation.context, headers, setter)
    return headers
  }

  /** @param {unknown} error */
  settled (error) {
    if (this.isSettled) return
    this.isSettled = true
    const { guard } = this.parts
    this.operation.end(error === null ? null : guard.call(() => sendErrorType(error), '_OTHER'))
  }
}

/**
 * In the place of a send whose span could not be made.
 *
 * @type {Sending}
 */
const UNTOLD = { chosen () {}, settled () {} }

/** @implements {Hook} */
class Spans {
  /** @param {Parts} parts */
  constructor (parts) {
    this.parts = parts
  }

  /**
   * @param {string} clientId
   * @param {() => Array<{ topic: string, count: number }>} describe
   * @returns {Sending}
   */
  send (clientId, describe) {
    return this.parts.guard.call(() => this.beginSend(clientId, describe()), UNTOLD)
  }

  /**
   * @param {string} clientId
   * @param {Array<{ topic: string, count: number }>} payloads
   */
  beginSend (clientId, payloads) {
    const { api, tracer, operations } = this.parts
    const topics = new Set(payloads.map(({ topic }) => topic))
    const count = payloads.reduce((sum, { count }) => sum + count, 0)
    // of several topics none is the destination
    const [topic] = topics.size === 1 ? topics : [undefined]
    /** @type {Attributes} */
    const measured = { ...SEND }
    if (topic !== undefined) measured[DESTINATION] = topic
    /** @type {Attributes} */
    const attributes = { ...measured, [CLIENT_ID]: clientId, [COUNT]: count }
    const parent = api.context.active()
    const name = topic === undefined ? 'send' : `send ${topic}`
    const span = tracer.startSpan(name, { kind: api.SpanKind.PRODUCER, attributes }, parent)
    const context = api.trace.setSpan(parent, span)
    return new TracedSend(this.parts, new Operation(this.parts, operations, span, context, measured))
  }

  /**
   * @template T
   * @param {Work} work
   * @param {() => T} call
   * @returns {T}
   */
  handle (work, call) {
    const { api, guard } = this.parts
    // a batch under way when this was taken out
    if (hook.current !== this) return call()
    const operation = guard.call(() => this.beginProcess(work), null)
    if (operation === null) return call()
    /** @type {{ value: T } | null} */
    let returned = null
    /** @type {{ error: unknown } | null} */
    let thrown = null
    const make = () => {
      try {
        returned = { value: call() }
      } catch (error) {
        thrown = { error }
      }
    }
    guard.call(() => api.context.with(operation.context, make), undefined)
    // a context manager that has failed before
    if (returned === null && thrown === null) make()
    return this.outcome(operation, returned, thrown)
  }

  /**
   * @template T
   * @param {Operation} operation
   * @param {{ value: T } | null} returned
   * @param {{ error: unknown } | null} thrown
   * @returns {T}
   */
  outcome (operation, returned, thrown) {
    const failed = (/** @type {unknown} */ error) => {
      operation.end(this.parts.guard.call(() => errorClass(error), '_OTHER'))
      throw error
    }
    if (thrown !== null) return failed(thrown.error)
    const { value } = /** @type {{ value: any }} */ (returned)
    if (value && typeof value.then === 'function') {
      return /** @type {any} */ (afterwards(value, result => {
        operation.end(null)
        return result
      }, failed))
    }
    operation.end(null)
    return value
  }

  /** @param {Work} work */
  beginProcess (work) {
    const { api, tracer, processing } = this.parts
    const { clientId, groupId, messages, offset, partition, topic } = work
    /** @type {Attributes} */
    const measured = { ...PROCESS, [DESTINATION]: topic }
    if (groupId !== null) measured[GROUP] = groupId
    /** @type {Attributes} */
    const attributes = { ...measured, [CLIENT_ID]: clientId, [PARTITION]: String(partition) }
    // what was active when the consumer was started has long ended
    let parent = api.trace.deleteSpan(api.context.active())
    /** @type {Link[] | undefined} */
    let links
    if (offset === null) {
      attributes[COUNT] = messages.length
      links = this.links(parent, work)
    } else {
      attributes[OFFSET] = offset
      parent = this.extract(parent, work, messages[0])
    }
    const span = tracer.startSpan(`process ${topic}`, { kind: api.SpanKind.CONSUMER, attributes, links }, parent)
    return new Operation(this.parts, processing, span, api.trace.setSpan(parent, span), measured)
  }

  /**
   * @param {Context} context
   * @param {Work} work
   * @param {Work['messages'][number]} message
   * @returns {Context} with what the record's headers carry
   */
  extract (context, { encoding }, { headers }) {
    const { api, guard } = this.parts
    if (!headers) return context
    return guard.call(() => api.propagation.extract(context, { headers, encoding }, getter), context)
  }

  /**
   * @param {Context} context
   * @param {Work} work
   * @returns {Link[]} to the sends that the records of a batch come from, each once
   */
  links (context, work) {
    const { api } = this.parts
    /** @type {Map<string, Link>} */
    const links = new Map()
    for (const message of work.messages) {
      const origin = api.trace.getSpanContext(this.extract(context, work, message))
      if (origin === undefined || !api.isSpanContextValid(origin)) continue
      links.set(`${origin.traceId} ${origin.spanId}`, { context: origin })
      if (links.size === MOST_LINKS) break
    }
    return [...links.values()]
  }
}

module.exports = { Spans }
