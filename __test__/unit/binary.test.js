'use strict'

const { before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')

// What every Linux with glibc has. OpenSSL, zlib, zstd and librdkafka itself are statically linked.
const ALLOWED_LIBRARIES = new Set([
  'libc.so.6', 'libm.so.6', 'libgcc_s.so.1', 'libdl.so.2', 'libpthread.so.0', 'librt.so.1',
  'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'
])
const ALLOWED_EXPORTS = new Set(['napi_register_module_v1', 'node_api_module_get_api_version_v1'])

const notElf = process.platform !== 'linux' && 'reads ELF files, which only Linux has'

describe('the built addon', { skip: notElf }, () => {
  let elf

  before(() => {
    require('../../binding.js')
    const addon = Object.keys(require.cache).find(file => file.endsWith('.node'))
    elf = readElf(fs.readFileSync(addon))
  })

  it('needs only system libraries', () => {
    assert.ok(elf.neededLibraries.length > 0)
    assert.deepEqual(elf.neededLibraries.filter(library => !ALLOWED_LIBRARIES.has(library)), [])
  })

  it('exports nothing but its registration, so that nobody calls into its OpenSSL', () => {
    assert.ok(elf.exports.includes('napi_register_module_v1'))
    assert.deepEqual(elf.exports.filter(symbol => !ALLOWED_EXPORTS.has(symbol)), [])
  })

  it('imports nothing that is linked in, so that it does not call into Node\'s OpenSSL', () => {
    const linkedIn = new RegExp('^(' + [
      'SSL', 'TLS', 'EVP', 'ERR', 'BIO', 'X509', 'CRYPTO', 'OPENSSL', 'PEM', 'RSA', 'EC', 'BN', 'RAND', 'LZ4', 'rd',
      'kafka_node'
    ].join('|') + ')_|^(inflate|deflate|crc32)|^ZSTD_(?!trace_)') // zstd's trace hooks are weak and defined by nobody
    assert.ok(elf.imports.includes('malloc'))
    assert.deepEqual(elf.imports.filter(symbol => linkedIn.test(symbol)), [])
  })

  it('stays loaded when a worker ends, because its threads may still run', () => {
    assert.equal(elf.noDelete, true)
  })
})

/** Reads the dynamic section and the dynamic symbols of a 64-bit little-endian ELF file. */
function readElf (file) {
  assert.equal(file.toString('latin1', 0, 4), '\x7fELF')
  assert.deepEqual([file[4], file[5]], [2, 1], '64-bit, little-endian')
  const number = at => Number(file.readBigUInt64LE(at))

  const sections = []
  const headerSize = file.readUInt16LE(0x3a)
  for (let i = 0; i < file.readUInt16LE(0x3c); i++) {
    const at = number(0x28) + i * headerSize
    sections.push({
      type: file.readUInt32LE(at + 4), offset: number(at + 24), size: number(at + 32), link: file.readUInt32LE(at + 40)
    })
  }
  /** The records of the one section of a type, as offsets in the file, and a reader for the strings that they name. */
  const records = (type, recordSize) => {
    const { offset, size, link } = sections.find(section => section.type === type)
    return {
      offsets: Array.from({ length: size / recordSize }, (_, i) => offset + i * recordSize),
      string: index => {
        const start = sections[link].offset + index
        return file.toString('latin1', start, file.indexOf(0, start))
      }
    }
  }

  const DYNAMIC = 6
  const DYNSYM = 11
  const DT_NEEDED = 1
  const DT_FLAGS_1 = 0x6ffffffb
  const DF_1_NODELETE = 8
  const result = { neededLibraries: [], exports: [], imports: [], noDelete: false }

  const dynamic = records(DYNAMIC, 16)
  for (const at of dynamic.offsets) {
    const tag = number(at)
    if (tag === DT_NEEDED) result.neededLibraries.push(dynamic.string(number(at + 8)))
    if (tag === DT_FLAGS_1) result.noDelete = (number(at + 8) & DF_1_NODELETE) !== 0
  }
  const symbols = records(DYNSYM, 24)
  for (const at of symbols.offsets.slice(1)) {
    const defined = file.readUInt16LE(at + 6) !== 0
    result[defined ? 'exports' : 'imports'].push(symbols.string(file.readUInt32LE(at)))
  }
  return result
}
