'use strict'

const assert = require('node:assert/strict')
const { after, afterEach, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')

const { evictMembers } = require('../support/admin-requests')
const kafka = require('../support/kafka')
const { endAll, start } = require('../support/processes')
const { startTraffic } = require('../support/traffic')

const PARTITIONS = 2
const KILLS = 4
/** `maxTickMessages` in the recipe */
const BATCH = 100

/** @typedef {import('../support/processes').Program} Program */

/**
 * @param {Program[]} programs
 * @param {string} name of an event
 * @returns {Map<string, number>} how often it came, by `partition/offset`
 */
function counts (programs, name) {
  /** @type {Map<string, number>} */
  const result = new Map()
  for (const program of programs) {
    for (const [, partition, offset] of program.all(name)) {
      const place = `${partition}/${offset}`
      result.set(place, (result.get(place) || 0) + 1)
    }
  }
  return result
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`the recipes of docs/delivery.md on Kafka ${version}`, { timeout: 180000 }, () => {
    after(() => kafka.releaseAll())
    afterEach(endAll)

    /** @param {number} count of records in a new topic */
    async function scene (count) {
      const address = await kafka.brokers(version)
      const topic = await kafka.createTopic(address, kafka.uniqueName('orders'), PARTITIONS)
      const groupId = kafka.uniqueName('billing')
      for (let i = 0; i < count; i += 2000) {
        await kafka.produceRaw(address, topic, Array.from({ length: Math.min(2000, count - i) }, (_, j) =>
          ({ partition: (i + j) % PARTITIONS, value: String(i + j) })))
      }
      const names = { '127.0.0.1:9092': address, billing: groupId, orders: topic }
      return { address, topic, groupId, names }
    }

    /**
     * Runs a recipe, killing it repeatedly in the middle of its work, then once to the end of the topic.
     *
     * @param {string} heading
     * @param {number} count of records
     */
    async function killed (heading, count) {
      const { address, topic, groupId, names } = await scene(count)
      /** @type {Program[]} */
      const programs = []
      for (let i = 0; i <= KILLS; i++) {
        const killAt = i < KILLS ? 1 + Math.floor(Math.random() * count / KILLS) : undefined
        const program = start('recipe', { heading, names, killAt })
        programs.push(program)
        if (killAt) {
          assert.equal((await program.ended).signal, 'SIGKILL', program.errorOutput)
          await evictMembers(address, groupId)
          continue
        }
        const ends = Array(PARTITIONS).fill(count / PARTITIONS - 1)
        for (const [partition, last] of ends.entries()) {
          // a kill may have cost the last record
          if (counts(programs, 'handle').has(`${partition}/${last}`)) continue
          await program.see(([name, ...place]) => name === 'handle' && place.join('/') === `${partition}/${last}`,
            `record ${partition}/${last}`)
        }
        assert.deepEqual(await program.kill('SIGTERM'), { code: 0, signal: null }, program.errorOutput)
      }
      assert.equal(programs.map(({ errorOutput }) => errorOutput).join(''), '')
      return { address, topic, groupId, programs }
    }

    it('at least once: killed in the middle of its work, it skips no record', async () => {
      const count = 2000
      const { address, topic, groupId, programs } = await killed('At least once', count)
      const handled = counts(programs, 'handled')
      assert.equal(handled.size, count)
      const repeated = [...handled.values()].reduce((sum, times) => sum + times - 1, 0)
      assert.ok(repeated <= KILLS * BATCH, `${repeated} came again`)
      const committed = Object.values(await kafka.committed(address, groupId, topic)).map(({ offset }) => offset)
      assert.deepEqual(committed, Array(PARTITIONS).fill(count / PARTITIONS))
    })

    it('at least once: a member that joins and leaves costs nothing and repeats nothing', async () => {
      const { address, topic, groupId, names } = await scene(0)
      const stop = await startTraffic(address, topic, PARTITIONS)
      const config = { heading: 'At least once', names, work: 2 }
      const staying = start('recipe', config)
      await staying.see('handled')
      const visitor = start('recipe', config)
      await visitor.see('handled')
      assert.deepEqual(await visitor.kill('SIGTERM'), { code: 0, signal: null })
      const each = await stop()
      const handled = () => counts([staying, visitor], 'handled')
      while (handled().size < each * PARTITIONS) {
        assert.equal(staying.end, null, staying.errorOutput)
        await delay(50)
      }
      assert.deepEqual(await staying.kill('SIGTERM'), { code: 0, signal: null })
      assert.deepEqual([...handled()].filter(([, times]) => times > 1), [])
      const committed = Object.values(await kafka.committed(address, groupId, topic)).map(({ offset }) => offset)
      assert.deepEqual(committed, Array(PARTITIONS).fill(each))
    })

    it('at most once: killed in the middle of its work, it repeats no record, and each kill costs at most one',
      async () => {
        const count = 400
        const { programs } = await killed('At most once', count)
        const handled = counts(programs, 'handle')
        assert.deepEqual([...handled].filter(([, times]) => times > 1), [])
        assert.ok(handled.size >= count - KILLS, `${count - handled.size} were left out`)
      })

    it('clean shutdown: everything that was taken is answered and committed, and the process ends', async () => {
      const { address, topic, groupId, names } = await scene(0)
      const bills = await kafka.createTopic(address, kafka.uniqueName('bills'))
      const stop = await startTraffic(address, topic, PARTITIONS)
      for (let round = 0; round < 3; round++) {
        const { length: before } = await kafka.readAll(address, bills)
        const service = start('recipe', { heading: 'Clean shutdown', names: { ...names, bills } })
        while ((await kafka.readAll(address, bills)).length === before) {
          assert.equal(service.end, null, service.errorOutput)
        }
        assert.deepEqual(await service.kill('SIGTERM'), { code: 0, signal: null })
        assert.equal(service.errorOutput, '')
        const { length: answered } = await kafka.readAll(address, bills)
        const committed = Object.values(await kafka.committed(address, groupId, topic))
          .reduce((sum, { offset }) => sum + offset, 0)
        assert.equal(answered, committed)
      }
      await stop()
    })
  })
}
