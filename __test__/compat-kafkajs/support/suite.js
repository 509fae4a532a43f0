'use strict'

const assert = require('node:assert')
const path = require('node:path')
const { after, before, test } = require('node:test')

const kafkajs = require('kafkajs')

const { brokers, committed, createTopic, kafkaJs, releaseAll, uniqueName } = require('../../support/kafka')
const { folder } = require('../../support/kafkajs-native')
const { compare, explain } = require('../../compat/support/compare')
const { runSide } = require('../../compat/support/sides')

/** @typedef {import('../../compat/support/sides').Outcome} Outcome */

/** @type {import('../../compat/support/sides').Door} */
const KAFKAJS = {
  original: async () => path.dirname(require.resolve('kafkajs/package.json')),
  ours: folder,
  traces: path.join(__dirname, 'trace.js')
}

/** A difference that is meant names KafkaJS's quirk that it mends, or what librdkafka lacks: `Q12`, `L03`. */
const MEANT = { has: (/** @type {string} */ id) => /^[QL]\d\d$/.test(id) }

/**
 * A broker makes its topics for groups and transactions when the first of them come, and answers with errors meanwhile.
 *
 * @param {string} address
 */
async function warmUp (address) {
  const kafka = kafkaJs(address)
  const topic = await createTopic(address, uniqueName('warm-up'))
  const producer = kafka.producer({
    transactionalId: uniqueName('warm-up'), createPartitioner: kafkajs.Partitioners.DefaultPartitioner
  })
  await producer.connect()
  try {
    const consumerGroupId = uniqueName('warm-up')
    await eventually(async () => {
      const transaction = await producer.transaction()
      const topics = [{ topic, partitions: [{ partition: 0, offset: '0' }] }]
      await transaction.sendOffsets({ consumerGroupId, topics })
      await transaction.commit()
    })
    await eventually(() => committed(address, consumerGroupId, topic))
  } finally {
    await producer.disconnect()
  }
}

/** @param {() => Promise<any>} call */
async function eventually (call) {
  const deadline = Date.now() + 60000
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/**
 * One test per scenario and version of Kafka: it passes when kafkajs and ours did the same, except for the differences
 * that the scenario lists.
 *
 * @param {string} name of a file in scenarios/
 * @param {('4' | '3.9')[]} [versions]
 */
function compareSection (name, versions = ['4', '3.9']) {
  const file = path.join(__dirname, '..', 'scenarios', `${name}.js`)
  /** @type {import('../../compat/support/section').Section} */
  const { title, scenarios } = require(file)
  after(releaseAll)
  for (const version of versions) {
    /** @type {Promise<Outcome>[]} */
    let originals = []
    /** @type {Promise<Outcome>[]} */
    let ours = []
    before(async () => {
      const address = await brokers(version)
      await warmUp(address)
      originals = runSide({ side: 'original', file, brokers: address, door: KAFKAJS })
      ours = runSide({ side: 'ours', file, brokers: address, door: KAFKAJS })
    })
    for (const [index, scenario] of scenarios.entries()) {
      test(`${title} (${scenario.contract}) on Kafka ${version}: ${scenario.title}`, async () => {
        const [original, own] = await Promise.all([originals[index], ours[index]])
        for (const [side, { failure, output }] of Object.entries({ kafkajs: original, ours: own })) {
          assert.ok(!failure, `the run of ${side} broke off:\n${failure}\n${output}`)
        }
        const wrong = compare(scenario, original, own, /** @type {any} */ (MEANT))
          .filter(({ verdict }) => verdict === 'different')
        assert.ok(wrong.length === 0, `\n${wrong.map((row) => explain(row, ['kafkajs', 'ours'])).join('\n')}`)
      })
    }
  }
}

module.exports = { compareSection }
