'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it, test } = require('node:test')
const { folder, requireKafkajsNative } = require('../support/kafkajs-native')

const theirs = path.dirname(require.resolve('kafkajs/package.json'))
const requireKafkajs = (file = '') => require(path.join(theirs, file))

/** Paths that programs and agents import, of which KafkaJS's are all of the kind. */
const PATHS = [
  'index', 'errors', 'producer', 'producer/index', 'consumer', 'consumer/index', 'admin', 'admin/index', 'loggers',
  'loggers/index', 'loggers/console', 'retry', 'retry/index', 'retry/defaults', 'consumer/assignerProtocol',
  'consumer/assigners', 'consumer/assigners/index', 'producer/partitioners', 'producer/partitioners/index',
  'producer/partitioners/default', 'producer/partitioners/default/index', 'producer/partitioners/default/murmur2',
  'producer/partitioners/legacy', 'producer/partitioners/legacy/index', 'producer/partitioners/legacy/murmur2',
  'protocol/error', 'protocol/configResourceTypes', 'protocol/configSource', 'protocol/aclResourceTypes',
  'protocol/aclOperationTypes', 'protocol/aclPermissionTypes', 'protocol/resourcePatternTypes',
  'protocol/message/compression', 'protocol/message/compression/index', 'utils/waitFor', 'utils/long', 'utils/sleep',
  'constants'
]

/** What ours has besides. */
const MORE = { 'consumer/assigners': ['cooperativeSticky'], 'consumer/assigners/index': ['cooperativeSticky'] }

const OF_CONSUMERS = ['batches', 'lag', 'messages']

/**
 * @param {any} value
 * @returns {any} what its users see: numbers and texts, and what else there is by kind
 */
function shape (value) {
  if (typeof value === 'function') {
    const isClass = /^class/.test(Function.prototype.toString.call(value))
    return isClass ? `class ${value.name}` : 'function'
  }
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(shape)
  return Object.fromEntries(Object.keys(value).map(key => [key, shape(value[key])]))
}

test('every file of the package is one of these paths', () => {
  const files = fs.readdirSync(path.join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.js')).map(name => name.split(path.sep).join('/').replace(/\.js$/, ''))
  assert.deepEqual(files.filter(name => !PATHS.includes(name)), [])
})

for (const name of PATHS) {
  test(`src/${name} exports what KafkaJS's does`, () => {
    const wanted = shape(requireKafkajs(`src/${name}`))
    const found = shape(requireKafkajsNative(`src/${name}`))
    for (const key of MORE[/** @type {keyof MORE} */ (name)] || []) delete found[key]
    assert.deepEqual(found, wanted)
  })
}

test('the main module has KafkaJS\'s names, and those of the deep paths are the same objects', () => {
  const main = requireKafkajsNative()
  assert.deepEqual(Object.keys(main).sort(), Object.keys(requireKafkajs()).sort())
  const deep = requireKafkajsNative
  assert.equal(deep('src'), main.Kafka)
  assert.equal(deep('src/index.js'), main.Kafka)
  assert.equal(main.Kafka.name, 'Client')
  assert.deepEqual(Object.getOwnPropertyNames(main.Kafka.prototype).sort(),
    Object.getOwnPropertyNames(requireKafkajs().Kafka.prototype).sort())
  for (const [name, value] of Object.entries(deep('src/errors'))) {
    if (/^Kafka/.test(name)) assert.equal(main[name], value, name)
  }
  assert.equal(deep('src/consumer/assignerProtocol'), main.AssignerProtocol)
  assert.equal(deep('src/consumer/assigners'), main.PartitionAssigners)
  assert.equal(deep('src/producer/partitioners'), main.Partitioners)
  assert.equal(deep('src/producer/partitioners/default'), main.Partitioners.DefaultPartitioner)
  assert.equal(deep('src/producer/partitioners/legacy'), main.Partitioners.LegacyPartitioner)
  assert.equal(deep('src/protocol/message/compression').Codecs, main.CompressionCodecs)
  assert.equal(deep('src/protocol/message/compression').Types, main.CompressionTypes)
  assert.equal(deep('src/loggers').LEVELS, main.logLevel)
  for (const name of ['ConfigResourceTypes', 'ConfigSource', 'AclResourceTypes', 'AclOperationTypes',
    'AclPermissionTypes', 'ResourcePatternTypes']) {
    assert.equal(deep(`src/protocol/${name[0].toLowerCase()}${name.slice(1)}`), main[name])
  }
})

test('a client and what it makes are of the package\'s own class and factories', async () => {
  const { Kafka, logLevel } = requireKafkajsNative()
  const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING })
  assert.deepEqual(Object.keys(kafka), [])
  assert.throws(() => Kafka({ brokers: [] }), TypeError)
  const original = new (requireKafkajs().Kafka)({ brokers: ['127.0.0.1:1'], logLevel: 0 })
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
  for (const make of ['producer', 'consumer', 'admin']) {
    const options = { groupId: 'g' }
    const found = Object.keys(kafka[make](options)).filter(key => make !== 'consumer' || !OF_CONSUMERS.includes(key))
    assert.deepEqual(found.sort(), Object.keys(original[make](options)).sort(), make)
  }
})

test('an agent that replaces the producers\' factory before the client is loaded is asked for producers', () => {
  const file = path.join(folder, 'src', 'producer', 'index.js')
  const index = path.join(folder, 'src', 'index.js')
  const before = [require.cache[file], require.cache[index]]
  const original = requireKafkajsNative('src/producer')
  try {
    delete require.cache[index]
    /** @type {any[]} */
    const seen = []
    const loaded = /** @type {NodeJS.Module} */ (require.cache[file])
    loaded.exports = (/** @type {any} */ params) => {
      seen.push(params)
      return original(params)
    }
    const Client = require(index)
    new Client({ brokers: ['127.0.0.1:1'] }).producer({ idempotent: true })
    assert.equal(seen.length, 1)
    assert.equal(seen[0].idempotent, true)
    assert.equal(typeof seen[0].cluster.refreshMetadataIfNecessary, 'function')
    assert.ok('metadata' in seen[0].cluster.brokerPool)
    assert.ok(seen[0].cluster.brokerPool.versions[0].maxVersion >= 3)
    loaded.exports = original
  } finally {
    for (const [i, name] of [file, index].entries()) require.cache[name] = before[i]
  }
})

test('what is internal to KafkaJS\'s protocol and network is not there, rather than faked', () => {
  for (const name of ['network/connection', 'protocol/encoder', 'broker', 'cluster']) {
    assert.throws(() => requireKafkajsNative(`src/${name}`), { code: 'MODULE_NOT_FOUND' })
  }
})

describe('waitFor', () => {
  const waitFor = requireKafkajsNative('src/utils/waitFor')

  it('asks after each delay, with the time waited, and gives the first result that is one', async () => {
    /** @type {number[]} */
    const waited = []
    const result = await waitFor(async (/** @type {number} */ time) => {
      waited.push(time)
      return waited.length === 3 && 'found'
    }, { delay: 1 })
    assert.equal(result, 'found')
    assert.deepEqual(waited, [1, 2, 3])
  })

  it('rejects with what the condition throws', async () => {
    await assert.rejects(waitFor(() => { throw new Error('no') }, { delay: 1 }), /^Error: no$/)
  })

  it('gives up in time, and asks no more', async () => {
    let asked = 0
    const waiting = waitFor(() => { asked++ }, { delay: 1, maxWait: 20, timeoutMessage: 'too late' })
    await assert.rejects(waiting, { name: 'KafkaJSTimeout', message: 'too late' })
    const before = asked
    await new Promise(resolve => setTimeout(resolve, 20))
    assert.equal(asked, before)
  })

  it('goes on for ever when time does not count', async () => {
    let asked = 0
    assert.equal(await waitFor(() => ++asked === 5, { delay: 2, maxWait: 1, ignoreTimeout: true }), true)
  })
})

test('Long computes as KafkaJS\'s', () => {
  const Own = requireKafkajsNative('src/utils/long')
  const Original = requireKafkajs('src/utils/long')
  const names = (/** @type {any} */ Long) =>
    [Object.getOwnPropertyNames(Long.prototype), Object.getOwnPropertyNames(Long)].map(list => list.sort())
  assert.deepEqual(names(Own), names(Original))
  const values = [0, 1, -1, 42, '9223372036854775807', '-9223372036854775808', 2 ** 31, -(2 ** 40), BigInt(7)]
  const bits = [0, 1, 33]
  /** @param {any} Long @param {string} method @param {any} value @param {any[]} args */
  const outcome = (Long, method, value, args) => {
    try {
      const result = Long.fromValue(value)[method](...args)
      return result && typeof result.value === 'bigint' ? result.toString() : result
    } catch (error) {
      return /** @type {Error} */ (error).message
    }
  }
  for (const value of values) {
    for (const method of Object.getOwnPropertyNames(Original.prototype)) {
      if (method === 'constructor') continue
      for (const other of /^shift/.test(method) ? bits : values) {
        assert.deepEqual(outcome(Own, method, value, [other]), outcome(Original, method, value, [other]),
          `${value} ${method} ${other}`)
      }
    }
  }
  for (const text of ['NaN', 'Infinity', '', 'x']) {
    assert.deepEqual(outcome(Own, 'toString', text, []), outcome(Original, 'toString', text, []), text)
  }
})
