'use strict'

// A process may stand still for longer than its session: a paused container, a laptop that sleeps. Its group goes on
// without it. When it wakes up it holds partitions that others have, in handlers that know nothing of that.

const { after, afterEach, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')

const { Kafka, PartitionAssigners, logLevel } = require('../../kafkajs')
const { until } = require('../support/emissions')
const kafka = require('../support/kafka')
const processes = require('../support/processes')

const PARTITIONS = [0, 1, 2, 3]
/** The least that Kafka's brokers allow by default, ms. */
const SESSION = 6000

const skip = process.platform === 'win32' && 'Windows has no SIGSTOP'

describe('a cooperative member that stands still for longer than its session', { skip, timeout: 180000 }, () => {
  /** @type {string} */
  let address
  before(async () => { address = await kafka.brokers('4') })
  afterEach(() => processes.endAll())
  after(() => kafka.releaseAll())

  it('loses everything, commits nothing any more, and comes back', async (context) => {
    const topic = await kafka.createTopic(address, kafka.uniqueName('frozen'), PARTITIONS.length)
    const groupId = kafka.uniqueName('frozen')
    const write = (/** @type {string} */ value) =>
      kafka.produceRaw(address, topic, PARTITIONS.map((partition) => ({ partition, value })))
    await write('first')
    const frozen = processes.start('kafkajs-member', { address, topic, groupId, sessionTimeout: SESSION })
    assert.deepEqual(await frozen.see('assign'), ['assign', PARTITIONS, false])
    await until(() => frozen.all('message').length === PARTITIONS.length)
    await write('hold')
    await until(() => frozen.all('held').length === PARTITIONS.length)

    // the other one joins a group whose only member does not answer, and gets everything when its session is over
    frozen.child.kill('SIGSTOP')
    const seen = await other(context, topic, groupId)
    await until(() => PARTITIONS.every((partition) => seen.has(`${partition}/1`)))
    await write('meanwhile')
    const third = () => kafka.committed(address, groupId, topic)
      .then((all) => PARTITIONS.every((partition) => all[partition].offset === 3))
    await until(third)

    frozen.child.kill('SIGCONT')
    frozen.child.kill('SIGUSR2')
    const lost = await frozen.see('revoke')
    assert.deepEqual([lost[1].sort(), lost[2]], [PARTITIONS, true])
    await until(() => frozen.all('refused').filter(([, how]) => how === 'commit').length >= PARTITIONS.length)
    for (const [, , name, type] of frozen.all('refused')) {
      assert.equal(name, 'KafkaJSProtocolError')
      // said by the broker, or, once the member knows, without asking it
      assert.match(type, /^(UNKNOWN_MEMBER_ID|ILLEGAL_GENERATION)$/)
    }
    // what it had read it has not taken back from the one that has read on
    assert.equal(frozen.all('message').length, PARTITIONS.length)
    assert.ok(await third())

    // half of the partitions come back; what is new reaches one of the two, and is committed
    await until(() => frozen.all('assign').flatMap(([, partitions]) => partitions).length === 6)
    const own = frozen.all('assign').slice(1).flatMap(([, partitions]) => partitions).sort()
    await write('last')
    await until(() => frozen.all('message').length === PARTITIONS.length + own.length)
    assert.deepEqual(frozen.all('message').slice(PARTITIONS.length).map(([, ...place]) => place.join('/')).sort(),
      own.map((partition) => `${partition}/3`))
    const rest = PARTITIONS.filter((partition) => !own.includes(partition))
    await until(() => rest.every((partition) => seen.has(`${partition}/3`)))
    await until(() => kafka.committed(address, groupId, topic)
      .then((all) => PARTITIONS.every((partition) => all[partition].offset === 4)))
    assert.deepEqual([frozen.all('twice'), frozen.all('crash')], [[], []])
    frozen.child.kill('SIGTERM')
    await frozen.see('closed')
  })

  /**
   * A member in this process.
   *
   * @param {import('node:test').TestContext} context
   * @param {string} topic
   * @param {string} groupId
   * @returns {Promise<Set<string>>} `partition/offset` of what it has handled
   */
  async function other (context, topic, groupId) {
    /** @type {Set<string>} */
    const seen = new Set()
    const consumer = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING }).consumer({
      groupId,
      heartbeatInterval: 300,
      maxWaitTimeInMs: 100,
      partitionAssigners: [PartitionAssigners.cooperativeSticky]
    })
    context.after(() => consumer.disconnect())
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ partition, message }) => { seen.add(`${partition}/${message.offset}`) }
    })
    return seen
  }
})
