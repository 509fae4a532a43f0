'use strict'

/**
 * What becomes of a send: it settles the send's promise when every part of it is complete.
 *
 * @typedef {import('../../core/handles/producerHandle').ProduceBatch} ProduceBatch
 */
class SendOutcome {
  /**
   * @param {import('./sender').Sender} sender
   * @param {import('./sender').Send} send
   * @param {import('./records').PartitionMessages[]} batches in the order of the result
   */
  constructor (sender, send, batches) {
    this.sender = sender
    this.send = send
    this.batches = batches
    this.waiting = 0
    this.isAbandoned = false
    this.records = 0
    this.bytes = 0
    for (const { bytes, values } of batches) {
      this.records += values.length
      this.bytes += bytes
    }
  }

  /**
   * @param {Array<ProduceBatch & { baseOffset?: number, code?: number }>} batches those of the part
   * @param {Float64Array} reports
   * @param {number} at
   */
  done (batches, reports, at) {
    for (let i = 0; i < batches.length; i++) {
      batches[i].baseOffset = reports[at + 2 * i]
      batches[i].code = reports[at + 2 * i + 1]
    }
    if (--this.waiting === 0) this.sender.complete(this)
  }

  failedWithoutReport () {
    this.isAbandoned = true
    if (--this.waiting === 0) this.sender.complete(this)
  }
}

module.exports = { SendOutcome }
