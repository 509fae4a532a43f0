'use strict'

// Reads what is in the cluster itself, with none of the clients under test.

const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')

const kafka = require('../support/kafka')
const { readTransactions } = require('../support/log-reader')

/** More than transactions take to time out. */
const PATIENCE_MS = 90000
const AGAIN_MS = 300

class Auditor {
  /** @param {{ brokers: string, topic: string, folder: string }} options */
  constructor ({ brokers, topic, folder }) {
    this.brokers = brokers
    this.topic = topic
    this.file = path.join(folder, 'auditor.events')
    fs.writeFileSync(this.file, '')
  }

  /** @param {string} f @param {Record<string, any>} more */
  note (f, more) {
    const at = Number(process.hrtime.bigint() / 1000n)
    fs.appendFileSync(this.file, `${JSON.stringify([Date.now(), f, 'ok', { at, ...more }])}\n`)
  }

  /** @param {string} group */
  async readCommitted (group) {
    const found = await kafka.committed(this.brokers, group, this.topic)
    this.note('committed', {
      group, offsets: Object.entries(found).map(([partition, { offset }]) => [Number(partition), offset])
    })
  }

  /**
   * The whole log, once no transaction is open any more.
   *
   * @returns {Promise<{ partition: number, offset: number, isVisible: boolean }[]>}
   */
  async readLog () {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      /** @type {unknown} */
      let trouble
      try {
        const { records, open } = await readTransactions(this.brokers, this.topic)
        if (open === 0) {
          this.note('log', {
            records: records.map(({ partition, offset, value, isVisible }) =>
              [partition, offset, String(value), isVisible])
          })
          return records
        }
        trouble = `${open} transactions are still open`
      } catch (error) {
        // leaders may still be moving
        trouble = error
      }
      if (Date.now() > deadline) throw new Error(`The log cannot be read: ${trouble}`)
      await delay(AGAIN_MS)
    }
  }
}

module.exports = { Auditor }
