'use strict'

const { BrokerNotAvailableError, TimeoutError } = require('../errors')
const { emitAll } = require('../emitAll')
const { CODE } = require('../nativeErrors')
const { RetrySchedule } = require('../retrySchedule')
const { toMetadata } = require('./metadata')
const { callAll } = require('../../../core/scheduling/callAll')
const { clearTimeout, setImmediate, setTimeout } = require('../../../core/scheduling/timers')

/** During a known outage an attempt to connect fails after this time, ms; librdkafka retries as often. */
const DOWN_GRACE = 150

/**
 * How long the first answer of the whole cluster may take once its brokers are known, ms. With brokers that cannot be
 * reached at the addresses that they advertise, it may never come.
 */
const ADVERTISED_WAIT = 1000

/**
 * One attempt to connect.
 *
 * @typedef {object} Attempt
 * @property {(error: Error) => void} failed
 * @property {(error: Error) => void} unanswered the request for the cluster's metadata has failed
 * @property {() => void} succeeded even if it is abandoned
 * @property {(error: Error) => void} down no broker answers: it fails unless that changes at once
 */

/**
 * Gets a client ready, in attempts like kafka-node's; librdkafka itself connects, and keeps trying, without them.
 *
 * @typedef {InstanceType<typeof import('../../kafkaClient')>} KafkaClient
 */
class Connector {
  /** @param {KafkaClient} client */
  constructor (client) {
    this.client = client
    /** @type {Attempt | null} the one in progress */
    this.attempt = null
    /** @type {NodeJS.Timeout | null} */
    this.retryTimer = null
    /** @type {NodeJS.Timeout | null} until the client makes do with what it knows of the brokers */
    this.advertisedTimer = null
    /** whether topics and controller have yet to be learned: the brokers alone made the client ready */
    this.hasBrokersOnly = false
    /** whether the request for the cluster's metadata is in flight */
    this.isAsking = false
    /** whether the brokers were down when the client began to connect */
    this.cameLate = false
  }

  /** @param {import('../../../index').RetryOptions} retryOptions of the attempts */
  start (retryOptions) {
    const { client } = this
    const schedule = new RetrySchedule(retryOptions)
    // not at once: a consumer that is built on this client in the same tick shares its handle
    setImmediate(() => {
      // connected in the meantime, if the answer to an earlier attempt came late
      if (client.closing || !client.connecting) return
      try {
        if (!client._primary) client._openPrimary()
      } catch (error) {
        client.connecting = false
        client._release()
        emitAll(client, 'error', error)
        return
      }
      this.try(schedule)
    })
  }

  /** The client closes. */
  stop () {
    clearTimeout(this.retryTimer)
    clearTimeout(this.advertisedTimer)
    if (this.attempt) this.attempt.succeeded()
  }

  /** @param {RetrySchedule} schedule */
  try (schedule) {
    const { client } = this
    const { connectTimeout } = client._native()
    const tooLate = () => new TimeoutError(`Connection timeout of ${connectTimeout}ms exceeded`)
    let isDown = false
    /** @type {NodeJS.Timeout | null} */
    let timer = setTimeout(() => attempt.failed(tooLate()), connectTimeout)
    /** @type {Attempt} */
    const attempt = {
      failed: (/** @type {Error} */ error) => {
        if (this.attempt !== attempt) return
        clearTimeout(timer)
        this.attempt = null
        const pause = schedule.next(error)
        if (pause === null) this.giveUp(schedule.mainError())
        else this.retryTimer = setTimeout(() => this.try(schedule), pause)
      },
      // librdkafka has a clock of its own, by which a silent broker counts as one that is not there
      unanswered: (/** @type {Error} */ error) => attempt.failed(isDown || !isSilence(error) ? error : tooLate()),
      succeeded: () => clearTimeout(timer),
      down: (/** @type {Error} */ error) => {
        // librdkafka says so with each of its own attempts: only the first one starts the clock
        if (isDown) return
        isDown = true
        this.cameLate = true
        clearTimeout(timer)
        timer = setTimeout(attempt.failed, DOWN_GRACE, error)
      }
    }
    this.attempt = attempt
    client._connections.askForTokensAgain()
    const { outage } = client._connections
    if (outage) attempt.down(outage)
    this.ask()
  }

  /** @param {Error} error of the attempts */
  giveUp (error) {
    const { client } = this
    client.connecting = false
    client._release()
    const calls = client._waiter.take(new BrokerNotAvailableError('Broker not available (loadMetadataForTopics)'))
    // a refusal by the broker, or of its certificate, was reported at once
    if (!client._connections.hasTold(error)) calls.push(() => emitAll(client, 'error', error))
    callAll(calls)
  }

  /**
   * No broker answers.
   *
   * @param {Error} error
   */
  down (error) {
    if (this.attempt) this.attempt.down(error)
  }

  /** Asks for the cluster's metadata. The answer makes the client ready, even between two attempts to connect. */
  ask () {
    if (this.isAsking) return
    this.isAsking = true
    const { client } = this
    const wasUp = client._connections.up.size > 0
    client._request(client._primary, { op: 'metadata', topics: null, timeout: client._native().connectTimeout },
      (error, result) => {
        this.isAsking = false
        if (client.closing) return
        if (this.hasBrokersOnly && !error) {
          this.hasBrokersOnly = false
          client.updateMetadatas(toMetadata(result), true)
        }
        if (!client.connecting) return
        if (!error) return this.connected(result)
        if (this.attempt) this.attempt.unanswered(error)
        // the broker came up while the request was being abandoned
        if (!wasUp && client._connections.up.size > 0 && client.connecting) {
          setTimeout(() => this.brokerCame(), DOWN_GRACE).unref()
        }
      })
  }

  /** A broker is there. The next attempt may be far off, as the pauses grow, so it is asked now. */
  brokerCame () {
    if (this.client.connecting && !this.client.closing) this.ask()
  }

  /** The brokers have advertised their addresses. */
  brokersLearned () {
    if (this.client.connecting) this.advertisedTimer = setTimeout(() => this.bootstrapped(), ADVERTISED_WAIT)
  }

  /**
   * A broker has answered at its address in `kafkaHost`, and none does at the one that it advertises: as with
   * kafka-node, the answer makes the client ready.
   */
  bootstrapped () {
    const { client } = this
    if (client.closing || !client.connecting) return
    this.hasBrokersOnly = true
    const { advertised } = client._connections
    const brokers = advertised.all().map(({ id, host, port }) => ({ nodeId: id, host, port }))
    this.connected({ brokers, topics: [], controllerId: undefined })
  }

  /** @param {import('./metadata').Answer} metadata */
  connected (metadata) {
    const { client } = this
    this.stop()
    this.attempt = null
    client.connecting = false
    client.updateMetadatas(toMetadata(metadata), true)
    const calls = client._connections.clusterAnswered()
    client.ready = true
    callAll([...calls, () => emitAll(client, 'ready'), ...client._waiter.take(null)])
  }
}

/** @param {Error & { code?: unknown, native?: import('../nativeErrors').NativeError }} error of a request */
function isSilence (error) {
  return error instanceof TimeoutError || (error.native !== undefined && error.native.code === CODE.TRANSPORT)
}

module.exports = { Connector }
