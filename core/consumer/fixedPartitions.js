'use strict'

const { nextTick } = require('../scheduling/timers')
const { ASSIGNMENT_CHANGE } = require('./pauseReasons')

/**
 * The partitions of a consumer that chooses them itself.
 *
 * While the choice changes, nothing is handed out: the new assignment starts at the positions, so these must stand
 * still until the native thread has taken it over.
 *
 * @typedef {{ topic: string, partition: number, offset: number }} Position where to continue reading
 */
class FixedPartitions {
  /**
   * @param {import('./recordPump').RecordPump} pump
   * @param {() => Position[]} wanted what to read now; if a partition is listed twice, the first entry counts
   */
  constructor (pump, wanted) {
    this.pump = pump
    this.wanted = wanted
    /** @type {string | null} what was assigned last, to see whether it changes; null to assign in any case */
    this.assigned = ''
    this.scheduled = false
    this.stopped = false
    /** assignments that the native side has not confirmed yet */
    this.unconfirmed = 0
  }

  /**
   * Reads what is wanted and nothing else. Calls made in one tick are carried out together, after the slice that they
   * were made in.
   *
   * @param {boolean} [anew] even if these partitions are being read already: positions have been set
   */
  change (anew) {
    if (anew) this.assigned = null
    this.pump.pause(ASSIGNMENT_CHANGE)
    if (this.scheduled) return
    this.scheduled = true
    nextTick(() => {
      this.scheduled = false
      this.assign()
    })
  }

  assign () {
    const { handle } = this.pump
    if (this.stopped) return
    /** @type {Map<string, Position>} */
    const positions = new Map()
    for (const position of this.wanted()) {
      const key = `${position.topic}/${position.partition}`
      // librdkafka takes each once
      if (!positions.has(key)) positions.set(key, position)
    }
    const assigned = [...positions.keys()].sort().join()
    if (handle && assigned !== this.assigned) {
      this.assigned = assigned
      this.unconfirmed++
      handle.command({ type: 'setAssignment', partitions: [...positions.values()] })
    } else if (this.unconfirmed === 0) {
      this.pump.unpause(ASSIGNMENT_CHANGE)
    }
  }

  /** The native side has adopted an assignment: the pump can tell which records predate it. */
  confirmed () {
    if (this.unconfirmed > 0) this.unconfirmed--
    if (this.unconfirmed === 0 && !this.scheduled) this.pump.unpause(ASSIGNMENT_CHANGE)
  }

  stop () {
    this.stopped = true
  }
}

module.exports = { FixedPartitions }
