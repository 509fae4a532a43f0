'use strict'

const { callAll } = require('../scheduling/callAll')
const { clearTimeout, nextTick, setTimeout } = require('../scheduling/timers')

/**
 * Looks topics up until they are known. Look-ups that wait together are asked together: one request is in flight at a
 * time, and the next one asks for everything that has arrived in the meantime.
 *
 * @typedef {(error: Error | null) => void} Callback null: all of its topics are known
 * @typedef {(errors: (topic: string) => Error | null, isFinal?: boolean | ((topic: string) => boolean)) => void} Answer
 *   `errors` tells what is wrong with a topic, null if nothing is. `isFinal`: asking again is of no use, for all or for
 *   a topic
 * @typedef {{ attempt: number, error: Error | null, callers: Set<Caller> }} Wanted
 * @typedef {{ left: number, callback: Callback }} Caller
 * @typedef {{ topics: string[], timer: NodeJS.Timeout }} Pause
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
    /** @type {Set<Pause>} before the next attempts */
    this.paused = new Set()
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
        const isSettled = typeof isFinal === 'function' ? isFinal(topic) : isFinal
        if (wanted.error !== null && !isSettled && wanted.attempt < this.pauses.length && !this.isOver()) {
          longest = Math.max(longest, this.pauses[wanted.attempt++])
          again.push(topic)
        } else {
          this.wanted.delete(topic)
          this.told(wanted, calls)
        }
      }
      if (again.length > 0) {
        const pause = { topics: again, timer: setTimeout(() => this.resume(pause), longest) }
        this.paused.add(pause)
      }
      this.schedule()
      callAll(calls)
    })
  }

  /** @param {Pause} pause that is over */
  resume (pause) {
    clearTimeout(pause.timer)
    this.paused.delete(pause)
    for (const topic of pause.topics) this.next.add(topic)
    this.schedule()
  }

  /** Ends all pauses, as when there is nobody left to be asked. */
  hurry () {
    for (const pause of this.paused) this.resume(pause)
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
