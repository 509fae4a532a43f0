'use strict'

const { after, before, describe } = require('node:test')

const { unavailable } = require('../support/secure-kafka')
const { shareSecureBroker } = require('./support/secure-broker')
const { compareSection } = require('./support/suite')

describe('security', { timeout: 180000, skip: unavailable('3.9') }, () => {
  let stop = async () => {}
  before(async () => { stop = await shareSecureBroker() })
  after(() => stop())
  compareSection('security')
})
