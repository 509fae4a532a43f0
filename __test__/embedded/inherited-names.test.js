'use strict'

const { after, before, describe, it } = require('node:test')
const { startWatched } = require('../support/embedded')
const { NAMES, checkPrototype, missName, useName } = require('../support/inherited-names')

describe('topics and groups named like what objects inherit', { timeout: 300000 }, () => {
  let broker

  before(async () => { broker = await startWatched() })
  after(() => broker.stop())

  for (const name of NAMES) {
    it(`${name}: every call works, and nothing is written to the prototype`, async (context) => {
      await missName(context, broker, name)
      await broker.createTopic(name, 1)
      await useName(context, broker, name, { hasAdmin: false })
      checkPrototype()
    })
  }
})
