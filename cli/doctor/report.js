'use strict'

const { printable } = require('../output')

/**
 * @typedef {'ok' | 'note' | 'warning' | 'failure'} Status
 * @typedef {{ section: string, status: Status, text: string, fix?: string }} Step
 */

const MARKS = { ok: 'ok', note: '--', warning: 'WARN', failure: 'FAIL' }

/** What has been looked at, in order: printed at once, and kept for JSON. */
class Report {
  /** @param {import('../output').Output} output */
  constructor (output) {
    this.output = output
    /** @type {Step[]} */
    this.steps = []
    this.section = ''
  }

  /** @param {string} name of what is looked at next */
  begin (name) {
    this.section = name
    if (this.output.isJson) return
    if (this.steps.length > 0) this.output.line('')
    this.output.line(printable(name))
  }

  /**
   * @param {Status} status
   * @param {string} text
   * @param {string} [fix] what to do about it
   */
  add (status, text, fix) {
    this.steps.push({ section: this.section, status, text, ...fix === undefined ? {} : { fix } })
    if (this.output.isJson) return
    this.output.line(`  ${MARKS[status].padEnd(4)}  ${printable(text)}`)
    if (fix !== undefined) this.output.line(`        ${printable(fix)}`)
  }

  /** @param {Status} status */
  count (status) {
    return this.steps.filter(step => step.status === status).length
  }
}

module.exports = { Report }
