'use strict'

const assert = require('node:assert/strict')
const { after, afterEach, describe, it } = require('node:test')

const { evictMembers } = require('../support/admin-requests')
const kafka = require('../support/kafka')
const { endAll, start } = require('../support/processes')

/** How many times to kill, at records that are chosen at random in each run. */
const ROUNDS = 8
const COUNT = 30000
const PARTITIONS = 2

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`commits on Kafka ${version}`, { timeout: 120000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(endAll)

    for (const autoCommitIntervalMs of [1, 20]) {
      it(`never run ahead of the handler: killed inside it, nothing is skipped (every ${autoCommitIntervalMs} ms)`,
        async () => {
          const address = await kafka.brokers(version)
          const topic = await kafka.createTopic(address, kafka.uniqueName('killed'), PARTITIONS)
          for (let i = 0; i < COUNT; i += 5000) {
            await kafka.produceRaw(address, topic, Array.from({ length: 5000 }, (_, j) =>
              ({ partition: j % PARTITIONS, value: 'x' })))
          }
          const options = {
            kafkaHost: address,
            groupId: kafka.uniqueName('group'),
            fromOffset: 'earliest',
            autoCommitIntervalMs,
            maxTickMessages: 100
          }
          const end = COUNT / PARTITIONS
          /** @type {number[]} the next offset of each partition that no process has emitted */
          const next = Array(PARTITIONS).fill(0)
          /** @type {number[]} where the next process starts */
          const starts = Array(PARTITIONS).fill(0)
          let repeated = 0
          let rounds = 0
          let isKilled = true
          while (isKilled) {
            const kills = rounds < ROUNDS
            const killAt = kills ? 1 + Math.floor(Math.random() * 5000) : undefined
            const member = start('group-member', { topics: [topic], options, killAt })
            // What this process itself has reached: `next` may be further, for a killed one emits more than it commits.
            const reached = [...starts]
            const done = member.see(([name, partition, offset]) => {
              if (name !== 'message') return false
              assert.ok(offset <= next[partition],
                `round ${rounds}, partition ${partition}: offset ${offset} came, but ${next[partition]} had not`)
              if (offset < next[partition]) repeated++
              next[partition] = Math.max(next[partition], offset + 1)
              reached[partition] = offset + 1
              return reached.every((offset) => offset === end)
            }, 'every record').catch((error) => error)
            if (kills) {
              await member.ended
              assert.equal(member.end?.signal, 'SIGKILL')
              await evictMembers(address, options.groupId)
            } else {
              assert.ok(Array.isArray(await done), String(await done))
              await member.kill('SIGUSR2')
              isKilled = false
            }
            const committed = await kafka.committed(address, options.groupId, topic)
            for (const [partition, { offset }] of Object.entries(committed)) {
              assert.ok(offset <= next[Number(partition)], `committed ${offset}, emitted ${next[Number(partition)]}`)
              starts[Number(partition)] = offset
            }
            rounds++
          }
          assert.deepEqual(next, Array(PARTITIONS).fill(end))
          assert.deepEqual(Object.values(await kafka.committed(address, options.groupId, topic)),
            Array(PARTITIONS).fill({ offset: end, metadata: 'm' }))
          assert.ok(repeated < ROUNDS * COUNT, 'the commits were of use')
        })
    }
  })
}
