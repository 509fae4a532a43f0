'use strict'

const readline = require('readline')
const { EXIT, UsageError } = require('./failures')
const { interrupt } = require('./interruption')

// What commands print: results on the standard output, everything else on the standard error.

/** Control characters, which in a terminal would do something, and those that change the direction of text. */
// eslint-disable-next-line no-control-regex -- they are what it looks for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * @param {unknown} value a name from outside
 * @returns {string} the same as a terminal may show it
 */
function printable (value) {
  return String(value).replace(UNPRINTABLE, each => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * @typedef {Array<string | number | bigint | null | undefined>} Row
 *
 * @param {string[]} head
 * @param {Row[]} rows null and undefined are shown as -
 * @returns {string[]} lines whose columns are aligned, those of numbers to the right
 */
function tableLines (head, rows) {
  const texts = rows.map(row => row.map(cell => cell === null || cell === undefined ? '-' : printable(cell)))
  const isNumeric = head.map((_, i) =>
    texts.length > 0 && texts.every(row => /^(-|-?[\d.]+)$/.test(row[i])))
  const widths = head.map((name, i) => Math.max(name.length, ...texts.map(row => row[i].length)))
  const line = (/** @type {string[]} */ cells) => cells
    .map((cell, i) => isNumeric[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))
    .join('  ').trimEnd()
  return [line(head), ...texts.map(line)]
}

/** @param {NodeJS.WriteStream} stream */
function endQuietlyWith (stream) {
  stream.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
    // The reader has seen enough.
    if (error.code === 'EPIPE') interrupt()
    else throw error
  })
}

let isWatched = false

class Output {
  /** @param {{ json?: boolean }} options of the command */
  constructor ({ json = false }) {
    this.isJson = json
    this.progressShown = ''
    if (isWatched) return
    isWatched = true
    endQuietlyWith(process.stdout)
    endQuietlyWith(process.stderr)
  }

  /** @param {string} text */
  line (text) {
    this.write(text + '\n')
  }

  /**
   * @param {string | Buffer} data
   * @returns {boolean} false: wait for `drained` before more
   */
  write (data) {
    this.clearProgress()
    return process.stdout.writable ? process.stdout.write(data) : true
  }

  /** @returns {Promise<void>} resolved when there is room again, or nobody reads any more */
  drained () {
    return new Promise(resolve => {
      const done = () => {
        process.stdout.removeListener('drain', done)
        process.stdout.removeListener('error', done)
        process.stdout.removeListener('close', done)
        resolve()
      }
      if (!process.stdout.writable || !process.stdout.writableLength) return resolve()
      process.stdout.once('drain', done).once('error', done).once('close', done)
    })
  }

  /**
   * The result of a command, as JSON or for people.
   *
   * @param {unknown} value
   * @param {() => void} print called unless it is to be JSON
   */
  result (value, print) {
    if (this.isJson) this.line(JSON.stringify(value, null, 2))
    else print()
  }

  /**
   * @param {string[]} head
   * @param {Row[]} rows
   */
  table (head, rows) {
    for (const line of tableLines(head, rows)) this.line(line)
  }

  /**
   * Beside the result.
   *
   * @param {string} text
   */
  note (text) {
    this.clearProgress()
    process.stderr.write(text + '\n')
  }

  /**
   * In a terminal only, and gone with the next thing that is printed.
   *
   * @param {string} text
   */
  progress (text) {
    if (!process.stderr.isTTY || this.isJson) return
    this.clearProgress()
    this.progressShown = text
    process.stderr.write(text)
  }

  clearProgress () {
    if (this.progressShown === '') return
    this.progressShown = ''
    process.stderr.write('\r\x1b[K')
  }

  /**
   * Asks before something is done that cannot be undone. Somebody who cannot be asked has to have said `--yes`.
   *
   * @param {string} question
   * @param {boolean | undefined} yes
   * @returns {Promise<boolean>}
   */
  async confirmed (question, yes) {
    if (yes) return true
    if (!process.stdin.isTTY || !process.stderr.isTTY) {
      throw new UsageError(`${question} Nobody can be asked here: add --yes if so. Nothing has been done.`)
    }
    const dialogue = readline.createInterface({ input: process.stdin, output: process.stderr })
    try {
      const answer = await new Promise(resolve => {
        dialogue.once('close', () => resolve(''))
        dialogue.once('SIGINT', () => {
          process.stderr.write('\n')
          process.exit(EXIT.interrupted)
        })
        dialogue.question(`${question} [y/N] `, resolve)
      })
      return /^y(es)?$/i.test(answer.trim())
    } finally {
      dialogue.close()
    }
  }
}

module.exports = { Output, printable, tableLines }
