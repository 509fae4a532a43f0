'use strict'

// The short version of npm run test:consistency: the most telling mixtures, always with the same seed.

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')

const { configurationOf } = require('./configurations')
const { BROKER_PROPERTIES, Run } = require('./driver')
const { isFailed, report } = require('./report')
const { startCluster } = require('../../tools/kafka')

const SEED = 1
const SECONDS = 15

/** Somebody else's broker can be used, but not killed. */
const skip = Boolean(process.env.KAFKA_BROKERS) && 'KAFKA_BROKERS is set'

describe('consistency', { skip, timeout: 840000 }, () => {
  /** @type {import('../../tools/kafka/cluster').Cluster} */
  let cluster
  before(async () => { cluster = await startCluster({ nodes: 3, properties: BROKER_PROPERTIES }) })
  after(() => cluster?.stop())

  for (const name of ['kafka-node-acks-all', 'kafkajs-consumer-protocol', 'kafkajs-transactions']) {
    const configuration = configurationOf(name)
    it(`${configuration.about}: no anomaly that Kafka forbids`, async (t) => {
      const result = await new Run({ configuration, cluster, seed: SEED, seconds: SECONDS, log: () => {} }).run()
      t.diagnostic(report(result))
      assert.ok(!isFailed(result), `${report(result)}\n${result.faults.join('\n')}`)
    })
  }
})
