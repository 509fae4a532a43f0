'use strict'

// The short version of npm run test:faults: fewer rounds, shorter outages, generous limits, only on Kafka 4.

const assert = require('node:assert/strict')
const { after, describe, it } = require('node:test')

const { Brokers, chooseScenarios, plan, runScenario } = require('./fabric')

/** Somebody else's broker can be used, but not killed. */
const skip = Boolean(process.env.KAFKA_BROKERS) && 'KAFKA_BROKERS is set'

describe('under fire', { skip, timeout: 900000 }, () => {
  const log = () => {}
  const brokers = new Brokers(log)
  after(() => brokers.stop())

  const scenarios = chooseScenarios({ words: [], quick: true })
  for (const { scenario, version } of plan({ scenarios, versions: ['4'] })) {
    it(`${scenario.id} holds`, async (t) => {
      const { seen, failures } = await runScenario(scenario, { version, quick: true, brokers, log })
      for (const text of seen) t.diagnostic(text)
      assert.deepEqual(failures, [], `${scenario.fault}: ${scenario.must}`)
    })
  }
})
