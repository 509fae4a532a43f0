'use strict'

const { ConsumerHandle, ProducerHandle } = require('../handles/index')
const { setImmediate } = require('../scheduling/timers')

/**
 * Handles of group members, of all clients: a commit as a member may go through another client.
 *
 * @type {Set<ConsumerHandle>}
 */
const members = new Set()

/**
 * The native handles of one client. Producers with the same settings share one.
 *
 * @typedef {import('../handles/requests').HandleEvents} HandleEvents
 */
class ClientHandles {
  constructor () {
    /** @type {Set<ProducerHandle | ConsumerHandle>} */
    this.open = new Set()
    /** @type {Map<string, ProducerHandle>} by their settings */
    this.producers = new Map()
  }

  /**
   * The handle for sends with these options; opened when it is first needed.
   *
   * @param {import('../protocol').ProducerOptions} options
   * @param {() => ProducerHandle} openNew
   * @returns {ProducerHandle}
   */
  producer (options, openNew) {
    const key = JSON.stringify([options.acks, options.ackTimeout, options.codec, options.queueMessages,
      options.queueKbytes, options.librdkafka])
    let handle = this.producers.get(key)
    if (handle === undefined) {
      handle = openNew()
      this.producers.set(key, handle)
      this.open.add(handle)
    }
    return handle
  }

  /**
   * @param {import('../protocol').ConsumerOptions} options
   * @param {HandleEvents & { records: (batch: import('../wire/records').RecordBatch) => void }} events
   * @returns {ConsumerHandle}
   */
  consumer (options, events) {
    const handle = new ConsumerHandle(options, events)
    this.open.add(handle)
    if (handle.isMember) members.add(handle)
    return handle
  }

  /**
   * Closes each handle once.
   *
   * @param {number} flushTimeout how long sends in flight may take, ms
   * @param {() => void} callback all have closed
   */
  close (flushTimeout, callback) {
    let left = this.open.size
    if (left === 0) {
      setImmediate(callback)
      return
    }
    const closed = () => { if (--left === 0) callback() }
    for (const handle of this.open) {
      if (handle instanceof ProducerHandle) {
        handle.close(flushTimeout, closed)
      } else {
        members.delete(handle)
        handle.close(closed)
      }
    }
  }
}

/**
 * @param {string} memberId
 * @returns {ConsumerHandle | undefined} the member's handle, in whichever client of this process it is
 */
function findMember (memberId) {
  for (const handle of members) if (handle.memberId === memberId) return handle
  return undefined
}

module.exports = { ClientHandles, findMember }
