'use strict'

const { after, before, describe, it } = require('node:test')

const kafka = require('../support/kafka')
const { NAMES, checkPrototype, missName, useName } = require('../support/inherited-names')

describe('topics and groups named like what objects inherit, on Kafka 4', { timeout: 300000 }, () => {
  /** @type {{ brokers: string }} */
  let broker

  before(async () => {
    broker = { brokers: await kafka.brokers('4') }
    for (const name of NAMES) await kafka.deleteTopic(broker.brokers, name).catch(() => {})
  })
  after(async () => {
    for (const name of NAMES) await kafka.deleteTopic(broker.brokers, name).catch(() => {})
    await kafka.releaseAll()
  })

  for (const name of NAMES) {
    it(`${name}: every call works, and nothing is written to the prototype`, async (context) => {
      await missName(/** @type {any} */ (context), broker, name)
      await kafka.createTopic(broker.brokers, name)
      await useName(/** @type {any} */ (context), broker, name, { hasAdmin: true })
      checkPrototype()
    })
  }
})
