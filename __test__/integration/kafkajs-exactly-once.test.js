'use strict'

// Read, transform, write in transactions: each record once, whoever is killed.

const assert = require('node:assert/strict')
const { after, describe, it } = require('node:test')
const path = require('node:path')

const kafka = require('../support/kafka')
const program = require('../support/program')

const COUNT = 600
const KILLS = 3

describe('reading and writing in transactions of the second door', { timeout: 240000 }, () => {
  after(() => kafka.releaseAll())

  it('loses and doubles nothing when the process is killed again and again', async () => {
    const address = await kafka.brokers('4')
    const from = await kafka.createTopic(address, kafka.uniqueName('from'), 2)
    const to = await kafka.createTopic(address, kafka.uniqueName('to'), 1)
    const texts = Array.from({ length: COUNT }, (_, i) => String(i))
    await kafka.produceRaw(address, from, texts.map((value, i) => ({ value, partition: i % 2 })))
    const args = [address, from, to, kafka.uniqueName('group'), kafka.uniqueName('id'), String(COUNT)]
    const file = path.join(__dirname, 'programs', 'kafkajs-transform.js')
    for (let kill = 1; kill <= KILLS; kill++) {
      const child = program.start(file, { args, deadline: 60000 })
      // in the middle of one
      await child.line(`began ${3 * kill}`)
      child.kill('SIGKILL')
      await child.ended
    }
    const end = await program.run(file, { args, deadline: 60000 })
    assert.equal(end.code, 0, program.describe(end))
    const written = await kafka.visibleTexts(address, to)
    assert.deepEqual(written.map(Number).sort((a, b) => a - b), texts.map(Number))
  })
})
