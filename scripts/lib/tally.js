'use strict'

const path = require('node:path')
const { root } = require('./paths')

const WHOLE_FILE = '(the whole file)'

/** The results of a layer's tests. Suites are not counted. */
class Tally {
  constructor () {
    /** @type {Map<string, number>} tests that passed, by file */
    this.passes = new Map()
    /** @type {{name: string, file: string, text: string}[]} */
    this.failures = []
    /** @type {{name: string, file: string, reason: string}[]} */
    this.skipped = []
    /** @type {Map<string, string>} what each file printed */
    this.output = new Map()
    /** @type {Map<string, string[]>} names of the tests that each file is in */
    this.running = new Map()
    /** @type {{name: string, file: string, text: string}[]} failures that were not seen again */
    this.unsteady = []
  }

  get passed () {
    return [...this.passes.values()].reduce((sum, count) => sum + count, 0)
  }

  /** @param {string} file */
  pass (file) {
    this.passes.set(file, (this.passes.get(file) || 0) + 1)
  }

  /**
   * Takes over what a second run of some files came to, and keeps failures of the first that it does not repeat apart.
   * A failure of no file, which is that processes were left, belongs to the file among them that was ended.
   *
   * @param {string[]} files that ran again
   * @param {Tally} again
   */
  replace (files, again) {
    const wasEnded = this.failures.some(({ name, file }) => name === WHOLE_FILE && files.includes(file))
    /** @param {{file: string}} failure */
    const ranAgain = ({ file }) => files.includes(file) || (wasEnded && file === '')
    const repeated = (/** @type {{name: string, file: string}} */ one) =>
      again.failures.some(({ name, file }) => name === one.name && file === one.file)
    this.unsteady = this.failures.filter((failure) => ranAgain(failure) && !repeated(failure))
    this.failures = [...this.failures.filter((failure) => !ranAgain(failure)), ...again.failures]
    this.skipped = [...this.skipped.filter((skip) => !ranAgain(skip)), ...again.skipped]
    for (const file of files) this.passes.set(file, again.passes.get(file) || 0)
    for (const [file, output] of again.output) this.output.set(file, (this.output.get(file) || '') + output)
  }

  /** @param {any} event one of test-reporter.js */
  add (event) {
    const file = event.file ? path.relative(root, event.file) : ''
    if (event.type === 'output') {
      this.output.set(file, (this.output.get(file) || '') + event.text)
      return
    }
    const wholeFile = event.nesting === 0 && Boolean(event.file) && path.resolve(event.name) === event.file
    const running = this.running.get(file) || []
    if (event.type === 'started') {
      if (!wholeFile) this.running.set(file, [...running, event.name])
      return
    }
    if (!wholeFile) this.running.set(file, running.filter((name) => name !== event.name))
    if (event.skip !== undefined || event.todo !== undefined) {
      const why = event.skip !== undefined ? event.skip : `todo${event.todo === true ? '' : `: ${event.todo}`}`
      this.skipped.push({ name: event.name, file, reason: typeof why === 'string' && why ? why : 'no reason given' })
      return
    }
    const failureType = event.error && event.error.failureType
    // A parent that failed only because of its subtests has nothing to report of its own.
    if (event.type === 'failed' && failureType === 'subtestsFailed') return
    if (event.type === 'failed') {
      const name = wholeFile ? WHOLE_FILE : event.name
      this.failures.push({ name, file, text: this.explain(event, wholeFile ? running : []) })
      return
    }
    if (wholeFile) this.failures.push({ name: WHOLE_FILE, file, text: 'the file defines no test' })
    else if (!event.suite) this.pass(file)
  }

  /** @param {any} event @param {string[]} running */
  explain (event, running) {
    const { text, exitCode, signal } = event.error
    const details = [text]
    if (exitCode !== undefined && exitCode !== null) details.push(`exit code ${exitCode}`)
    if (signal) details.push(`ended by ${signal}`)
    if (running.length) details.push(`running at that time: ${running.join(', ')}`)
    return details.join('\n')
  }
}

module.exports = { Tally }
