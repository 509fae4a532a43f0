'use strict'

const { section } = require('../support/section')
const { startStubBroker } = require('../support/stub-broker')
const { groupMembers } = require('../../support/kafka')

const HOUR = 3600 * 1000

/** @param {number} count */
const records = (count, partition = 0) => Array.from({ length: count }, (_, i) => ({ value: `m${i}`, partition }))

/**
 * @param {import('../support/trace').Trace} t
 * @param {any} [client]
 * @returns {Promise<any>} an Offset that is ready
 */
async function readyOffset (t, client) {
  const offset = new t.kafka.Offset(client || t.client())
  if (!offset.ready) await t.event(offset)
  return offset
}

module.exports = section('Offset', (scenario) => {
  // ---- construction and events ----

  scenario('connect once, ready when the client is, errors of the client', { contract: '10 events' }, async (t) => {
    const client = t.client()
    const offset = t.watch('events', new t.kafka.Offset(client), ['connect', 'ready', 'error'])
    t.log('fields', Object.keys(offset).filter((key) => !key.startsWith('_')), offset.client === client, offset.ready)
    await t.event(offset)
    t.log('ready', offset.ready)
    client.emit('ready')
    client.emit('error', new Error('of the client'))
    client.emit('connect')
  })

  scenario('on a client that is ready: ready at once, and no events', { contract: '10 events' }, async (t) => {
    const client = await t.readyClient()
    const offset = t.watch('events', new t.kafka.Offset(client), ['ready', 'error'])
    t.log('ready', offset.ready)
    await t.call('later', (cb) => offset.fetch([{ topic: t.name('none'), partition: 7 }], () => cb()))
  })

  scenario('it needs a client, and has no close', { contract: '10' }, (t) => {
    for (const client of [undefined, null, 5]) {
      try {
        t.log('ready', new t.kafka.Offset(client).ready)
      } catch (error) {
        t.log('thrown', client, /** @type {Error} */ (error).name)
      }
    }
    t.log('close', typeof t.kafka.Offset.prototype.close)
    const { fetchCommits, fetchCommitsV1 } = t.kafka.Offset.prototype
    t.log('same function', fetchCommits === fetchCommitsV1)
  })

  scenario('calls before ready wait for it', { contract: '10' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, records(2))
    const client = t.client({ autoConnect: false })
    const offset = new t.kafka.Offset(client)
    const group = t.name('group')
    const calls = [
      t.call('fetch', (cb) => offset.fetch([{ topic, time: -1 }], cb)),
      t.call('fetchCommits', (cb) => offset.fetchCommits(group, [{ topic }], cb)),
      t.call('fetchLatestOffsets', (cb) => offset.fetchLatestOffsets([topic], cb)),
      t.call('fetchEarliestOffsets', (cb) => offset.fetchEarliestOffsets([topic], cb)),
      t.call('commit', (cb) => offset.commit(t.name('group'), [{ topic, offset: 1 }], cb))
    ]
    await new Promise((resolve) => setTimeout(resolve, 300))
    t.log('answered before connect()', t.tracks.has('fetch'))
    client.connect()
    await Promise.all(calls)
  })

  scenario('callbacks may be left out', {
    contract: '2.3 (Q02)',
    isolated: true,
    meant: {
      uncaught: { id: 'D03', original: [/^\[TypeError/, /^\[TypeError/], ours: [] },
      // lost if it arrives together with an answer that nobody takes
      later: { id: 'D03', original: 'varies', ours: ["(null, { '<topic1>': { 0: [0] } })"] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const offset = await readyOffset(t)
    offset.fetch([{ topic: 'a b', time: -1 }])
    offset.fetchCommits(t.name('group'), [{ topic }])
    offset.fetchLatestOffsets([topic])
    offset.commit(t.name('group'), [{ topic, offset: 1 }])
    // An answer to a later request comes after those to the first.
    await t.call('later', (cb) => offset.fetch([{ topic, time: -1 }], cb))
    await new Promise((resolve) => setTimeout(resolve, 500))
  })

  // ---- fetch ----

  scenario('fetch: the end of the log and its start', { contract: '10 fetch' }, async (t) => {
    const [topic, empty] = [await t.topic(2), await t.topic()]
    await t.produce(topic, [...records(3), ...records(1, 1)])
    const offset = await readyOffset(t)
    const payloads = [{ topic, time: -1 }, { topic, partition: 1, time: -1, maxNum: 1 }, { topic: empty, time: -1 }]
    await t.call('ends', (cb) => offset.fetch(payloads, cb))
    t.log('completed in place', payloads)
    await t.call('starts', (cb) => offset.fetch([{ topic, time: -2 }, { topic, partition: 1, time: -2 }], cb))
    await t.call('numbers as text', (cb) => offset.fetch([{ topic, partition: '1', time: -1 }], cb))
  })

  scenario('Q50: fetch without a time asks for now', {
    contract: '10 fetch',
    meant: { now: { id: 'D30', original: 'varies', ours: ["(null, { '<topic1>': { 0: [3] } })"] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, records(3))
    const offset = await readyOffset(t)
    const payload = /** @type {any} */ ({ topic })
    await t.call('now', (cb) => offset.fetch([payload], cb))
    t.log('completed in place', Object.keys(payload), Math.abs(payload.time - Date.now()) < HOUR, payload.maxNum)
    await t.call('later than now', (cb) => offset.fetch([{ topic, time: Date.now() + HOUR }], cb))
  })

  scenario('fetch with maxNum 2: newest first, and Math.min finds the start', {
    contract: '10 fetch',
    meant: { now: { id: 'D30', original: 'varies', ours: ["(null, { '<topic1>': { 0: [3, 0] } })"] } }
  }, async (t) => {
    const [topic, empty] = [await t.topic(), await t.topic()]
    await t.produce(topic, records(3))
    const offset = await readyOffset(t)
    await t.call('ends', (cb) => offset.fetch([{ topic, time: -1, maxNum: 2 }, { topic: empty, maxNum: 2 }], cb))
    await t.call('now', (cb) => offset.fetch([{ topic, maxNum: 2 }], cb))
    await t.call('starts', (cb) => offset.fetch([{ topic, time: -2, maxNum: 5 }], cb))
  })

  scenario('fetch of a partition twice: the last one counts', { contract: '10 fetch' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, records(3))
    const offset = await readyOffset(t)
    await t.call('twice', (cb) => offset.fetch([{ topic, time: -1 }, { topic, time: -2 }], cb))
    await t.call('the other way round', (cb) => offset.fetch([{ topic, time: -2 }, { topic, time: -1 }], cb))
  })

  scenario('the documented way out of an offset that is out of range', {
    contract: '7.3 offsetOutOfRange'
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, records(3))
    const client = t.client()
    const offset = new t.kafka.Offset(client)
    offset.on('error', () => {})
    const consumer = t.consumer(client, [{ topic, offset: 100 }], { fromOffset: true, autoCommit: false })
    consumer.on('message', ({ offset: at, value }) => t.log('messages', at, value))
    consumer.once('offsetOutOfRange', (/** @type {any} */ error) => {
      error.maxNum = 2
      offset.fetch([error], (/** @type {any} */ failure, /** @type {any} */ offsets) => {
        const first = Math.min(...offsets[error.topic][error.partition])
        t.log('fetched', failure, first)
        consumer.setOffset(error.topic, error.partition, first)
      })
    })
    await t.seen('messages', "2 'm2'")
  })

  scenario('Q50: fetch for a time in the past', {
    contract: '10 fetch',
    meant: {
      // segments that were written before then, of which there is only one: nothing, or the whole log
      'between the records': { id: 'D30', original: 'varies', ours: ["(null, { '<topic1>': { 0: [1] } })"] },
      'before the first': { id: 'D30', original: 'varies', ours: ["(null, { '<topic1>': { 0: [0] } })"] },
      'before the first, maxNum 2': { id: 'D30', original: 'varies', ours: ["(null, { '<topic1>': { 0: [0] } })"] },
      'between, maxNum 2': { id: 'D30', original: 'varies', ours: ["(null, { '<topic1>': { 0: [2, 0] } })"] },
      'after the last': { id: 'D30', original: 'varies', ours: ["(null, { '<topic1>': { 0: [3] } })"] }
    }
  }, async (t) => {
    const topic = await t.topic(1, { 'retention.ms': -1 })
    await t.produce(topic, [1, 2, 3].map((n) => ({ value: 'old', timestamp: String(n * 1000000) })))
    const offset = await readyOffset(t)
    await t.call('between the records', (cb) => offset.fetch([{ topic, time: 1500000 }], cb))
    await t.call('before the first', (cb) => offset.fetch([{ topic, time: 5 }], cb))
    await t.call('before the first, maxNum 2', (cb) => offset.fetch([{ topic, time: 5, maxNum: 2 }], cb))
    await t.call('between, maxNum 2', (cb) => offset.fetch([{ topic, time: 2500000, maxNum: 2 }], cb))
    await t.call('after the last', (cb) => offset.fetch([{ topic, time: Date.now() - HOUR }], cb))
  })

  scenario('Q51: fetch of a topic that cannot exist gives an error, not an array', {
    contract: '10 fetch errors',
    meant: {
      fetch: { id: 'D31', original: ["(['InvalidTopic'])"], ours: ["([Error 'InvalidTopic'])"] },
      'is an error': { id: 'D31', original: ['false'], ours: ['true'] }
    }
  }, async (t) => {
    const offset = await readyOffset(t)
    const [error] = await t.call('fetch', (cb) => offset.fetch([{ topic: 'a b', time: -1 }], cb))
    t.log('is an error', error instanceof Error)
  })

  scenario('fetch of a partition that does not exist', { contract: '10 fetch errors' }, async (t) => {
    const topic = await t.topic()
    const offset = await readyOffset(t)
    await t.call('beside none', (cb) => offset.fetch([{ topic, partition: 9, time: -1 }], cb))
    await t.call('beside others', (cb) => offset.fetch([{ topic, time: -1 }, { topic, partition: 9, time: -1 }], cb))
  })

  scenario('fetch of nothing calls back', {
    contract: '10 fetch errors',
    meant: { fetch: { id: 'D32', original: ['never called'], ours: ['(null, {})'] } }
  }, async (t) => {
    const offset = await readyOffset(t)
    const callback = t.callback('fetch')
    offset.fetch([], callback)
    await t.within('fetch', callback.called, 3000)
  })

  // ---- commit and fetchCommits ----

  scenario('Q52: commit keeps the offset as it is given, where fetchCommits finds it', {
    contract: '10 commit',
    meant: {
      found: {
        id: 'D33', original: ["(null, { '<topic1>': { 0: -1, 1: -1 } })"],
        ours: ["(null, { '<topic1>': { 0: -1, 1: 7 } })"]
      },
      'in Kafka': { id: 'D33', original: ['{}'], ours: ["{ 1: { offset: 7, metadata: 'm' } }"] }
    }
  }, async (t) => {
    const topic = await t.topic(2)
    const group = t.name('group')
    const offset = await readyOffset(t)
    const payloads = [{ topic, partition: 1, offset: 7 }]
    await t.call('committed', (cb) => offset.commit(group, payloads, cb))
    t.log('completed in place', payloads.map(({ time: _time, ...payload }) => payload))
    await t.call('found', (cb) => offset.fetchCommits(group, [{ topic }, { topic, partition: 1 }], cb))
    t.log('in Kafka', await t.committed(group, topic))
  })

  scenario('Q25, Q52: where commits of Offset are kept', {
    contract: '10 commit',
    notOnModern: 'it needs ZooKeeper',
    meant: {
      'in ZooKeeper': { id: 'D33', original: ["{ 0: { offset: 7, metadata: '' } }"], ours: ['{}'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const group = t.name('group')
    const offset = await readyOffset(t)
    await t.call('committed', (cb) => offset.commit(group, [{ topic, offset: 7 }], cb))
    t.log('in ZooKeeper', await t.zookeeperCommitted(group, topic, [0]))
  })

  scenario('commit of several topics, and of an offset of 0', { contract: '10 commit' }, async (t) => {
    const [topic, other] = [await t.topic(2), await t.topic()]
    const offset = await readyOffset(t)
    const payloads = [{ topic, partition: 1, offset: 7 }, { topic: other, offset: 3, metadata: 'mine' }]
    await t.call('two topics', (cb) => offset.commit(t.name('group'), payloads, cb))
    t.log('metadata', payloads.map(({ metadata }) => metadata))
    await t.call('an offset of 0', (cb) => offset.commit(t.name('group'), [{ topic, offset: 0 }], cb))
  })

  scenario('commit: an invalid offset is refused', {
    contract: '10 commit',
    meant: Object.fromEntries(['undefined', 'NaN', '-1', '1.5', 'x'].map((wrong) => [wrong, {
      id: 'D34',
      original: 'varies',
      ours: [/^\(\[InvalidConfigError 'offset .+ to commit for topic <topic1>, partition 0 is illegal, must be a whole/]
    }]))
  }, async (t) => {
    const topic = await t.topic()
    const offset = await readyOffset(t)
    for (const wrong of [undefined, NaN, -1, 1.5, 'x']) {
      const callback = t.callback(String(wrong))
      if (t.guard(String(wrong), () => offset.commit(t.name('group'), [{ topic, offset: wrong }], callback))) continue
      await t.within(String(wrong), callback.called, 3000)
    }
  })

  scenario('commit for a partition or topic that does not exist', {
    contract: '10 commit',
    meant: {
      partition: { id: 'D35', original: 'varies', ours: ["(null, { '<topic1>': { partition: 44, errorCode: 3 } })"] },
      topic: { id: 'D35', original: 'varies', ours: ["(null, { '<missing1>': { partition: 0, errorCode: 3 } })"] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const offset = await readyOffset(t)
    for (const [track, payload] of Object.entries({
      partition: { topic, partition: 44, offset: 1 }, topic: { topic: t.name('missing'), offset: 1 }
    })) {
      const callback = t.callback(track)
      offset.commit(t.name('group'), [payload], callback)
      await t.within(track, callback.called, 12000)
    }
  })

  scenario('commit of nothing calls back', {
    contract: '10 commit',
    meant: { commit: { id: 'D32', original: ['never called'], ours: ['(null, {})'] } }
  }, async (t) => {
    const offset = await readyOffset(t)
    const callback = t.callback('commit')
    offset.commit(t.name('group'), [], callback)
    await t.within('commit', callback.called, 3000)
  })

  scenario('Q52: commit into a group that has members', {
    contract: '10 commit',
    meant: {
      committed: {
        id: 'D33', original: ["(null, { '<topic1>': { partition: 0, errorCode: 0 } })"],
        ours: ["(null, { '<topic1>': { partition: 0, errorCode: 25 } })"]
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const group = t.group({ groupId, autoCommit: false, fromOffset: 'earliest' }, topic)
    await t.event(group, 'rebalanced')
    const offset = await readyOffset(t)
    await t.call('committed', (cb) => offset.commit(groupId, [{ topic, offset: 1 }], cb))
    await t.call('still', (cb) => offset.fetchCommits(groupId, [{ topic }], () => cb()))
    t.log('state', (await groupMembers(t.brokers, groupId)).state)
  })

  scenario('fetchCommits: what a ConsumerGroup has committed', { contract: '10 fetchCommits' }, async (t) => {
    const topic = await t.topic(2)
    await t.produce(topic, records(5))
    const groupId = t.name('group')
    const options = { autoCommit: false, commitOffsetsOnFirstJoin: false, fromOffset: 'earliest' }
    const group = t.group({ ...options, groupId }, topic)
    await t.event(group, 'rebalanced')
    const commits = [{ topic, partition: 0, offset: 5, metadata: 'm' }]
    await t.call('committed', (cb) => group.sendOffsetCommitRequest(commits, cb))
    const offset = await readyOffset(t)
    const payloads = [{ topic }, { topic, partition: 1 }]
    await t.call('found', (cb) => offset.fetchCommits(groupId, payloads, cb))
    t.log('payloads are left alone', payloads)
    await t.call('by its other name', (cb) => offset.fetchCommitsV1(groupId, [{ topic }], cb))
  })

  scenario('Q43: fetchCommits of an offset of 0, with and without metadata', {
    contract: '10 fetchCommits',
    meant: {
      'without metadata': {
        id: 'D20', original: ["(null, { '<topic1>': { 0: -1 } })"], ours: ["(null, { '<topic1>': { 0: 0 } })"]
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const offset = await readyOffset(t)
    for (const [track, metadata] of Object.entries({ 'without metadata': '', 'with metadata': 'm' })) {
      const group = t.name('group')
      const commits = [{ topic, partition: 0, offset: 0, metadata }]
      // This is how kafka-node gets to know the coordinator.
      await new Promise((resolve) => offset.fetchCommits(group, [{ topic }], resolve))
      await t.call('committed', (cb) => offset.client.sendOffsetCommitV2Request(group, -1, '', commits, cb))
      await t.call(track, (cb) => offset.fetchCommits(group, [{ topic }], cb))
    }
  })

  scenario('fetchCommits where nothing is', { contract: '10 fetchCommits' }, async (t) => {
    const topic = await t.topic()
    const offset = await readyOffset(t)
    await t.call('a new group', (cb) => offset.fetchCommits(t.name('group'), [{ topic }], cb))
    await t.call('a partition that is not there', (cb) =>
      offset.fetchCommits(t.name('group'), [{ topic, partition: 9 }], cb))
    await t.call('a topic that is not there', (cb) =>
      offset.fetchCommits(t.name('group'), [{ topic: t.name('missing') }], cb))
  })

  scenario('fetchCommits of nothing calls back', {
    contract: '10 fetchCommits',
    isolated: true,
    meant: {
      fetchCommits: { id: 'D32', original: [], ours: ['(null, {})'] },
      process: { id: 'D32', original: ['blocks its event loop'], ours: ['ends by itself'] }
    }
  }, async (t) => {
    const offset = await readyOffset(t)
    await t.call('fetchCommits', (cb) => offset.fetchCommits(t.name('group'), [], cb))
  })

  scenario('fetchCommits with a group\'s name that the broker refuses', { contract: '10 fetchCommits' }, async (t) => {
    const topic = await t.topic()
    const offset = await readyOffset(t)
    await t.call('empty', (cb) => offset.fetchCommits('', [{ topic }], cb))
  })

  scenario('fetchCommits without a coordinator', { contract: '10 fetchCommits', timeout: 60000 }, async (t) => {
    const broker = t.closing(await startStubBroker({ coordinator: 15 }))
    const offset = await readyOffset(t, t.client({ kafkaHost: broker.address, requestTimeout: 3000 }))
    offset.on('error', () => {})
    await t.call('failed', (cb) => offset.fetchCommits('group', [{ topic: 'one' }], cb))
  })

  // ---- fetchLatestOffsets and fetchEarliestOffsets ----

  scenario('fetchLatestOffsets and fetchEarliestOffsets', { contract: '10 fetchLatestOffsets' }, async (t) => {
    const [topic, empty] = [await t.topic(2), await t.topic()]
    await t.produce(topic, [...records(3), ...records(1, 1)])
    const offset = await readyOffset(t)
    await t.call('latest', (cb) => offset.fetchLatestOffsets([topic, empty], cb))
    await t.call('earliest', (cb) => offset.fetchEarliestOffsets([topic, empty], cb))
  })

  scenario('fetchLatestOffsets of topics that cannot exist', { contract: '10 fetchLatestOffsets' }, async (t) => {
    const topic = await t.topic()
    const offset = await readyOffset(t)
    await t.call('all', (cb) => offset.fetchLatestOffsets(['a b'], cb))
    await t.call('all', (cb) => offset.fetchEarliestOffsets(['a b', 'c d'], cb))
    await t.call('some', (cb) => offset.fetchLatestOffsets(['a b', topic], cb))
  })

  for (const topics of /** @type {any[]} */ ([[], null])) {
    scenario(`Q53: fetchLatestOffsets(${topics && '[]'}) means all topics`, {
      contract: '10 fetchLatestOffsets'
    }, async (t) => {
      const [topic, other] = [await t.topic(2), await t.topic()]
      await t.produce(topic, records(2))
      const offset = await readyOffset(t)
      const found = (/** @type {string} */ method) => new Promise((resolve) =>
        offset[method](topics, (/** @type {any} */ error, /** @type {any} */ offsets) =>
          resolve([error, offsets && offsets[topic], offsets && offsets[other]])))
      t.log('latest', await found('fetchLatestOffsets'))
      t.log('earliest', await found('fetchEarliestOffsets'))
    })
  }

  scenario('fetchLatestOffsets of a bare string throws', { contract: '10 fetchLatestOffsets' }, async (t) => {
    const offset = await readyOffset(t)
    for (const method of ['fetchLatestOffsets', 'fetchEarliestOffsets']) {
      try {
        offset[method]('topic', t.callback('called'))
        t.log('thrown', method, 'nothing')
      } catch (error) {
        t.log('thrown', method, /** @type {Error} */ (error).name)
      }
    }
  })

  scenario('after close', { contract: '10' }, async (t) => {
    const topic = await t.topic()
    const client = await t.readyClient()
    const offset = await readyOffset(t, client)
    await t.call('closed', (cb) => client.close(cb))
    await t.call('fetchCommits', (cb) => offset.fetchCommits(t.name('group'), [{ topic }], cb))
    await t.call('fetchLatestOffsets', (cb) => offset.fetchLatestOffsets([topic], cb))
  })
})
