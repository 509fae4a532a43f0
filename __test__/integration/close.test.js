'use strict'

const assert = require('node:assert/strict')
const { after, afterEach, before, describe, it } = require('node:test')

const kafka = require('../support/kafka')
const { endAll, start } = require('../support/processes')

const COUNT = 100000
const EXIT_CODE = 7
/** The limit for both the callback and the end of the process. */
const LIMIT_MS = 5000

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`close at full flow on Kafka ${version}`, { timeout: 120000 }, () => {
    let address = ''
    let topic = ''
    before(async () => {
      address = await kafka.brokers(version)
      topic = await kafka.createTopic(address, kafka.uniqueName('close'))
      const records = Array.from({ length: 5000 }, () => ({ value: 'x'.repeat(100) }))
      for (let i = 0; i < COUNT; i += records.length) await kafka.produceRaw(address, topic, records)
    })
    after(() => kafka.releaseAll())
    afterEach(endAll)

    /** @param {object} config */
    async function run (config) {
      const groupId = kafka.uniqueName('group')
      const options = {
        kafkaHost: address, groupId, fromOffset: /** @type {any} */ (config).kind === 'group' ? 'earliest' : true,
        autoCommitIntervalMs: 600000
      }
      const program = start('closing', { options, topic, after: 20000, exitCode: EXIT_CODE, ...config })
      const [, error, last, callbackTime] = await program.see('closed')
      assert.equal(error, null)
      assert.deepEqual(await program.ended, { code: EXIT_CODE, signal: null })
      const [[, lastAtExit, exitTime]] = program.all('exit')
      assert.deepEqual(program.all('late'), [])
      assert.deepEqual(program.all('gap'), [])
      assert.deepEqual(program.all('error'), [])
      assert.equal(lastAtExit, last)
      assert.ok(last < COUNT - 1, 'it was closed while records were flowing')
      assert.ok(callbackTime < LIMIT_MS && exitTime < LIMIT_MS, `callback ${callbackTime} ms, exit ${exitTime} ms`)
      const [[, lastAtClose]] = program.all('closing')
      return { last, lastAtClose, committed: (await kafka.committed(address, groupId, topic))[0] }
    }

    for (const kind of ['group', 'consumer']) {
      for (const inside of [true, false]) {
        const where = inside ? 'inside the handler' : 'outside the handler'
        it(`${kind}, ${where}: calls back, emits nothing more, commits nothing, and the process ends`, async () => {
          const { committed } = await run({ kind, inside })
          // Earlier commits date from the start: a group commits where it begins, a consumer after its first batch.
          assert.ok(committed.offset <= (kind === 'group' ? 0 : 1024), `committed ${committed.offset}`)
        })
      }

      it(`${kind}, with force, outside the handler: commits exactly what was emitted`, async () => {
        const { last, committed } = await run({ kind, force: true })
        assert.deepEqual(committed, { offset: last + 1, metadata: 'm' })
      })

      it(`${kind}, with force, inside the handler: commits up to the current batch, never ahead`, async () => {
        const { lastAtClose, committed } = await run({ kind, force: true, inside: true })
        assert.ok(committed.offset > 0 && committed.offset <= lastAtClose + 1)
      })
    }

    it('of a group member leaves at once: the other member does not wait for the session to end', async () => {
      const groupId = kafka.uniqueName('group')
      const options = { kafkaHost: address, groupId, fromOffset: 'latest', heartbeatInterval: 300 }
      const member = start('group-member', { topics: [topic], options })
      await member.see('rebalanced')
      await member.kill('SIGTERM')
      const { members } = await kafka.groupMembers(address, groupId)
      assert.deepEqual(members, [])
    })
  })
}
