'use strict'

const { section } = require('../support/section')

const UNANSWERED = { id: 'D141', original: ['never called'], ours: [/^\(\[BrokerNotAvailableError/] }

module.exports = section('Calls that come too late, or twice', (scenario) => {
  scenario('requests on a closed client', {
    contract: '3.3 close', meant: { createTopics: UNANSWERED, addTopics: UNANSWERED }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    const consumer = t.consumer(await t.readyClient(), [{ topic }], { groupId: t.name('group') })
    await t.event(consumer, 'done')
    await t.call('close', (cb) => producer.close(cb))
    await t.call('close', (cb) => consumer.close(cb))
    const [created, added] = [t.callback('createTopics'), t.callback('addTopics')]
    producer.createTopics([topic], true, created)
    consumer.addTopics([topic], added)
    await Promise.all([t.within('createTopics', created.called, 3000), t.within('addTopics', added.called, 3000)])
  })

  scenario('connect of a member', {
    contract: '8.2 connect',
    meant: {
      rebalancing: { id: 'D143', original: ['1'], ours: ['0'] },
      commit: { id: 'D143', original: ['22'], ours: ['0'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest', autoCommit: false }, topic)
    await t.event(group, 'rebalanced')
    let count = 0
    group.once('rebalancing', () => count++)
    group.connect()
    t.log('rebalancing', count)
    const result = await new Promise((resolve) => group.commit(true, (/** @type {any} */ _, result) => resolve(result)))
    t.log('commit', result[topic].errorCode)
  })

  scenario('a partition that a consumer already reads', {
    contract: '7.4 addTopics',
    meant: { partitions: { id: 'D142', original: ['2'], ours: ['1'] } }
  }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer(await t.readyClient(), [{ topic }], { groupId: t.name('group'), autoCommit: false })
    await t.event(consumer, 'done')
    await t.call('addTopics', (cb) => consumer.addTopics([{ topic, partition: 0 }], cb))
    t.log('partitions', consumer.payloads.length)
  })

  scenario('an empty send on a closed client', { contract: '4.3 send' }, async (t) => {
    const producer = await t.readyProducer()
    await t.call('close', (cb) => producer.close(cb))
    const sent = t.callback('sent')
    producer.send([], sent)
    await t.within('sent', sent.called, 3000)
  })
})
