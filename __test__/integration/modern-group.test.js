'use strict'

// What groups have had since kafka-node: members that keep their place, rebalances that take only what moves, brokers
// that assign, transactions that stay hidden.

const assert = require('node:assert/strict')
const { once } = require('node:events')
const { after, afterEach, before, describe, it } = require('node:test')

const { Consumer, ConsumerGroup, ConsumerGroupStream, ConsumerStream, KafkaClient } = require('../..')
const { promised, until } = require('../support/emissions')
const kafka = require('../support/kafka')

const PARTITIONS = [0, 1, 2, 3]

/** @type {Set<() => Promise<void>>} */
const closings = new Set()

/** @param {any} closable */
function closeLater (closable) {
  const close = async () => {
    if (closings.delete(close)) await promised((callback) => closable.close(callback))
  }
  closings.add(close)
  return close
}

/** A member of a group, and everything that it shows. */
class Member {
  /**
   * @param {string} kafkaHost
   * @param {string} topic
   * @param {object} options
   */
  constructor (kafkaHost, topic, options) {
    /** @type {any[]} names of events, and the partitions that were owned then */
    this.events = []
    /** @type {any[]} */
    this.messages = []
    this.watchers = new Set()
    this.group = new ConsumerGroup({
      kafkaHost,
      fromOffset: 'earliest',
      heartbeatInterval: 200,
      ...options,
      onRebalance: (/** @type {boolean} */ isMember, /** @type {any} */ callback) => {
        this.saw(['onRebalance', isMember])
        const { onRebalance } = /** @type {any} */ (options)
        if (onRebalance) onRebalance(isMember, callback)
        else callback()
      }
    }, topic)
    for (const name of /** @type {const} */ (['rebalancing', 'connect', 'rebalanced'])) {
      this.group.on(name, () => this.saw([name, this.owned()]))
    }
    this.group.on('message', (message) => {
      this.messages.push(message)
      this.changed()
    })
    this.close = closeLater(this.group)
  }

  /** @param {any[]} event */
  saw (event) {
    this.events.push(event)
    this.changed()
  }

  changed () {
    for (const watcher of this.watchers) watcher()
  }

  owned () {
    return this.group.topicPayloads.map(({ partition }) => partition).sort()
  }

  /** @param {number} partition @returns {number[]} the offsets that were emitted */
  offsets (partition) {
    return this.messages.filter((message) => message.partition === partition).map(({ offset }) => offset)
  }

  /**
   * @param {() => boolean} holds
   * @returns {Promise<void>} rejected by an `error` event
   */
  until (holds) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!holds()) return
        this.watchers.delete(check)
        this.group.removeListener('error', reject)
        resolve()
      }
      this.group.on('error', reject)
      this.watchers.add(check)
      check()
    })
  }

  /** @param {number} count of partitions that are owned */
  owns (count) {
    return this.until(() => this.group.ready && this.events.some(([name]) => name === 'rebalanced') &&
      !this.group.rebalancing && this.owned().length === count)
  }
}

const range = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from }, (_, i) => from + i)

afterEach(() => Promise.all([...closings].map((close) => close())))
after(() => kafka.releaseAll())

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`a group on Kafka ${version}`, { timeout: 120000 }, () => {
    /** @type {string} */
    let address
    before(async () => {
      address = await kafka.brokers(version)
    })

    const topicOf = (count = PARTITIONS.length) => kafka.createTopic(address, kafka.uniqueName('modern'), count)
    /** @param {string} topic @param {number} count in each partition */
    const write = (topic, count, partitions = PARTITIONS) => kafka.produceRaw(address, topic,
      partitions.flatMap((partition) => range(0, count).map((i) => ({ partition, value: String(i) }))))

    it('cooperative-sticky: what stays goes on without a pause, and nothing is read twice', async () => {
      const topic = await topicOf()
      const groupId = kafka.uniqueName('cooperative')
      const options = { groupId, protocol: ['cooperative-sticky'], sessionTimeout: 20000, autoCommitIntervalMs: 60000 }
      await write(topic, 20)
      /** @type {any} what is owned while the group waits for the answer */
      let meanwhile
      const first = new Member(address, topic, {
        ...options,
        onRebalance: (/** @type {boolean} */ isMember, /** @type {() => void} */ callback) => setImmediate(() => {
          if (isMember) meanwhile = [first.group.ready, first.group.rebalancing, first.owned()]
          callback()
        })
      })
      await first.until(() => first.messages.length === 80)
      assert.deepEqual(first.events,
        [['rebalancing', []], ['onRebalance', false], ['connect', PARTITIONS], ['rebalanced', PARTITIONS]])
      const described = await kafka.groupMembers(address, groupId)
      assert.equal(described.protocol, 'cooperative-sticky')

      const second = new Member(address, topic, options)
      await second.owns(2)
      const [moved, kept] = [second.owned(), first.owned()]
      assert.deepEqual([...moved, ...kept].sort(), PARTITIONS)
      assert.deepEqual(first.events.slice(4),
        [['rebalancing', PARTITIONS], ['onRebalance', true], ['connect', kept], ['rebalanced', kept]])
      assert.deepEqual(meanwhile, [true, true, PARTITIONS])
      // a member may join before there is anything for it
      assert.deepEqual(second.events.slice(0, 2), [['rebalancing', []], ['onRebalance', false]])
      assert.deepEqual(second.events.slice(-2), [['connect', moved], ['rebalanced', moved]])

      await write(topic, 20)
      await second.until(() => moved.every((partition) => second.offsets(partition).length === 20))
      await first.until(() => kept.every((partition) => first.offsets(partition).length === 40))
      for (const partition of PARTITIONS) {
        const isMoved = moved.includes(partition)
        assert.deepEqual(first.offsets(partition), range(0, isMoved ? 20 : 40))
        assert.deepEqual(second.offsets(partition), isMoved ? range(20, 40) : [])
      }

      // what the other one leaves comes back, on top of what was kept
      await promised((callback) => second.group.commit(true, callback))
      await second.close()
      await first.owns(4)
      assert.deepEqual(first.events.slice(8).map(([name]) => name), ['rebalancing', 'connect', 'rebalanced'])
      await write(topic, 1)
      await first.until(() => moved.every((partition) => first.offsets(partition).length === 21))
      for (const partition of moved) assert.deepEqual(first.offsets(partition), [...range(0, 20), 40])
    })

    it('cooperative-sticky: topics come and go, and connect() leaves a member alone', async () => {
      const [one, two] = [await topicOf(1), await topicOf(1)]
      const member = new Member(address, one, { groupId: kafka.uniqueName('topics'), protocol: ['cooperative-sticky'] })
      await member.owns(1)
      await promised((callback) => member.group.addTopics([two], callback))
      await member.owns(2)
      await write(two, 3, [0])
      await member.until(() => member.messages.length === 3)
      const before = member.events.length
      await promised((callback) => member.group.removeTopics(one, callback))
      await member.owns(1)
      member.group.connect()
      assert.deepEqual([member.group.ready, member.group.connecting], [true, false])
      await promised((callback) => member.group.removeTopics(two, callback))
      await member.until(() => member.events.length === before + 8)
      assert.deepEqual(member.events.slice(before).map(([name]) => name),
        [0, 1].flatMap(() => ['rebalancing', 'onRebalance', 'connect', 'rebalanced']))
      await promised((callback) => member.group.addTopics([one], callback))
      await member.owns(1)
      await write(one, 3, [0])
      await member.until(() => member.messages.length === 6)
    })

    it('cooperative-sticky: an error of onRebalance makes the member leave, until connect()', async () => {
      const topic = await topicOf()
      const options = { groupId: kafka.uniqueName('refusal'), protocol: ['cooperative-sticky'] }
      let isRefusing = false
      const first = new Member(address, topic, {
        ...options,
        onRebalance: (/** @type {boolean} */ _, /** @type {(error: any) => void} */ callback) =>
          callback(isRefusing ? new Error('not now') : null)
      })
      await first.owns(4)
      isRefusing = true
      const refused = once(first.group, 'error')
      const second = new Member(address, topic, options)
      const [error] = await refused
      assert.equal(error.message, 'not now')
      await second.owns(4)
      assert.deepEqual([first.group.ready, first.owned()], [false, []])
      isRefusing = false
      first.group.connect()
      await Promise.all([first.owns(2), second.owns(2)])
    })

    it('cooperative-sticky: a late answer of onRebalance changes nothing any more', async () => {
      const topic = await topicOf()
      const options = { groupId: kafka.uniqueName('late'), protocol: ['cooperative-sticky'], sessionTimeout: 6000 }
      let answer = () => {}
      const first = new Member(address, topic, {
        ...options,
        onRebalance: (/** @type {boolean} */ isMember, /** @type {() => void} */ callback) => {
          if (isMember) answer = callback
          else callback()
        }
      })
      await first.owns(4)
      const second = new Member(address, topic, options)
      await second.owns(2)
      await first.owns(2)
      assert.deepEqual(first.events.slice(4).map(([name]) => name),
        ['rebalancing', 'onRebalance', 'connect', 'rebalanced'])
      const kept = first.owned()
      answer()
      assert.deepEqual([first.owned(), first.events.length], [kept, 8])
      await write(topic, 5)
      await Promise.all([first, second].map((member) => member.until(() => member.messages.length === 10)))
    })

    it('cooperative-sticky: a stream loses and repeats nothing when partitions move', async () => {
      const topic = await topicOf()
      await write(topic, 500)
      const groupId = kafka.uniqueName('streams')
      /** @type {string[]} */
      const seen = []
      /** @type {any[]} */
      const streams = []
      const open = () => {
        const stream = new ConsumerGroupStream({
          kafkaHost: address,
          groupId,
          fromOffset: 'earliest',
          protocol: ['cooperative-sticky'],
          heartbeatInterval: 200,
          highWaterMark: 5000
        }, topic)
        closeLater(stream)
        streams.push(stream)
        return stream
      }
      /** @param {any} stream @param {() => boolean} isOver */
      const readUntil = async (stream, isOver) => {
        while (!isOver()) {
          const message = stream.read()
          if (message === null) await new Promise((resolve) => { setImmediate(resolve) })
          else seen.push(`${message.partition}/${message.offset}`)
        }
      }
      const first = open()
      first.read(0)
      // all of them, of which those of the partitions that move are another's
      await until(() => first.readableLength === 2000)
      await readUntil(first, () => seen.length >= 700)
      const second = open()
      second.read(0)
      const count = (/** @type {any} */ stream) => stream.consumerGroup.topicPayloads.length
      await until(() => count(first) === 2 && count(second) === 2)
      const moved = second.consumerGroup.topicPayloads.map(({ partition }) => partition)
      const before = seen.length
      const rest = 1000 - seen.filter((name) => moved.includes(Number(name[0]))).length
      await readUntil(second, () => seen.length === before + rest)
      await readUntil(first, () => first.readableLength === 0)
      assert.equal(new Set(seen).size, 2000)
      assert.equal(seen.length, 2000)
    })

    it('groupInstanceId: a restart within the session moves nothing', async () => {
      const topic = await topicOf()
      const groupId = kafka.uniqueName('static')
      const join = (/** @type {string} */ groupInstanceId) =>
        new Member(address, topic, { groupId, groupInstanceId, sessionTimeout: 20000 })
      const one = join('one')
      await one.owns(4)
      const two = join('two')
      await Promise.all([one.owns(2), two.owns(2)])
      const owned = one.owned()
      const events = two.events.length
      await one.close()
      const again = join('one')
      await again.owns(2)
      assert.deepEqual(again.owned(), owned)
      await write(topic, 3)
      await Promise.all([again.until(() => again.messages.length === 6), two.until(() => two.messages.length === 6)])
      assert.equal(two.events.length, events)
    })

    it('groupInstanceId: a second member of the same name takes the place of the first', async () => {
      const topic = await topicOf(1)
      const options = { groupId: kafka.uniqueName('twins'), groupInstanceId: 'twin', sessionTimeout: 20000 }
      const first = new Member(address, topic, options)
      await first.owns(1)
      const fenced = once(first.group, 'error')
      const second = new Member(address, topic, options)
      await second.owns(1)
      const [error] = await fenced
      assert.equal(error.code, 'ERR_KAFKA_FATAL')
      assert.match(error.message, /fenced by other consumer with same group\.instance\.id/)
      await write(topic, 3, [0])
      await second.until(() => second.messages.length === 3)
      assert.deepEqual(first.messages, [])
    })

    it('isolationLevel: read_committed hides what a transaction has aborted', async () => {
      const topic = await topicOf(1)
      const transactionalId = kafka.uniqueName('transactions')
      const producer = kafka.kafkaJs(address).producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
      await producer.connect()
      for (const [value, end] of /** @type {const} */ ([['a', 'commit'], ['aborted', 'abort'], ['z', 'commit']])) {
        const transaction = await producer.transaction()
        await transaction.send({ topic, messages: [{ value }] })
        await transaction[end]()
      }
      await producer.disconnect()
      const all = ['a', 'aborted', 'z']
      for (const [isolationLevel, expected] of /** @type {Array<[any, any[]]>} */ ([
        [undefined, all], ['read_uncommitted', all], ['read_committed', ['a', 'z']]
      ])) {
        const readers = [
          () => new ConsumerGroup({
            kafkaHost: address, groupId: kafka.uniqueName('group'), fromOffset: 'earliest', isolationLevel
          }, topic),
          () => new Consumer(new KafkaClient({ kafkaHost: address }), [{ topic }],
            { groupId: kafka.uniqueName('group'), fromOffset: true, isolationLevel }),
          () => new ConsumerGroupStream({
            kafkaHost: address, groupId: kafka.uniqueName('group'), fromOffset: 'earliest', isolationLevel
          }, topic),
          () => new ConsumerStream(new KafkaClient({ kafkaHost: address }), [{ topic }],
            { groupId: kafka.uniqueName('group'), fromOffset: true, isolationLevel })
        ]
        for (const open of readers) {
          /** @type {any} */
          const reader = open()
          closeLater(reader)
          /** @type {string[]} */
          const values = []
          await new Promise((resolve, reject) => {
            reader.on('error', reject)
            const event = reader instanceof ConsumerGroup || reader instanceof Consumer ? 'message' : 'data'
            reader.on(event, (/** @type {any} */ message) => {
              values.push(message.value)
              if (message.value === 'z') resolve(undefined)
            })
          })
          assert.deepEqual(values, expected)
        }
      }
    })
  })
}

describe('groupProtocol consumer', { timeout: 120000 }, () => {
  it('lets the broker assign, one change at a time', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('modern'), PARTITIONS.length)
    const write = () => kafka.produceRaw(address, topic,
      PARTITIONS.flatMap((partition) => range(0, 10).map((i) => ({ partition, value: String(i) }))))
    const options = {
      groupId: kafka.uniqueName('kip-848'), groupProtocol: 'consumer', groupRemoteAssignor: 'range', protocol: ['range']
    }
    await write()
    const first = new Member(address, topic, options)
    await first.until(() => first.messages.length === 40)
    assert.deepEqual(first.events.slice(0, 2), [['rebalancing', []], ['onRebalance', false]])
    const before = first.events.length
    const second = new Member(address, topic, { ...options, groupInstanceId: 'second' })
    await Promise.all([first.owns(2), second.owns(2)])
    assert.deepEqual(first.events.slice(before).map(([name]) => name),
      ['rebalancing', 'onRebalance', 'connect', 'rebalanced'])
    assert.deepEqual([...first.owned(), ...second.owned()].sort(), PARTITIONS)
    await write()
    await second.until(() => second.messages.length === 20)
    await first.until(() => first.messages.length === 60)
    for (const partition of PARTITIONS) {
      const isMoved = second.owned().includes(partition)
      assert.deepEqual(first.offsets(partition), range(0, isMoved ? 10 : 20))
      assert.deepEqual(second.offsets(partition), isMoved ? range(10, 20) : [])
    }
    await promised((callback) => first.group.commit(true, callback))
    await first.close()
    await second.owns(4)
    await write()
    await second.until(() => second.messages.length === 60)
  })

  it('shows a member without partitions as one that has joined', async () => {
    const address = await kafka.brokers('4')
    const topic = await kafka.createTopic(address, kafka.uniqueName('modern'))
    const options = { groupId: kafka.uniqueName('kip-848'), groupProtocol: 'consumer' }
    const first = new Member(address, topic, options)
    await first.owns(1)
    const second = new Member(address, topic, options)
    await second.owns(0)
    await first.close()
    await second.owns(1)
    await kafka.produceRaw(address, topic, [{ value: 'x' }])
    await second.until(() => second.messages.length === 1)
  })

  it('says what it needs when the broker is older, and leaves', async () => {
    const address = await kafka.brokers('3.9')
    const topic = await kafka.createTopic(address, kafka.uniqueName('modern'))
    const { group } = new Member(address, topic, { groupId: kafka.uniqueName('old'), groupProtocol: 'consumer' })
    const [error] = await once(group, 'error')
    assert.equal(error.name, 'ApiNotSupportedError')
    assert.match(error.message, /KIP-848.*Kafka 4\.0/)
    assert.deepEqual([group.ready, group.connecting, group.client.ready], [false, false, true])
  })
})
