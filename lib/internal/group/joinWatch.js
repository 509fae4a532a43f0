'use strict'

const { clearTimeout, setTimeout } = require('../../../core/scheduling/timers')
const { toGroupError, withCure } = require('../nativeErrors')
const { TimeoutError } = require('../errors')

/** How long a join may take before we look for the reason, ms. */
const JOIN_WAIT = 20000

/** How long the coordinator may take to describe the group, ms. */
const COORDINATOR_WAIT = 5000

/** The group is waiting for its other members, which ends by itself: at the latest with their sessions. */
const REBALANCING = new Set(['PreparingRebalance', 'CompletingRebalance'])

/**
 * Tells a group that cannot be joined, with the reason, once until it has been joined.
 *
 * @typedef {import('../../../core/errors').ErrorData} ErrorData
 */
class JoinWatch {
  /**
   * @param {object} group
   * @param {string} group.groupId
   * @param {() => InstanceType<typeof import('../../kafkaClient')>} group.client
   * @param {() => import('../../../core/handles/index').ConsumerHandle} group.handle the member's
   * @param {(error: Error) => void} group.tell
   */
  constructor (group) {
    this.group = group
    /** @type {NodeJS.Timeout | null} */
    this.timer = null
    this.waiting = false
    this.told = false
    /** @type {Set<number>} codes of refusals that have been reported */
    this.refusals = new Set()
    /** @type {ErrorData | null} librdkafka's last error about the group, which it would get over by itself */
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
    // the client reports outages
    if (!this.isStuck()) return this.again()
    handle().request({ op: 'describeGroup', group: groupId, timeout: COORDINATOR_WAIT },
      (error, info) => {
        if (!this.isStuck() || (!error && REBALANCING.has(info.state))) return this.again()
        this.told = true
        const failure = this.failureOf(error || this.reason)
        failure.message = `Group ${groupId} has not been joined for ${JOIN_WAIT / 1000} s, but keeps trying: ` +
          failure.message
        this.group.tell(failure)
      })
  }

  /** @param {ErrorData | null} reason @returns {Error} */
  failureOf (reason) {
    const failure = reason
      ? toGroupError(reason, COORDINATOR_WAIT)
      : new TimeoutError('the coordinator has not answered the request to join')
    return withCure(failure, this.group.client()._connections.advertised.unreachable())
  }

  isStuck () {
    const client = this.group.client()
    return this.waiting && !this.told && client.ready && !client.closing && !client._connections.outage
  }

  again () {
    if (this.waiting && !this.told && !this.group.client().closing) this.start()
  }
}

module.exports = { JoinWatch }
