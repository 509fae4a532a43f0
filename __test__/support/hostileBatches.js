'use strict'

const zlib = require('node:zlib')

// Writes record batches as a log holds them, each field of them right or wrong, as a test wants it.

const HEADER_BYTES = 61
/** Everything from here on is under the checksum. */
const AFTER_CRC = 21

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C. @param {Buffer} bytes */
function crc32c (bytes) {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** @param {number} value @returns {Buffer} zigzag coded, in variable length */
function varint (value) {
  let rest = BigInt(value) < 0n ? -2n * BigInt(value) - 1n : 2n * BigInt(value)
  const bytes = []
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

/** @param {Buffer | string | null} value @param {number} [length] what is said of it */
function sized (value, length) {
  const bytes = value === null ? Buffer.alloc(0) : Buffer.from(value)
  return Buffer.concat([varint(length ?? (value === null ? -1 : bytes.length)), bytes])
}

/**
 * @typedef {object} HostileRecord
 * @property {Buffer | string | null} [key]
 * @property {Buffer | string | null} [value]
 * @property {[Buffer | string, Buffer | string | null][]} [headers]
 * @property {number} [delta] of its offset
 * @property {number} [length] what is said of it
 * @property {number} [keyLength]
 * @property {number} [valueLength]
 * @property {number} [headerCount]
 */

/** @param {HostileRecord} record @param {number} index */
function encodeRecord ({ key = null, value = null, headers = [], delta, length, ...lies }, index) {
  const body = Buffer.concat([
    Buffer.from([0]), varint(0), varint(delta ?? index), sized(key, lies.keyLength), sized(value, lies.valueLength),
    varint(lies.headerCount ?? headers.length), ...headers.flatMap(([name, content]) => [sized(name), sized(content)])
  ])
  return Buffer.concat([varint(length ?? body.length), body])
}

/** @param {Buffer} bytes one literal of Snappy after the other @returns {Buffer} */
function snappy (bytes) {
  const parts = [uvarint(bytes.length)]
  for (let at = 0; at < bytes.length; at += 60) {
    const literal = bytes.subarray(at, at + 60)
    parts.push(Buffer.from([(literal.length - 1) << 2]), literal)
  }
  return Buffer.concat(parts)
}

/** @param {number} value @returns {Buffer} */
function uvarint (value) {
  const bytes = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  bytes.push(value)
  return Buffer.from(bytes)
}

/** An LZ4 frame without checksums of its content; its header's own is that of these two bytes. */
const LZ4_START = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73])
const LZ4_END = Buffer.alloc(4)

/** @param {Buffer} bytes up to 4 MiB @returns {Buffer} stored as they are */
function lz4 (bytes) {
  const size = Buffer.alloc(4)
  size.writeUInt32LE((bytes.length | 0x80000000) >>> 0)
  return Buffer.concat([LZ4_START, size, bytes, LZ4_END])
}

/** A Zstandard frame whose header says nothing but the size of its window, 1 MiB. */
const ZSTD_START = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50])

/** @param {number} size @param {{ kind: 0 | 1, last: boolean }} block 0: as it is, 1: one byte again and again */
function zstdBlock (size, { kind, last }) {
  const header = Buffer.alloc(3)
  header.writeUIntLE((last ? 1 : 0) | (kind << 1) | (size << 3), 0, 3)
  return header
}

/** @param {Buffer} bytes up to 128 KiB @returns {Buffer} stored as they are */
const zstd = (bytes) => Buffer.concat([ZSTD_START, zstdBlock(bytes.length, { kind: 0, last: true }), bytes])

/**
 * By their numbers in a batch's attributes.
 *
 * @type {{ name: string, attribute: number, compress: (bytes: Buffer) => Buffer }[]}
 */
const CODECS = [
  { name: 'gzip', attribute: 1, compress: (bytes) => zlib.gzipSync(bytes) },
  { name: 'snappy', attribute: 2, compress: snappy },
  { name: 'lz4', attribute: 3, compress: lz4 },
  { name: 'zstd', attribute: 4, compress: zstd }
]

/** A record's start, when its value of so many zeros follows. @param {number} size */
function startOfZeros (size) {
  const body = Buffer.concat([Buffer.from([0]), varint(0), varint(0), varint(-1), varint(size)])
  // the zero that says how many headers there are comes after the value
  return Buffer.concat([varint(body.length + size + 1), body])
}

/**
 * What inflates to one record with a value of `size` zeros, by codec. Snappy has no such thing: three bytes of it
 * become 64 at most.
 *
 * @type {Record<string, (size: number) => Buffer>}
 */
const BOMBS = {
  gzip: (size) => {
    const start = startOfZeros(size)
    return zlib.gzipSync(Buffer.concat([start, Buffer.alloc(size + 1)]), { level: 9 })
  },
  lz4: (size) => {
    const start = startOfZeros(size)
    const stored = Buffer.alloc(4)
    stored.writeUInt32LE((start.length | 0x80000000) >>> 0)
    const blocks = [LZ4_START, stored, start]
    for (let rest = size + 1; rest > 0;) {
      const zeros = Math.min(rest, 4_000_000)
      rest -= zeros
      // one zero, the same again and again, and the five literals that a block has to end with
      const more = zeros - 1 - 5 - 4 - 15
      const block = more < 0
        ? Buffer.alloc(zeros)
        : Buffer.concat([
          Buffer.from([(1 << 4) | 15, 0, 1, 0]), Buffer.alloc(Math.floor(more / 255), 255), Buffer.from([more % 255]),
          Buffer.from([5 << 4]), Buffer.alloc(5)
        ])
      const length = Buffer.alloc(4)
      length.writeUInt32LE(more < 0 ? (block.length | 0x80000000) >>> 0 : block.length)
      blocks.push(length, block)
    }
    return Buffer.concat([...blocks, LZ4_END])
  },
  zstd: (size) => {
    const start = startOfZeros(size)
    const parts = [ZSTD_START, zstdBlock(start.length, { kind: 0, last: false }), start]
    for (let rest = size + 1; rest > 0; rest -= 131072) {
      parts.push(zstdBlock(Math.min(rest, 131072), { kind: 1, last: rest <= 131072 }), Buffer.alloc(1))
    }
    return Buffer.concat(parts)
  }
}

/** A record batch of format 2. */
class RecordBatch {
  /**
   * @param {number} offset of its first record
   * @param {(HostileRecord | string)[]} records
   * @param {{ codec?: string, attributes?: number, payload?: Buffer, damage?: (payload: Buffer) => Buffer,
   *   count?: number, length?: number, lastDelta?: number, magic?: number, crc?: number, next?: number }} [options]
   *   `payload` takes the records' place, `damage` changes it before the checksum is made; the others are said of it
   */
  constructor (offset, records, options = {}) {
    const { codec, payload, damage = (bytes) => bytes, count = records.length, magic = 2 } = options
    const encoded = Buffer.concat(records.map((record, index) =>
      encodeRecord(typeof record === 'string' ? { value: record } : record, index)))
    const found = CODECS.find(({ name }) => name === codec)
    const content = damage(payload ?? (found ? found.compress(encoded) : encoded))
    const bytes = Buffer.alloc(HEADER_BYTES + content.length)
    bytes.writeBigInt64BE(BigInt(offset), 0)
    bytes.writeInt32BE(options.length ?? bytes.length - 12, 8)
    bytes.writeInt8(magic, 16)
    bytes.writeInt16BE(options.attributes ?? (found ? found.attribute : 0), 21)
    bytes.writeInt32BE(options.lastDelta ?? Math.max(0, records.length - 1), 23)
    bytes.writeBigInt64BE(1_700_000_000_000n, 27)
    bytes.writeBigInt64BE(1_700_000_000_000n, 35)
    bytes.writeBigInt64BE(-1n, 43)
    bytes.writeInt16BE(-1, 51)
    bytes.writeInt32BE(-1, 53)
    bytes.writeInt32BE(count, 57)
    content.copy(bytes, HEADER_BYTES)
    bytes.writeUInt32BE(options.crc ?? crc32c(bytes.subarray(AFTER_CRC)), 17)
    this.bytes = bytes
    /** the offset after it: the broker returns the batch to fetches below it */
    this.next = options.next ?? offset + Math.max(1, records.length)
  }
}

module.exports = { BOMBS, CODECS, RecordBatch, crc32c, varint }
