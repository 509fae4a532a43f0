'use strict'

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')

const kafka = require('../support/kafka')
const { call, collect, next } = require('../support/embedded')
const ours = require('../..')
const { originalFolder } = require('./support/original')

const PARTITIONS = 4

describe('kafka-node\'s members and ours in one group with a custom protocol', { timeout: 180000 }, () => {
  /** @type {string} */
  let address
  /** @type {any} */
  let original

  before(async () => {
    address = await kafka.brokers('3.9')
    original = require(await originalFolder())
  })
  after(() => kafka.releaseAll())

  for (const version of [0, 2]) {
    it(`share its partitions, whoever leads: version ${version}`, async (context) => {
      const topic = await kafka.createTopic(address, kafka.uniqueName('mixed'), PARTITIONS)
      await kafka.produceRaw(address, topic,
        Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: `of ${partition}` })))
      const groupId = kafka.uniqueName('mixed')
      /** @type {Array<[string, any[]]>} leader and what it saw of the members */
      const runs = []

      /** @param {any} library @param {string} name */
      const join = (library, name) => {
        const protocol = {
          name: 'by-rank',
          version,
          userData: { name, rank: name.endsWith('é') ? 1 : 0 },
          assign (/** @type {any} */ topicPartitions, /** @type {any[]} */ members, /** @type {any} */ callback) {
            runs.push([name, members.map((member) => [member.userData.name, member.version, member.subscription])])
            const byRank = members.slice().sort((a, b) => a.userData.rank - b.userData.rank)
            callback(null, byRank.map(({ id, userData }, i) => ({
              memberId: id,
              topicPartitions: {
                [topic]: topicPartitions[topic].filter((/** @type {string} */ id) => Number(id) % byRank.length === i)
              },
              version: 0,
              userData: { hello: userData.name }
            })))
          }
        }
        const group = new library.ConsumerGroup({
          kafkaHost: address,
          groupId,
          protocol,
          fromOffset: 'earliest',
          autoCommit: false,
          commitOffsetsOnFirstJoin: false,
          sessionTimeout: 6000,
          heartbeatInterval: 300,
          retryMinTimeout: 200
        }, topic)
        group.on('error', (/** @type {any} */ error) => { if (!group.client.closing) console.error(name, error) })
        context.after(() => Promise.race([call(group, 'close'), new Promise((resolve) => setTimeout(resolve, 5000))]))
        return group
      }
      /** @param {any} group */
      const owned = (group) => group.ready
        ? group.topicPayloads.map((/** @type {any} */ { partition }) => partition).sort().join()
        : ''
      /** @param {any} group @param {string} partitions */
      const owns = async (group, partitions) => {
        while (owned(group) !== partitions) await next(group, 'rebalanced')
      }
      /** @param {string[]} names @param {string} leader */
      const ledBy = (leader, names) => {
        const [name, members] = /** @type {[string, any[]]} */ (runs.at(-1))
        assert.equal(name, leader)
        assert.deepEqual(members.sort(), names.map((member) => [member, version, [topic]]))
      }

      const first = join(original, 'original')
      await owns(first, '0,1,2,3')
      const second = join(ours, 'ours é')
      const messages = collect(second)
      await Promise.all([owns(first, '0,2'), owns(second, '1,3')])
      ledBy('original', ['original', 'ours é'])
      assert.deepEqual([first.isLeader, second.isLeader], [true, false])
      assert.deepEqual(second.assignedUserData, { hello: 'ours é' })
      assert.deepEqual((await messages.take(2)).map(({ value }) => value).sort(), ['of 1', 'of 3'])

      await call(first, 'close')
      await owns(second, '0,1,2,3')
      ledBy('ours é', ['ours é'])
      const third = join(original, 'original again')
      const others = collect(third)
      await Promise.all([owns(third, '0,2'), owns(second, '1,3')])
      ledBy('ours é', ['original again', 'ours é'])
      assert.deepEqual([third.isLeader, second.isLeader], [false, true])
      assert.deepEqual((await others.take(2)).map(({ value }) => value).sort(), ['of 0', 'of 2'])
    })
  }
})
