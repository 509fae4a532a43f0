'use strict'

/** The last timestamp and its text: records that were sent together have the same. */
let time = -1
let timeText = '-1'

/** The last three digits of a number. */
const LAST_DIGITS = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'))
/** The digits before these of the last offset, and the number they stand for. */
let thousands = -1
let thousandsText = ''

/**
 * Offsets follow one another, so most of the digits have been written before.
 *
 * @param {number} offset
 */
function offsetText (offset) {
  if (offset < 1000) return String(offset)
  const front = Math.floor(offset / 1000)
  if (front !== thousands) {
    thousands = front
    thousandsText = String(front)
  }
  return thousandsText + LAST_DIGITS[offset - front * 1000]
}

/**
 * A record as handlers get it. The message is theirs: nothing of it is used again.
 *
 * @param {import('../../core/wire/records').RecordReader} reader has decoded a chunk
 * @param {number} i of the chunk
 */
function toMessage (reader, i) {
  const { headers } = reader
  const timestamp = reader.timestamp(i)
  if (timestamp !== time) {
    time = timestamp
    timeText = String(timestamp)
  }
  return {
    magicByte: 2,
    attributes: 0,
    timestamp: timeText,
    offset: offsetText(reader.offset(i)),
    key: reader.keys[i],
    value: reader.values[i],
    headers: (reader.hasHeaders && headers[i]) || {},
    isControlRecord: false
  }
}

module.exports = { offsetText, toMessage }
