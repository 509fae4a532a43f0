'use strict'

const assert = require('node:assert/strict')
const { after, afterEach, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')

const kafka = require('../support/kafka')
const { allSeen, assertOnlyOwned, doubles, steady } = require('../support/members')
const { endAll, start } = require('../support/processes')
const { startTraffic } = require('../support/traffic')

/** The shortest session that a broker accepts by default. */
const SESSION_MS = 6000

/**
 * @param {string} address
 * @param {string} topic
 * @param {string} groupId
 * @param {object} [options]
 */
function startMember (address, topic, groupId, options = {}) {
  return start('group-member', {
    topics: [topic],
    options: {
      kafkaHost: address,
      groupId,
      fromOffset: 'earliest',
      sessionTimeout: SESSION_MS,
      heartbeatInterval: 500,
      autoCommitIntervalMs: 300,
      ...options
    }
  })
}

/**
 * The offsets of a partition that one member emitted, in order.
 *
 * @param {import('../support/processes').Program} member
 * @param {number} partition
 * @returns {number[]}
 */
function offsetsOf (member, partition) {
  return member.all('message').filter((event) => event[1] === partition).map((event) => event[2])
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`members of a group on Kafka ${version}`, { timeout: 180000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(endAll)

    it('never both get a message: two processes with three partitions', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('shared'), 3)
      const groupId = kafka.uniqueName('group')
      const members = [startMember(address, topic, groupId), startMember(address, topic, groupId)]
      await steady(members, [1, 2])
      const count = 2000
      await kafka.produceRaw(address, topic, Array.from({ length: 3 * count }, (_, i) =>
        ({ partition: i % 3, value: String(i) })))
      await allSeen(members, 3, count)
      assert.deepEqual(doubles(members), [])
      const counts = members.map((member) => member.all('message').length).sort((a, b) => a - b)
      assert.deepEqual(counts, [count, 2 * count])
      await Promise.all(members.map((member) => member.kill('SIGTERM')))
    })

    it('never both get a message: two processes with one partition', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('single'), 1)
      const groupId = kafka.uniqueName('group')
      const members = [startMember(address, topic, groupId), startMember(address, topic, groupId)]
      await steady(members, [0, 1])
      await kafka.produceRaw(address, topic, Array.from({ length: 500 }, (_, i) => ({ value: String(i) })))
      await allSeen(members, 1, 500)
      assert.deepEqual(members.map((member) => member.all('message').length).sort(), [0, 500])
      await Promise.all(members.map((member) => member.kill('SIGTERM')))
    })

    it('share the partitions, and take over those of a member that leaves or is killed', async () => {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('handed-over'), 3)
      const groupId = kafka.uniqueName('group')
      const members = Array.from({ length: 3 }, () => startMember(address, topic, groupId))
      await steady(members, [1, 1, 1])
      const stopTraffic = await startTraffic(address, topic, 3)
      const [leaving, killed, staying] = members
      for (const member of members) await member.see('message')

      assert.deepEqual(await leaving.kill('SIGTERM'), { code: 0, signal: null })
      await steady([killed, staying], [1, 2])
      await delay(500)
      await killed.kill('SIGKILL')
      await steady([staying], [3])
      const count = await stopTraffic()
      await allSeen(members, 3, count)

      for (const member of members) assertOnlyOwned(member)
      // Whoever takes over emits again what was emitted after the last commit, and nothing else.
      const again = doubles(members)
      for (const [record, by] of again) {
        assert.equal(by.length, 2, `${record} came ${by.length} times`)
        assert.ok(by.includes(leaving) || by.includes(killed), `${record} came twice from members that stayed`)
      }
      for (const member of [leaving, killed]) {
        for (let partition = 0; partition < 3; partition++) {
          const offsets = offsetsOf(member, partition)
          const repeated = again.filter(([record, by]) => by.includes(member) && record.startsWith(`${partition}/`))
            .map(([record]) => Number(record.split('/')[1])).filter((offset) => offsets.includes(offset))
          assert.deepEqual(repeated.sort((a, b) => a - b), offsets.slice(offsets.length - repeated.length))
        }
      }
      await staying.kill('SIGTERM')
    })

    it('emit nothing from a partition after it was revoked, however often members come and go', async () => {
      const address = await kafka.brokers(version)
      const partitions = 6
      const topic = await kafka.createTopic(address, kafka.uniqueName('storm'), partitions)
      const groupId = kafka.uniqueName('group')
      // Commits only happen at revocations: what a remaining member emits must not be emitted again.
      const options = { autoCommitIntervalMs: 600000, heartbeatInterval: 200 }
      const stopTraffic = await startTraffic(address, topic, partitions, 50)
      const staying = [startMember(address, topic, groupId, options), startMember(address, topic, groupId, options)]
      await steady(staying, [3, 3])
      const members = [...staying]
      const coming = []
      for (let round = 0; round < 6; round++) {
        const visitor = startMember(address, topic, groupId, options)
        members.push(visitor)
        coming.push(visitor)
        await visitor.see('message')
        if (coming.length > 1) await coming.shift()?.kill('SIGUSR2')
      }
      for (const visitor of coming) await visitor.kill('SIGUSR2')
      await steady(staying, [3, 3])
      const count = await stopTraffic()
      await allSeen(members, partitions, count)
      for (const member of members) {
        assertOnlyOwned(member)
        assert.deepEqual(member.all('error'), [])
      }
      assert.deepEqual(doubles(members).map(([record]) => record), [])
      await Promise.all(staying.map((member) => member.kill('SIGTERM')))
    })
  })
}
