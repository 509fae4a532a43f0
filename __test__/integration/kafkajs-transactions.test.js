'use strict'

// Transactions of the second door on real Kafka, read by kafkajs's own consumer.

const assert = require('node:assert/strict')
const { after, describe, it } = require('node:test')
const path = require('node:path')

const { MEMBER_IDENTITY } = require('../../kafkajs/groupMembers')
const { until } = require('../support/emissions')
const { FIND_COORDINATOR, FaultProxy, HOST } = require('../support/faultProxy')
const kafka = require('../support/kafka')
const { Clients, outcome } = require('../support/kafkajs-door')
const program = require('../support/program')

const value = (/** @type {string} */ text) => ({ value: text })

/** A node that there is not: nothing listens on its port. */
const NOWHERE = { id: 99, port: 1 }

/**
 * @param {Buffer} answer to FindCoordinator, of version 1 or 2
 * @returns {Buffer | null} it names another node: id, length of the host, host, port; null if it names none
 */
function withoutCoordinator (answer) {
  const copy = Buffer.from(answer)
  const host = copy.indexOf(HOST)
  if (host < 0) return null
  copy.writeInt32BE(NOWHERE.id, host - 6)
  copy.writeInt32BE(NOWHERE.port, host + HOST.length)
  return copy
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`transactions of the second door, Kafka ${version}`, { timeout: 180000 }, () => {
    after(() => kafka.releaseAll())

    const start = async (/** @type {import('node:test').TestContext} */ context) => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('transactions'))
      return { address, topic, clients: new Clients(context, address) }
    }

    it('show all of what was committed, nothing of what was aborted, and plain sends at once', async (context) => {
      const { address, clients, topic } = await start(context)
      const producer = await clients.connected({ transactionalId: kafka.uniqueName('id') })
      const committed = await producer.transaction()
      assert.equal(committed.isActive(), true)
      const [written] = await committed.send({ topic, messages: [value('a'), value('b')] })
      assert.deepEqual([written.topicName, written.partition, written.baseOffset], [topic, 0, '0'])
      await committed.sendBatch({ topicMessages: [{ topic, messages: [value('c')] }] })
      assert.equal(await committed.commit(), undefined)
      assert.equal(committed.isActive(), false)
      const aborted = await producer.transaction()
      await aborted.send({ topic, messages: [value('never')] })
      await producer.send({ topic, messages: [value('plain')] })
      assert.equal(await aborted.abort(), undefined)
      assert.deepEqual(await kafka.visibleTexts(address, topic), ['a', 'b', 'c', 'plain'])
      assert.ok((await kafka.visibleTexts(address, topic, { readUncommitted: true })).includes('never'))
    })

    it('wait for the sends that are under way when they are committed', async (context) => {
      const { address, clients, topic } = await start(context)
      const producer = await clients.connected({ transactionalId: kafka.uniqueName('id') })
      const transaction = await producer.transaction()
      const texts = Array.from({ length: 200 }, (_, i) => String(i))
      const sends = texts.map((text) => transaction.send({ topic, messages: [value(text)] }))
      await transaction.commit()
      assert.equal((await Promise.all(sends)).length, 200)
      assert.deepEqual(await kafka.visibleTexts(address, topic), texts)
    })

    it('may be empty, may change the codec, and end once', async (context) => {
      const { address, clients, topic } = await start(context)
      const producer = await clients.connected({ transactionalId: kafka.uniqueName('id') })
      await (await producer.transaction()).commit()
      await (await producer.transaction()).abort()
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [value('packed')], compression: 1 })
      const { error: second } = await outcome(() => producer.transaction())
      assert.match(second.message, /^There is already an ongoing transaction/)
      await transaction.commit()
      for (const method of ['send', 'sendBatch', 'sendOffsets', 'commit', 'abort']) {
        const { error } = await outcome(() => transaction[method]({}))
        assert.deepEqual([error.name, error.message],
          ['KafkaJSNonRetriableError', 'Cannot continue to use transaction once ended'])
      }
      assert.deepEqual(await kafka.visibleTexts(address, topic), ['packed'])
      const { error } = await outcome(() => clients.producer().transaction())
      assert.equal(error.message, 'Must provide transactional id for transactional producer')
    })

    it('commit a group\'s offsets as they are given, with the records or not at all', async (context) => {
      const { address, clients, topic } = await start(context)
      const producer = await clients.connected({ transactionalId: kafka.uniqueName('id') })
      const groupId = kafka.uniqueName('group')
      const offsets = (/** @type {string} */ offset) =>
        ({ consumerGroupId: groupId, topics: [{ topic, partitions: [{ partition: 0, offset, metadata: 'm' }] }] })
      const committed = await producer.transaction()
      await committed.send({ topic, messages: [value('a')] })
      await committed.sendOffsets(offsets('7'))
      await committed.commit()
      assert.deepEqual(await kafka.committed(address, groupId, topic), { 0: { offset: 7, metadata: 'm' } })
      const aborted = await producer.transaction()
      await aborted.sendOffsets(offsets('9'))
      await aborted.abort()
      assert.deepEqual(await kafka.committed(address, groupId, topic), { 0: { offset: 7, metadata: 'm' } })
      const incomplete = await producer.transaction()
      for (const [args, message] of [
        [{}, 'Missing consumerGroupId'], [{ consumerGroupId: groupId }, 'Missing offset topics']]) {
        const { error } = await outcome(() => incomplete.sendOffsets(/** @type {any} */ (args)))
        assert.deepEqual([error.name, error.message], ['AssertionError', message])
      }
    })

    /**
     * A transaction of a client that is told, whenever it looks for a group's coordinator, of a node that is gone.
     *
     * @param {import('node:test').TestContext} context
     */
    const withLostCoordinator = async (context) => {
      const { address, topic } = await start(context)
      const proxy = await new FaultProxy(address).start()
      context.after(() => proxy.stop())
      // the broker must not end the transaction meanwhile: its timeout is longer than the call may take
      const producer = await new Clients(context, proxy.brokers).connected({ transactionalId: kafka.uniqueName('id') })
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [value('a')] })
      let lookups = 0
      proxy.rewrite = (api, answer) => {
        const lost = api === FIND_COORDINATOR ? withoutCoordinator(answer) : null
        if (lost !== null) lookups++
        return lost || answer
      }
      const consumerGroupId = kafka.uniqueName('group')
      const sent = transaction.sendOffsets(
        { consumerGroupId, topics: [{ topic, partitions: [{ partition: 0, offset: '3' }] }] })
      return { address, topic, proxy, producer, transaction, consumerGroupId, sent, looked: () => lookups }
    }

    it('look for a coordinator that is gone until there is another', async (context) => {
      const { address, topic, proxy, transaction, consumerGroupId, sent, looked } = await withLostCoordinator(context)
      await until(() => looked() >= 1)
      proxy.rewrite = null
      await sent
      await transaction.commit()
      assert.deepEqual(await kafka.committed(address, consumerGroupId, topic), { 0: { offset: 3, metadata: null } })
    })

    it('give offsets up at the time limit when their coordinator stays away', async (context) => {
      const { proxy, producer, transaction, sent, looked } = await withLostCoordinator(context)
      const error = await sent.then(() => null, (error) => error)
      assert.deepEqual([error.name, error.abortable], ['KafkaJSRequestTimeoutError', true])
      assert.ok(looked() > 1)
      proxy.rewrite = null
      await transaction.abort()
      const next = await producer.transaction()
      await next.commit()
    })

    it('refuse the offsets of a member that is none any more; the next one can do it', async (context) => {
      const { address, clients, topic } = await start(context)
      const producer = await clients.connected({ transactionalId: kafka.uniqueName('id') })
      const topics = [{ topic, partitions: [{ partition: 0, offset: '1' }] }]
      const consumerGroupId = kafka.uniqueName('group')
      const gone = () => ({ memberId: 'gone-1', generationId: 1, groupInstanceId: null })
      const consumer = /** @type {any} */ ({ [MEMBER_IDENTITY]: Object.assign(gone, { groupId: consumerGroupId }) })
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [value('never')] })
      const error = await transaction.sendOffsets({ consumer, topics }).then(() => null, (error) => error)
      assert.equal(error.name, 'KafkaJSProtocolError')
      assert.match(error.type, /^(UNKNOWN_MEMBER_ID|ILLEGAL_GENERATION)$/)
      assert.equal(error.abortable, true)
      const failed = await transaction.commit().then(() => null, (error) => error)
      assert.equal(failed.abortable, true)
      const next = await producer.transaction()
      await next.send({ topic, messages: [value('next')] })
      await next.sendOffsets({ consumerGroupId, topics })
      await next.commit()
      assert.deepEqual(await kafka.visibleTexts(address, topic), ['next'])
    })

    it('of a producer that another one has taken over from are fenced, until it connects anew', async (context) => {
      const { address, clients, topic } = await start(context)
      const transactionalId = kafka.uniqueName('id')
      const zombie = await clients.connected({ transactionalId })
      const lost = await zombie.transaction()
      await lost.send({ topic, messages: [value('lost')] })
      const heir = await clients.connected({ transactionalId })
      const transaction = await heir.transaction()
      await transaction.send({ topic, messages: [value('kept')] })
      const refused = await lost.send({ topic, messages: [value('zombie')] })
        .catch((/** @type {any} */ error) => error)
      assert.deepEqual([refused.type, refused.fatal], ['INVALID_PRODUCER_EPOCH', true])
      const fenced = [
        await outcome(() => lost.send({ topic, messages: [value('zombie')] })),
        await outcome(() => lost.commit())
      ]
      assert.deepEqual(fenced.map(({ error }) => [error.name, error.type]),
        new Array(2).fill(['KafkaJSProtocolError', 'INVALID_PRODUCER_EPOCH']))
      assert.equal((await outcome(() => zombie.transaction())).error.type, 'INVALID_PRODUCER_EPOCH')
      await transaction.commit()
      assert.deepEqual(await kafka.visibleTexts(address, topic), ['kept'])
      await zombie.disconnect()
      await zombie.connect()
      const again = await zombie.transaction()
      await again.abort()
    })

    it('are aborted when the producer disconnects, and when its process is killed', async (context) => {
      const { address, clients, topic } = await start(context)
      const transactionalId = kafka.uniqueName('id')
      const producer = await clients.connected({ transactionalId })
      const open = await producer.transaction()
      await open.send({ topic, messages: [value('open')] })
      await producer.disconnect()
      assert.equal(open.isActive(), false)
      const child = program.start(path.join(__dirname, 'programs', 'kafkajs-transaction.js'),
        { args: [address, topic, transactionalId] })
      await child.line('sent')
      child.kill('SIGKILL')
      await child.ended
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [value('after')] })
      await transaction.commit()
      assert.deepEqual(await kafka.visibleTexts(address, topic), ['after'])
    })
  })
}
