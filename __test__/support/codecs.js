'use strict'

const zlib = require('node:zlib')

// Decompression for the log reader. It is written here because the formats are small, and a reader that shares no code
// with the clients under test cannot share their mistakes.

/**
 * Copies `length` bytes from `distance` bytes back; the ranges may overlap, which is how both formats repeat a pattern.
 *
 * @param {Buffer} out
 * @param {number} at
 * @param {number} distance
 * @param {number} length
 */
function copyBack (out, at, distance, length) {
  if (distance < 1 || distance > at) throw new Error('Corrupt compressed data: a match before the start')
  for (let i = 0; i < length; i++) out[at + i] = out[at + i - distance]
  return at + length
}

/** @param {Buffer} input @returns {Buffer} */
function snappyBlock (input) {
  let at = 0
  let size = 0
  for (let shift = 0; ; shift += 7) {
    const byte = input[at++]
    size += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  const out = Buffer.alloc(size)
  let end = 0
  while (at < input.length) {
    const tag = input[at++]
    const kind = tag & 3
    if (kind === 0) {
      let length = tag >> 2
      if (length >= 60) {
        const extra = length - 59
        length = input.readUIntLE(at, extra)
        at += extra
      }
      length++
      input.copy(out, end, at, at + length)
      at += length
      end += length
    } else if (kind === 1) {
      end = copyBack(out, end, ((tag >> 5) << 8) | input[at++], ((tag >> 2) & 7) + 4)
    } else {
      const width = kind === 2 ? 2 : 4
      end = copyBack(out, end, input.readUIntLE(at, width), (tag >> 2) + 1)
      at += width
    }
  }
  return out
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])

/** @param {Buffer} input a plain block, or several in the framing that Java clients use @returns {Buffer} */
function snappy (input) {
  if (!input.subarray(0, 8).equals(XERIAL_MAGIC)) return snappyBlock(input)
  const blocks = []
  for (let at = 16; at < input.length;) {
    const size = input.readInt32BE(at)
    blocks.push(snappyBlock(input.subarray(at + 4, at + 4 + size)))
    at += 4 + size
  }
  return Buffer.concat(blocks)
}

/**
 * @param {Buffer} input
 * @param {Buffer} out what was decompressed before is at its start: blocks may refer to it
 * @param {number} end
 * @returns {number} the new end
 */
function lz4Block (input, out, end) {
  let at = 0
  const more = (/** @type {number} */ length) => {
    if (length < 15) return length
    for (;;) {
      const byte = input[at++]
      length += byte
      if (byte !== 255) return length
    }
  }
  while (at < input.length) {
    const token = input[at++]
    const literals = more(token >> 4)
    input.copy(out, end, at, at + literals)
    at += literals
    end += literals
    if (at >= input.length) break
    const distance = input.readUInt16LE(at)
    at += 2
    end = copyBack(out, end, distance, more(token & 15) + 4)
  }
  return end
}

/** @param {Buffer} input one LZ4 frame @returns {Buffer} */
function lz4 (input) {
  if (input.readUInt32LE(0) !== 0x184d2204) throw new Error('Not an LZ4 frame')
  const flags = input[4]
  const maxBlock = 1 << (8 + 2 * ((input[5] >> 4) & 7))
  let at = 6 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0) + 1
  let out = Buffer.alloc(maxBlock)
  let end = 0
  for (;;) {
    const word = input.readUInt32LE(at)
    at += 4
    if (word === 0) return out.subarray(0, end)
    const size = word & 0x7fffffff
    if (out.length - end < maxBlock) out = Buffer.concat([out.subarray(0, end), Buffer.alloc(end + 2 * maxBlock)])
    const block = input.subarray(at, at + size)
    if (word & 0x80000000) end += block.copy(out, end)
    else end = lz4Block(block, out, end)
    at += size + (flags & 16 ? 4 : 0)
  }
}

/** @param {Buffer} input @returns {Buffer} */
function zstd (input) {
  const decompress = /** @type {any} */ (zlib).zstdDecompressSync
  if (!decompress) throw new Error(`The log reader needs Node 22.15 or newer for zstd (this is ${process.version})`)
  return decompress(input)
}

/**
 * By the number in a record batch's attributes.
 *
 * @type {((input: Buffer) => Buffer)[]}
 */
const DECOMPRESS = [(input) => input, (input) => zlib.gunzipSync(input), snappy, lz4, zstd]

module.exports = { DECOMPRESS, snappy, lz4 }
