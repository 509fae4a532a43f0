'use strict'

// The short version of npm run test:consistency: the most telling mixtures, with seeds whose faults come in quick
// succession, members that are stopped for longer than a session among them.

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')

const { configurationOf } = require('./configurations')
const { BROKER_PROPERTIES, Run } = require('./driver')
const { isFailed, report } = require('./report')
const { startCluster } = require('../../tools/kafka')

const SECONDS = 12
/** @type {[configuration: string, seed: number][]} */
const RUNS = [['kafka-node-acks-all', 8320], ['kafkajs-consumer-protocol', 8320], ['kafkajs-transactions', 12462]]

/** Somebody else's broker can be used, but not killed. */
const skip = Boolean(process.env.KAFKA_BROKERS) && 'KAFKA_BROKERS is set'

describe('consistency', { skip, timeout: 840000 }, () => {
  /** @type {import('../../tools/kafka/cluster').Cluster} */
  let cluster
  before(async () => { cluster = await startCluster({ nodes: 3, properties: BROKER_PROPERTIES }) })
  after(() => cluster?.stop())

  for (const [name, seed] of RUNS) {
    const configuration = configurationOf(name)
    it(`${configuration.about}: no anomaly that Kafka forbids`, async (t) => {
      const result = await new Run({ configuration, cluster, seed, seconds: SECONDS, log: () => {} }).run()
      t.diagnostic(report(result))
      assert.ok(!isFailed(result), `${report(result)}\n${result.faults.join('\n')}`)
    })
  }
})
