'use strict'

const { section } = require('../support/section')

/** So long that only a failing test would see it pass, ms. */
const FOR_EVER = 10 * 60 * 1000
const LARGE = 64 * 1024 * 1024

/**
 * The values in a topic, once there are that many.
 *
 * @param {import('../support/trace').Trace} t
 * @param {string} topic
 * @param {number} count
 */
async function written (t, topic, count) {
  for (;;) {
    const records = await t.records(topic)
    if (records.length >= count) return records.map(({ value }) => String(value).replace(/x{2,}/, 'long'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * A producer without acknowledgements that knows its topic, and one that gets answers.
 *
 * @param {import('../support/trace').Trace} t
 * @param {any} noAckBatchOptions
 */
async function producers (t, noAckBatchOptions) {
  const topic = await t.topic()
  const batched = await t.readyProducer({ requireAcks: 0 }, { noAckBatchOptions })
  const acknowledged = await t.readyProducer()
  return {
    topic,
    send: (/** @type {string} */ track, /** @type {any} */ messages) =>
      t.call(track, (cb) => batched.send([{ topic, partition: 0, messages }], cb)),
    mark: (/** @type {string} */ messages) =>
      t.call('mark', (cb) => acknowledged.send([{ topic, partition: 0, messages }], cb))
  }
}

module.exports = section('Batches without acknowledgement', (scenario) => {
  scenario('sends wait until there are more bytes than noAckBatchSize', { contract: '4.6' }, async (t) => {
    const { topic, send, mark } = await producers(t, { noAckBatchSize: 1000, noAckBatchAge: FOR_EVER })
    await send('first', 'a')
    await send('second', ['b', 'c'])
    // what has been written by now comes before this in the log
    await mark('mark')
    await send('large', 'x'.repeat(2000))
    t.log('log', await written(t, topic, 5))
    await send('next', 'd')
    await mark('mark')
    t.log('log', await written(t, topic, 6))
  })

  scenario('sends wait until noAckBatchAge has passed', { contract: '4.6' }, async (t) => {
    const { topic, send } = await producers(t, { noAckBatchSize: LARGE, noAckBatchAge: 300 })
    await send('first', 'a')
    await send('second', 'b')
    t.log('log', await written(t, topic, 2))
    await send('third', 'c')
    t.log('log', await written(t, topic, 3))
  })

  for (const [title, options] of Object.entries({
    'no options': null,
    'no age': { noAckBatchSize: LARGE },
    'no size': { noAckBatchAge: FOR_EVER },
    'size 0': { noAckBatchSize: 0, noAckBatchAge: FOR_EVER },
    'an age of null': { noAckBatchSize: LARGE, noAckBatchAge: null }
  })) {
    scenario(`sends do not wait with ${title}`, { contract: '4.6' }, async (t) => {
      const { topic, send } = await producers(t, options)
      await send('send', ['a', 'b'])
      t.log('log', await written(t, topic, 2))
    })
  }

  scenario('sends with acknowledgements do not wait', { contract: '4.6' }, async (t) => {
    const topic = await t.topic()
    const options = { noAckBatchOptions: { noAckBatchSize: LARGE, noAckBatchAge: FOR_EVER } }
    for (const requireAcks of [1, -1]) {
      const producer = await t.readyProducer({ requireAcks }, options)
      await t.call('send', (cb) => producer.send([{ topic, partition: 0, messages: 'a' }], cb))
    }
  })
})
