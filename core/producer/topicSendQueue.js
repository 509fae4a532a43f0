'use strict'

/**
 * Sends that have to wait hold back later ones to the same topics, and only those: what is sent first is written
 * first, even when the connection or a look at the topic comes in between.
 *
 * @typedef {{ topics: string[], ahead: number, run: (finished: () => void) => void }} WaitingSend `ahead`: for how many
 *   of its topics others are before it
 */
class SendLines {
  constructor () {
    /** @type {Map<string, WaitingSend[]>} oldest first */
    this.byTopic = new Map()
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
   * @param {(finished: () => void) => void} run called when its turn has come, which may be at once
   */
  enter (topics, run) {
    /** @type {WaitingSend} */
    const turn = { topics, ahead: 0, run }
    for (const topic of topics) {
      const line = this.byTopic.get(topic)
      if (line === undefined) this.byTopic.set(topic, [turn])
      else {
        line.push(turn)
        turn.ahead++
      }
    }
    if (turn.ahead === 0) this.run(turn)
  }

  /**
   * Runs a turn and those it was blocking; in a loop, because thousands may have waited.
   *
   * @param {WaitingSend} first
   */
  run (first) {
    const runnable = [first]
    let isLooping = false
    const loop = () => {
      if (isLooping) return
      isLooping = true
      for (let turn = runnable.shift(); turn !== undefined; turn = runnable.shift()) {
        const { topics, run } = turn
        run(() => {
          for (const topic of topics) {
            const line = /** @type {WaitingSend[]} */ (this.byTopic.get(topic))
            line.shift()
            if (line.length === 0) this.byTopic.delete(topic)
            else if (--line[0].ahead === 0) runnable.push(line[0])
          }
          loop()
        })
      }
      isLooping = false
    }
    loop()
  }
}

module.exports = { SendLines }
