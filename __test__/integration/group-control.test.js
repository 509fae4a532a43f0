'use strict'

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, afterEach, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')

const { ConsumerGroup } = require('../..')
const { collect, promised } = require('../support/emissions')
const kafka = require('../support/kafka')

/** @type {Set<any>} */
const open = new Set()

/**
 * @param {string} address
 * @param {string} topic
 * @param {object} options
 */
function join (address, topic, options) {
  const group = new ConsumerGroup({
    kafkaHost: address, fromOffset: 'earliest', sessionTimeout: 6000, heartbeatInterval: 200, ...options
  }, topic)
  open.add(group)
  return group
}

/** @param {any} group */
async function close (group) {
  open.delete(group)
  await promised((callback) => group.close(callback))
}

/**
 * @param {string} address
 * @param {string} topic
 * @param {number} from
 * @param {number} to
 * @param {number} [partitions]
 */
function write (address, topic, from, to, partitions = 1) {
  const records = []
  for (let i = from; i < to; i++) {
    for (let partition = 0; partition < partitions; partition++) records.push({ partition, value: String(i) })
  }
  return kafka.produceRaw(address, topic, records)
}

/** @param {any[]} messages */
function assertInOrder (messages) {
  /** @type {Record<number, number>} */
  const next = {}
  for (const { partition, offset } of messages) {
    assert.equal(offset, next[partition] || 0, `partition ${partition}`)
    next[partition] = offset + 1
  }
}

/** Longer than a pause that the native side does not notice. */
const LONG_PAUSE_MS = 1600

describe('onRebalance', { timeout: 60000 }, () => {
  after(() => kafka.releaseAll())
  afterEach(() => Promise.all([...open].map(close)))

  it('is asked first and may call back later', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('rebalance'), 2)
    const groupId = kafka.uniqueName('group')
    /** @type {string[]} */
    const seen = []
    const group = join(address, topic, {
      groupId,
      onRebalance: (/** @type {boolean} */ isMember, /** @type {() => void} */ callback) => {
        seen.push(`onRebalance ${isMember}`)
        setTimeout(() => {
          seen.push('answered')
          callback()
        }, 50)
      }
    })
    for (const name of /** @type {const} */ (['rebalancing', 'connect', 'rebalanced'])) {
      group.on(name, () => seen.push(name))
    }
    await once(group, 'rebalanced')
    const first = ['rebalancing', 'onRebalance false', 'answered', 'connect', 'rebalanced']
    assert.deepEqual(seen, first)
    const other = join(address, topic, { groupId })
    await Promise.all([once(group, 'rebalanced'), once(other, 'rebalanced')])
    assert.deepEqual(seen.slice(first.length), ['rebalancing', 'onRebalance true', 'answered', 'connect', 'rebalanced'])
    assert.deepEqual([group.topicPayloads.length, other.topicPayloads.length], [1, 1])
  })

  it('may return a promise instead', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('rebalance'))
    /** @type {string[]} */
    const seen = []
    const group = join(address, topic, {
      groupId: kafka.uniqueName('group'),
      onRebalance: async () => {
        await delay(50)
        seen.push('answered')
      }
    })
    group.on('rebalanced', () => seen.push('rebalanced'))
    await once(group, 'rebalanced')
    assert.deepEqual(seen, ['answered', 'rebalanced'])
  })

  for (const [how, onRebalance] of /** @type {[string, Function][]} */ ([
    ['an error that it calls back with', (/** @type {any} */ _, /** @type {any} */ callback) => {
      callback(new Error('no'))
    }],
    ['a rejected promise', async () => { throw new Error('no') }]
  ])) {
    it(`keeps the consumer out with ${how}`, async () => {
      const address = await kafka.brokers('4')
      const topic = await kafka.createTopic(address, kafka.uniqueName('rebalance'))
      const groupId = kafka.uniqueName('group')
      const group = join(address, topic, { groupId, onRebalance })
      const [error] = await once(group, 'error').catch((failure) => [failure])
      assert.equal(error.message, 'no')
      assert.equal(group.ready, false)
      assert.deepEqual((await kafka.groupMembers(address, groupId)).members, [])
    })
  }

  it('commits what was emitted, so that nothing comes again from the member that takes over', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('rebalance'), 2)
    const groupId = kafka.uniqueName('group')
    const group = join(address, topic, { groupId, autoCommitIntervalMs: 600000 })
    const first = collect(group, 'message')
    await write(address, topic, 0, 100, 2)
    await first.reach(200)
    const other = join(address, topic, { groupId, autoCommitIntervalMs: 600000 })
    const second = collect(other, 'message')
    await Promise.all([once(group, 'rebalanced'), once(other, 'rebalanced')])
    await write(address, topic, 100, 110, 2)
    await Promise.all([first.reach(210), second.reach(10)])
    assert.equal(first.seen.length, 210)
    assert.deepEqual(second.seen.map(({ offset }) => offset), Array.from({ length: 10 }, (_, i) => 100 + i))
  })

  it('shows a rebalance to a member without partitions, too', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('rebalance'))
    const groupId = kafka.uniqueName('group')
    const members = [join(address, topic, { groupId })]
    await once(members[0], 'rebalanced')
    members.push(join(address, topic, { groupId }))
    await Promise.all(members.map((member) => once(member, 'rebalanced')))
    const idle = /** @type {any} */ (members.find(({ topicPayloads }) => topicPayloads.length === 0))
    const owner = members.find((member) => member !== idle)
    /** @type {string[]} */
    const seen = []
    for (const name of ['rebalancing', 'connect', 'rebalanced']) idle.on(name, () => seen.push(name))
    await Promise.all([once(idle, 'rebalanced'), close(owner)])
    assert.deepEqual(seen, ['rebalancing', 'connect', 'rebalanced'])
    assert.equal(idle.topicPayloads.length, 1)
  })

  it('that answers too late changes nothing', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('rebalance'), 2)
    const groupId = kafka.uniqueName('group')
    /** @type {() => void} */
    let answer = () => {}
    const group = join(address, topic, {
      groupId,
      onRebalance: (/** @type {boolean} */ isMember, /** @type {() => void} */ callback) => {
        if (isMember) answer = callback
        else callback()
      }
    })
    const { reach } = collect(group, 'message')
    await once(group, 'rebalanced')
    const other = join(address, topic, { groupId })
    // the native side answers the group by itself before the session ends
    await Promise.all([once(group, 'rebalanced'), once(other, 'rebalanced')])
    answer()
    assert.equal(group.topicPayloads.length, 1)
    await write(address, topic, 0, 10, 2)
    await reach(10)
    await promised((callback) => group.commit(true, callback))
    const [{ partition }] = group.topicPayloads
    assert.equal((await kafka.committed(address, groupId, topic))[partition].offset, 10)
  })
})

describe('pause and resume of a group', { timeout: 90000 }, () => {
  after(() => kafka.releaseAll())
  afterEach(() => Promise.all([...open].map(close)))

  it('keep the membership, the order, and every record', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('pause'), 2)
    const groupId = kafka.uniqueName('group')
    const group = join(address, topic, { groupId })
    const { seen, reach } = collect(group, 'message')
    await write(address, topic, 0, 5000, 2)
    await reach(100)
    let rebalances = 0
    group.on('rebalancing', () => rebalances++)
    for (const pause of [0, 100, LONG_PAUSE_MS, 7000]) {
      group.pause()
      const { length } = seen
      await write(address, topic, 5000, 5100, 2)
      await delay(pause)
      assert.equal(seen.length, length)
      group.resume()
      await once(group, 'message')
    }
    await reach(2 * 5400)
    assertInOrder(seen)
    assert.equal(seen.length, 2 * 5400)
    assert.equal(rebalances, 0)
    assert.equal((await kafka.groupMembers(address, groupId)).members.length, 1)
  })

  it('inside the handler repeat nothing', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('pause'))
    const group = join(address, topic, { groupId: kafka.uniqueName('group') })
    const { seen, reach } = collect(group, 'message')
    group.on('message', ({ offset }) => {
      group.pause()
      if (offset % 10 === 0) setTimeout(() => group.resume(), 1)
      else if (offset % 2 === 0) setImmediate(() => group.resume())
      else group.resume()
    })
    await write(address, topic, 0, 2000)
    await reach(2000)
    assertInOrder(seen)
  })

  it('resume after a long pause, even if partitions have moved in the meantime', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('pause'), 2)
    const groupId = kafka.uniqueName('group')
    const group = join(address, topic, { groupId })
    const { seen, reach } = collect(group, 'message')
    await write(address, topic, 0, 20000, 2)
    await reach(1)
    group.pause()
    await delay(LONG_PAUSE_MS)
    const other = join(address, topic, { groupId })
    await Promise.all([once(group, 'rebalanced'), once(other, 'rebalanced')])
    await Promise.all([once(group, 'rebalanced'), close(other)])
    assert.equal(group.topicPayloads.length, 2)
    group.resume()
    const done = () => [0, 1].every((partition) =>
      seen.some((/** @type {any} */ message) => message.partition === partition && message.offset === 19999))
    while (!done()) await reach(seen.length + 1)
  })

  it('resume after a long pause at the offset that was set in the meantime', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('pause'))
    const group = join(address, topic, { groupId: kafka.uniqueName('group') })
    const { seen, reach } = collect(group, 'message')
    await write(address, topic, 0, 20000)
    await reach(1)
    group.pause()
    const { length } = seen
    await delay(LONG_PAUSE_MS)
    group.setOffset(topic, 0, 19990)
    group.resume()
    await reach(length + 10)
    assert.deepEqual(seen.slice(length).map(({ offset }) => offset), Array.from({ length: 10 }, (_, i) => 19990 + i))
  })

  it('set an offset inside the handler: what was fetched before is dropped', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('seek'))
    const group = join(address, topic, { groupId: kafka.uniqueName('group') })
    const { seen, reach } = collect(group, 'message')
    group.on('message', ({ offset }) => { if (offset === 9 && seen.length === 10) group.setOffset(topic, 0, 5) })
    await write(address, topic, 0, 100)
    await reach(105)
    assert.deepEqual(seen.map(({ offset }) => offset),
      [...Array(10).keys(), ...Array.from({ length: 95 }, (_, i) => i + 5)])
  })
})
