'use strict'

const { clearTimeout, setTimeout } = require('../../core/scheduling/timers')
const { toGroupError, withCure } = require('./nativeErrors')
const TimeoutError = require('../errors/TimeoutError')

/** How long a join may take before the reason is looked for, ms. */
const JOIN_WAIT = 20000

/** How long the coordinator may take to say how the group is, ms. */
const COORDINATOR_WAIT = 5000

/** The group waits for its other members: that ends by itself, with their sessions if need be. */
const REBALANCING = new Set(['PreparingRebalance', 'CompletingRebalance'])

/** Tells a group that cannot be joined, with the reason, once until it has been joined. */
class JoinWatch {
  /**
   * @param {object} group
   * @param {string} group.groupId
   * @param {() => any} group.client its KafkaClient
   * @param {() => any} group.handle the member's ConsumerHandle
   * @param {(error: Error) => void} group.tell
   */
  constructor (group) {
    this.group = group
    /** @type {any} */
    this.timer = null
    this.waiting = false
    this.told = false
    /** @type {Set<number>} codes of refusals that have been told */
    this.refusals = new Set()
    /** @type {any} the last error that librdkafka had about the group, which it would get over by itself */
    this.reason = null
  }

  /** The group is being joined. */
  start () {
    this.waiting = true
    if (this.timer || this.told) return
    this.reason = null
    this.timer = setTimeout(() => this.look(), JOIN_WAIT)
    this.timer.unref()
  }

  /** It has been joined, or left. */
  stop () {
    this.waiting = false
    this.told = false
    this.refusals.clear()
    clearTimeout(this.timer)
    this.timer = null
  }

  /**
   * librdkafka joins again after a refusal, and is refused again.
   *
   * @param {number} code
   * @returns {boolean} whether the user has not been told yet
   */
  isFirst (code) {
    if (!this.waiting) return true
    this.told = true
    if (this.refusals.has(code)) return false
    this.refusals.add(code)
    return true
  }

  look () {
    this.timer = null
    const { groupId, handle } = this.group
    // an outage is told by the client
    if (!this.isStuck()) return this.again()
    handle().request({ op: 'describeGroup', group: groupId, timeout: COORDINATOR_WAIT },
      (/** @type {any} */ error, /** @type {any} */ info) => {
        if (!this.isStuck() || (!error && REBALANCING.has(info.state))) return this.again()
        this.told = true
        const failure = this.failureOf(error || this.reason)
        failure.message = `Group ${groupId} has not been joined for ${JOIN_WAIT / 1000} s, and goes on trying: ` +
          failure.message
        this.group.tell(failure)
      })
  }

  /** @param {any} reason @returns {Error} */
  failureOf (reason) {
    const failure = reason
      ? toGroupError(reason, COORDINATOR_WAIT)
      : new TimeoutError('the coordinator has not answered the request to join')
    return withCure(failure, this.group.client()._advertised.unreachable())
  }

  isStuck () {
    const client = this.group.client()
    return this.waiting && !this.told && client.ready && !client.closing && !client._outage
  }

  again () {
    if (this.waiting && !this.told && !this.group.client().closing) this.start()
  }
}

module.exports = { JoinWatch }
