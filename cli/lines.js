'use strict'

const NEWLINE = 10
const RETURN = 13

/** Cuts bytes into lines, whatever their encoding, at `\n` and `\r\n`. */
class LineSplitter {
  constructor () {
    /** @type {Buffer[]} the beginning of a line whose end has not come yet */
    this.pieces = []
  }

  /**
   * @param {Buffer} chunk
   * @returns {Buffer[]} the lines that end in it
   */
  push (chunk) {
    const lines = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.pieces.push(chunk.slice(start, end))
      lines.push(this.take())
      start = end + 1
    }
    if (start < chunk.length) this.pieces.push(chunk.slice(start))
    return lines
  }

  /** @returns {Buffer[]} the last line, if there is one without an end */
  end () {
    return this.pieces.length === 0 ? [] : [this.take()]
  }

  take () {
    const line = this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces)
    this.pieces = []
    return line[line.length - 1] === RETURN ? line.slice(0, -1) : line
  }
}

module.exports = { LineSplitter }
