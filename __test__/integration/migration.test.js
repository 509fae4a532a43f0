'use strict'

// The migration guide, put into practice with kafka-node itself.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, afterEach, before, describe, it } = require('node:test')

const { originalFolder } = require('../compat/support/original')
const kafka = require('../support/kafka')
const { endAll, start } = require('../support/processes')
const { run } = require('../support/program')

const CLI = path.join(__dirname, '..', '..', 'bin', 'kafka-node-native.js')

/** @param {string[]} args */
const moveOffsets = (...args) => run(CLI, { args: ['move-offsets', ...args], deadline: 120000 })

/** @param {number} partition @param {number} from @param {number} to */
function records (partition, from, to) {
  return Array.from({ length: to - from }, (_, i) => ({ partition, value: `${partition}/${from + i}` }))
}

describe('offsets that a Consumer of kafka-node has left in ZooKeeper', { timeout: 300000 }, () => {
  /** @type {string} */
  let address
  /** @type {string} */
  let original

  before(async () => {
    address = await kafka.brokers('3.9')
    original = await originalFolder()
  })
  after(() => kafka.releaseAll())
  afterEach(endAll)

  /** A topic of which kafka-node's Consumer has committed 40 records in partition 0 and 30 in partition 1. */
  async function readByOriginal () {
    const topic = await kafka.createTopic(address, kafka.uniqueName('moved'), 3)
    const groupId = kafka.uniqueName('group')
    await kafka.produceRaw(address, topic, [...records(0, 0, 40), ...records(1, 0, 30)])
    const options = { kafkaHost: address, groupId }
    const reader = start('reader', { folder: original, options, topic, partitions: 2, count: 70 })
    assert.deepEqual(await reader.see('committed'), ['committed', null])
    await reader.ended
    assert.deepEqual(reader.all('error'), [])
    assert.deepEqual(await kafka.committed(address, groupId, topic), {})
    return { topic, groupId, options, args: ['--kafka-host', address, '--group', groupId, '--topic', topic] }
  }

  it('are moved to Kafka by one command, which gets kafka-node from npm; our Consumer continues there', async () => {
    const { topic, groupId, options, args } = await readByOriginal()
    const leftovers = () => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('kafka-node-native-move-'))
    const before = leftovers()
    const moved = await moveOffsets(...args)
    assert.equal(moved.code, 0, moved.stderr)
    assert.deepEqual(moved.lines, [
      `${topic} 0: ZooKeeper 40, Kafka none: moved`,
      `${topic} 1: ZooKeeper 30, Kafka none: moved`,
      `${topic} 2: ZooKeeper none, Kafka none: nothing to move`
    ])
    assert.deepEqual(leftovers(), before)
    assert.deepEqual(await kafka.committed(address, groupId, topic), {
      0: { offset: 40, metadata: 'm' },
      1: { offset: 30, metadata: 'm' }
    })

    await kafka.produceRaw(address, topic, [...records(0, 40, 45), ...records(1, 30, 35)])
    const reader = start('reader', { options, topic, partitions: 2, count: 10 })
    await reader.see('committed')
    const values = reader.all('message').map(([, , , value]) => value)
    assert.deepEqual(values.sort(), [...records(0, 40, 45), ...records(1, 30, 35)].map(({ value }) => value).sort())
  })

  it('are only shown by a dry run, and replace newer commits only on request', async () => {
    const { topic, groupId, args } = await readByOriginal()
    const moving = [...args, '--kafka-node', original]
    const dry = await moveOffsets(...moving, '--dry-run')
    assert.equal(dry.code, 0, dry.stderr)
    assert.match(dry.lines[0], /ZooKeeper 40, Kafka none: would be moved$/)
    assert.deepEqual(await kafka.committed(address, groupId, topic), {})

    assert.equal((await moveOffsets(...moving)).code, 0)
    const options = { kafkaHost: address, groupId }
    await kafka.produceRaw(address, topic, records(0, 40, 45))
    const reader = start('reader', { options, topic, partitions: 2, count: 5 })
    await reader.see('committed')
    await reader.ended
    const again = await moveOffsets(...moving)
    assert.equal(again.code, 0, again.stderr)
    assert.equal(again.lines[0],
      `${topic} 0: ZooKeeper 40, Kafka 45: not moved, since Kafka has a commit (--overwrite replaces it)`)
    assert.equal((await kafka.committed(address, groupId, topic))[0].offset, 45)

    const overwritten = await moveOffsets(...moving, '--overwrite')
    assert.equal(overwritten.lines[0], `${topic} 0: ZooKeeper 40, Kafka 45: moved`)
    assert.equal((await kafka.committed(address, groupId, topic))[0].offset, 40)
  })

  it('are not moved as long as the group has members', async () => {
    const { topic, groupId, args } = await readByOriginal()
    const options = { kafkaHost: address, groupId, autoCommit: false }
    const member = start('group-member', { topics: [topic], options })
    await member.see('rebalanced')
    const refused = await moveOffsets(...args, '--kafka-node', original, '--overwrite')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, new RegExp(`the broker refuses a commit of group ${groupId} .*the group has members`))
  })

  it('do not exist for a wrong name, which is an error', async () => {
    const { topic, args } = await readByOriginal()
    const options = ['--kafka-host', address, '--kafka-node', original]
    const wrongGroup = await moveOffsets(...options, '--topic', topic, '--group', `${args[3]}-not`)
    assert.equal(wrongGroup.code, 1)
    assert.match(wrongGroup.stderr, /ZooKeeper has no offsets of group .*-not for these topics/)
    const wrongTopic = await moveOffsets(...options, '--topic', `${topic}-not`, '--group', args[3])
    assert.equal(wrongTopic.code, 1)
    assert.match(wrongTopic.stderr, new RegExp(`the cluster has no topic ${topic}-not`))
  })

  it('cannot exist on a cluster without ZooKeeper, and the command says so', async () => {
    const modern = await kafka.brokers('4')
    const topic = await kafka.createTopic(modern, kafka.uniqueName('modern'), 1)
    const { code, stderr } = await moveOffsets(
      '--kafka-host', modern, '--group', 'any', '--topic', topic, '--kafka-node', original)
    assert.equal(code, 1)
    assert.match(stderr, /could not be read: .*Is the broker at .* one in ZooKeeper mode\?/)
  })
})

describe('kafka-node itself on Kafka 4', { timeout: 120000 }, () => {
  after(() => kafka.releaseAll())
  afterEach(endAll)

  it('connects, and fails at its first send; ours sends', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('first-send'), 1)
    const config = { options: { kafkaHost: address }, topic, message: 'hello' }
    const original = start('first-send', { ...config, folder: await originalFolder() })
    assert.deepEqual(await original.see('sent'), ['sent', 'Broker not available (socket closed)', null])
    assert.equal(original.all('ready').length, 1)
    const ours = start('first-send', config)
    assert.deepEqual(await ours.see('sent'), ['sent', null, { [topic]: { 0: 0 } }])
    assert.deepEqual((await kafka.readAll(address, topic)).map(({ value }) => String(value)), ['hello'])
  })
})
