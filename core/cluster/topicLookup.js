'use strict'

const { callAll } = require('../scheduling/callAll')
const { nextTick, setTimeout } = require('../scheduling/timers')

/**
 * Looks topics up until they are known. What waits together is asked for together: one request is under way at a time,
 * and the next one asks for everything that has come meanwhile.
 *
 * @typedef {(error: any) => void} Callback null: all of its topics are known
 * @typedef {(errors: (topic: string) => any, isFinal?: boolean) => void} Answer `errors` tells what is wrong with a
 *   topic, null if nothing is. `isFinal`: asking again is of no use
 * @typedef {{ attempt: number, error: any, callers: Set<Caller> }} Wanted
 * @typedef {{ left: number, callback: Callback }} Caller
 */
class TopicLookup {
  /**
   * @param {object} options
   * @param {(topics: string[], answer: Answer) => void} options.ask sends one request
   * @param {number[]} options.pauses before each further attempt, ms
   * @param {() => boolean} options.isOver no further attempts
   */
  constructor ({ ask, pauses, isOver }) {
    this.ask = ask
    this.pauses = pauses
    this.isOver = isOver
    /** @type {Map<string, Wanted>} */
    this.wanted = new Map()
    /** @type {Set<string>} what the next request asks for */
    this.next = new Set()
    this.isScheduled = false
    this.isAsking = false
    this.run = this.run.bind(this)
  }

  /**
   * @param {string[]} topics
   * @param {Callback} callback
   */
  learn (topics, callback) {
    const names = new Set(topics)
    const caller = { left: names.size, callback }
    for (const topic of names) {
      const wanted = this.wanted.get(topic)
      if (wanted !== undefined) {
        wanted.callers.add(caller)
        continue
      }
      this.wanted.set(topic, { attempt: 0, error: null, callers: new Set([caller]) })
      this.next.add(topic)
    }
    this.schedule()
  }

  /** After this tick, so that all of its sends are asked for together. */
  schedule () {
    if (this.isScheduled || this.isAsking || this.next.size === 0) return
    this.isScheduled = true
    nextTick(this.run)
  }

  run () {
    this.isScheduled = false
    const topics = [...this.next]
    this.next.clear()
    this.isAsking = true
    this.ask(topics, (errors, isFinal = false) => {
      this.isAsking = false
      /** @type {string[]} */
      const again = []
      /** @type {Array<() => void>} */
      const calls = []
      let longest = 0
      for (const topic of topics) {
        const wanted = /** @type {Wanted} */ (this.wanted.get(topic))
        wanted.error = errors(topic)
        if (wanted.error !== null && !isFinal && wanted.attempt < this.pauses.length && !this.isOver()) {
          longest = Math.max(longest, this.pauses[wanted.attempt++])
          again.push(topic)
        } else {
          this.wanted.delete(topic)
          this.told(wanted, calls)
        }
      }
      if (again.length > 0) {
        setTimeout(() => {
          for (const topic of again) this.next.add(topic)
          this.schedule()
        }, longest)
      }
      this.schedule()
      callAll(calls)
    })
  }

  /**
   * @param {Wanted} wanted
   * @param {Array<() => void>} calls
   */
  told ({ callers, error }, calls) {
    for (const caller of callers) {
      if (caller.left === 0) continue
      caller.left = error === null ? caller.left - 1 : 0
      if (caller.left === 0) calls.push(() => caller.callback(error))
    }
  }
}

module.exports = { TopicLookup }
