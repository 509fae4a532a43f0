'use strict'

const { after, before, describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { Opened, call, startWatched, uniqueName } = require('../support/embedded')

/** Codes after which a produce request is retried (Kafka protocol, error codes). */
const RETRIED = { UNKNOWN_TOPIC_OR_PARTITION: 3, NOT_LEADER_OR_FOLLOWER: 6, REQUEST_TIMED_OUT: 7 }
/** A request that overtakes another would show up in about half of the rounds. */
const ROUNDS = 10

describe('sends to a partition, while the broker temporarily refuses requests', { timeout: 60000 }, () => {
  let broker

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  for (const [name, code] of Object.entries(RETRIED)) {
    it(`keep their order with requireAcks 1 (${name})`, async (context) => {
      const opened = new Opened(context, broker)
      const producer = await opened.producer({ requireAcks: 1 })
      for (let round = 0; round < ROUNDS; round++) {
        const topic = uniqueName('order')
        await broker.createTopic(topic, 1)
        const send = (messages) => call(producer, 'send', [{ topic, partition: 0, messages }])
        await send('first')
        await broker.pushErrors('Produce', [code])
        const sends = []
        for (let i = 0; i < 60; i++) {
          sends.push(send(String(i)))
          await new Promise(setImmediate)
        }
        const offsets = (await Promise.all(sends)).map((result) => result[topic][0])
        assert.deepEqual(offsets, [...offsets].sort((a, b) => a - b))
        assert.equal(new Set(offsets).size, offsets.length)
      }
    })
  }
})
