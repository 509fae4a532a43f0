'use strict'

const { setImmediate } = require('../scheduling/timers')

/**
 * Sends that cannot proceed at once hold back later ones to the same topics, and only those: what is sent first is
 * written first, even if the connection or a look-up of the topic intervenes.
 *
 * @typedef {{ topics: string[], ahead: number, run: (finished: () => void) => void }} WaitingSend `ahead`: how
 *   many of its topics have an earlier send waiting
 */
class TopicSendQueue {
  constructor () {
    /** @type {Map<string, WaitingSend[]>} oldest first */
    this.byTopic = new Map()
    /** @type {WaitingSend[]} those whose turn has come */
    this.runnable = []
    this.isRunning = false
    this.resume = this.resume.bind(this)
  }

  /**
   * @param {string} topic
   * @returns {boolean} whether sends to it wait
   */
  has (topic) {
    return this.byTopic.size > 0 && this.byTopic.has(topic)
  }

  /**
   * @param {string[]} topics of the send, each once
   * @param {(finished: () => void) => void} run called when its turn has come, which may be at once; it may throw
   *   after it has called `finished`
   */
  enter (topics, run) {
    /** @type {WaitingSend} */
    const send = { topics, ahead: 0, run }
    for (const topic of topics) {
      const waiting = this.byTopic.get(topic)
      if (waiting === undefined) this.byTopic.set(topic, [send])
      else {
        waiting.push(send)
        send.ahead++
      }
    }
    if (send.ahead > 0) return
    this.runnable.push(send)
    this.resume()
  }

  /** @param {WaitingSend} send */
  leave ({ topics }) {
    for (const topic of topics) {
      const waiting = /** @type {WaitingSend[]} */ (this.byTopic.get(topic))
      waiting.shift()
      if (waiting.length === 0) this.byTopic.delete(topic)
      else if (--waiting[0].ahead === 0) this.runnable.push(waiting[0])
    }
    this.resume()
  }

  /** Runs what is runnable; in a loop, because thousands may have waited. */
  resume () {
    if (this.isRunning) return
    this.isRunning = true
    try {
      for (let send = this.runnable.shift(); send !== undefined; send = this.runnable.shift()) {
        const current = send
        current.run(() => this.leave(current))
      }
    } finally {
      this.isRunning = false
      // a callback has thrown: the others get their turn all the same
      if (this.runnable.length > 0) setImmediate(this.resume)
    }
  }
}

module.exports = { TopicSendQueue }
