'use strict'

const { section } = require('../support/section')

const EVENTS = ['processingfetch', 'message', 'done', 'error', 'offsetOutOfRange']

/**
 * @param {import('../support/trace').Trace} t
 * @param {any[]} topics
 * @param {any} [options]
 * @param {any} [client]
 * @returns {any}
 */
function consume (t, topics, options, client = t.client()) {
  return t.watch('consumer', t.consumer(client, topics, options), EVENTS)
}

/** @param {number} from @param {number} to */
const values = (from, to) => Array.from({ length: to - from }, (_, i) => ({ value: `m${from + i}` }))

module.exports = section('Consumer', (scenario) => {
  // ---- construction ----

  scenario('what the constructor refuses', {
    contract: '7.1',
    meant: {
      topics: {
        id: 'D51',
        original: [...Array(4).fill(/Must have payloads/), ...Array(4).fill(/topics\.some/)],
        ours: [...Array(4).fill(/Must have payloads/), ...Array(4).fill(/topics must be an array, not /)]
      }
    }
  }, (t) => {
    const client = t.client({ autoConnect: false })
    for (const topics of [undefined, null, '', 0, 'topic', {}, 5, true]) {
      t.attempt('topics', () => new t.kafka.Consumer(client, topics, {}))
    }
    for (const partition of ['0', 'x', null, undefined, {}, NaN]) {
      const consumer = t.attempt('partition', () => new t.kafka.Consumer(client, [{ topic: 't', partition }], {}))
      if (consumer) t.log('payloads', consumer.payloads)
    }
    for (const groupId of ['g', 'g.b_c-9', 'a b', 'ü', 'a/b', '', null, undefined]) {
      const consumer = t.attempt('groupId', () => new t.kafka.Consumer(client, [{ topic: 't' }], { groupId }))
      if (consumer) t.log('options.groupId', groupId, consumer.options.groupId)
    }
  })

  scenario('a topic given by its name', {
    contract: '7.1 (Q23)',
    meant: {
      made: {
        id: 'D11',
        original: ["throws [TypeError 'Cannot use \\'in\\' operator to search for \\'partition\\' in some']"],
        ours: ['returns a Consumer']
      },
      payloads: { id: 'D11', original: [], ours: [/^\[{ topic: 'some', partition: 0, offset: 0,/] }
    }
  }, (t) => {
    const consumer = t.attempt('made', () => new t.kafka.Consumer(t.client({ autoConnect: false }), ['some'], {}))
    if (consumer) t.log('payloads', consumer.payloads)
  })

  scenario('options and topics are completed in place and kept', { contract: '7.1' }, (t) => {
    const client = t.client({ autoConnect: false })
    const options = { groupId: 'g' }
    const topics = [{ topic: 'a' }, { topic: 'b', partition: 2, offset: 7 }]
    const consumer = new t.kafka.Consumer(client, topics, options)
    t.log('options', options, consumer.options === options)
    t.log('payloads', consumer.payloads, consumer.payloads[0] === topics[0])
    const { ready, paused, id, encoding, fetchCount } = consumer
    t.log('fields', consumer.client === client, !!ready, paused, typeof id, encoding, fetchCount)
    t.log('no options', new t.kafka.Consumer(client, [{ topic: 'a' }]).options)
    t.log('no topics', new t.kafka.Consumer(client, []).payloads)
    const ids = [1, 2].map(() => new t.kafka.Consumer(client, [], {}).id)
    t.log('ids count', ids[1] - ids[0])
  })

  // ---- messages ----

  scenario('messages, and the batch around them', { contract: '7.3' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'one' }, { key: 'k', value: 'two' }, { key: 'ü', value: '日本' }])
    const consumer = consume(t, [{ topic }], { groupId: t.name('group') })
    consumer.once('message', /** @this {any} */ function (/** @type {any} */ message) {
      t.log('this', this === consumer)
      t.log('keys', Object.keys(message))
    })
    await t.seen('consumer', 'message', 3)
    await t.until(() => consumer.payloads[0].offset === 3, 'the position')
    t.log('payloads', consumer.payloads)
  })

  const AWKWARD = [
    { key: null, value: 'no key' }, { key: '', value: 'empty key' }, { key: 'k', value: '' }, { key: 'k', value: null },
    { key: Buffer.from('fffe', 'hex'), value: Buffer.from([0x61, 0xff, 0x62]) }, { key: '日本', value: '😀' }
  ]
  /** @type {any[]} */
  const ENCODINGS = [
    {}, { encoding: 'utf8' }, { encoding: 'buffer' }, { encoding: 'hex' }, { encoding: 'base64' },
    { encoding: 'latin1' }, { encoding: 'ascii' }, { encoding: 'utf16le' }, { encoding: 'ucs2' },
    { encoding: 'binary' }, { encoding: 'UTF-8' },
    { keyEncoding: 'buffer' }, { keyEncoding: 'hex' }, { encoding: 'buffer', keyEncoding: 'utf8' }
  ]
  scenario('encodings of values and keys', { contract: '7.3 encoding' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, AWKWARD)
    for (const encoding of ENCODINGS) {
      const options = { groupId: t.name('group'), autoCommit: false, ...encoding }
      const consumer = t.consumer(t.client(), [{ topic }], options)
      const track = JSON.stringify(encoding)
      consumer.on('message', (/** @type {any} */ { value, key }) => t.log(track, value, key))
      await t.seen(track, '', AWKWARD.length)
      await t.call('closed', (cb) => consumer.close(cb))
    }
  })

  scenario('compressed records', { contract: '7.3' }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    await t.call('sent', (cb) => producer.send([{ topic, messages: ['a', 'b', 'c'], key: 'k', attributes: 1 }], cb))
    consume(t, [{ topic }], { groupId: t.name('group') })
    await t.seen('consumer', 'message', 3)
  })

  scenario('records with headers', {
    contract: '7.3', meant: { headers: { id: 'D10', original: ['undefined'], ours: ["{ h: 'x' }"] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'v', key: 'k', headers: { h: 'x' } }])
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    const [{ headers, ...message }] = await t.event(consumer, 'message')
    t.log('message', message)
    t.log('headers', headers)
  })

  scenario('done gives the last offset of each partition, and one end for all', {
    contract: '7.3 done (Q26)'
  }, async (t) => {
    const topic = await t.topic(2)
    await t.produce(topic, [...values(0, 3), ...values(3, 5).map((record) => ({ ...record, partition: 1 }))])
    const topics = [{ topic, partition: 0 }, { topic, partition: 1 }]
    const consumer = t.consumer(t.client(), topics, { groupId: t.name('group') })
    /** @type {any} */
    const last = {}
    consumer.on('done', (/** @type {any} */ topics) => {
      const { highWaterOffset, ...partitions } = topics[topic]
      Object.assign(last, partitions)
      t.tracks.has('shape') || t.log('shape', Object.keys(topics), typeof highWaterOffset)
    })
    await t.until(() => last[0] === 2 && last[1] === 1, 'all partitions')
    t.log('last', last)
    // Idle fetches keep reporting.
    const [idle] = await t.event(consumer, 'done')
    t.log('idle', Object.keys(idle), Object.keys(idle[topic]))
  })

  scenario('an empty partition: done keeps coming by itself', { contract: '7.3 done' }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    for (let i = 0; i < 3; i++) t.log('done', await t.event(consumer, 'done'))
  })

  scenario('a longer log arrives whole and in order', { contract: '7.3' }, async (t) => {
    const topic = await t.topic()
    for (let i = 0; i < 3000; i += 100) await t.produce(topic, values(i, i + 100))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group'), fetchMaxBytes: 8192 })
    let next = 0
    let wrong = 0
    consumer.on('message', (/** @type {any} */ { offset, value }) => {
      if (offset !== next || value !== `m${next}`) wrong++
      next++
    })
    await t.until(() => next >= 3000, 'all messages')
    t.log('in order', next, wrong)
  })

  scenario('a record that is larger than fetchMaxBytes', {
    contract: '7.3 (Q27)',
    meant: {
      consumer: { id: 'D13', original: [], ours: ['message '] },
      position: { id: 'D13', original: ['0'], ours: ['2'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'x'.repeat(5000) }])
    await t.produce(topic, values(0, 1))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group'), fetchMaxBytes: 1000 })
    t.watch('consumer', consumer, ['message', 'error'], {
      quiet: true, show: (event, [arg]) => event === 'error' ? arg.name : ''
    })
    // kafka-node silently keeps fetching it.
    await new Promise((resolve) => setTimeout(resolve, 4000))
    t.log('position', consumer.payloads[0].offset)
  })

  scenario('what is written later arrives, too', { contract: '7.3' }, async (t) => {
    const topic = await t.topic()
    const consumer = consume(t, [{ topic }], { groupId: t.name('group') })
    await t.event(consumer, 'done')
    await t.produce(topic, values(0, 2))
    await t.seen('consumer', 'message', 2)
  })

  // ---- where it starts ----

  scenario('without a commit it starts at 0, whatever the offset says', { contract: '7.2 (Q24)' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 4))
    consume(t, [{ topic, offset: 2 }], { groupId: t.name('group') })
    await t.seen('consumer', 'message', 4)
  })

  scenario('with fromOffset it starts at the offset', { contract: '7.2' }, async (t) => {
    const topic = await t.topic(2)
    await t.produce(topic, [...values(0, 4), ...values(4, 6).map((record) => ({ ...record, partition: 1 }))])
    const group = t.name('group')
    const consumer = t.consumer(t.client(), [{ topic, offset: 2 }, { topic, partition: 1, offset: 1 }],
      { groupId: group, fromOffset: true, autoCommit: false })
    consumer.on('message', (/** @type {any} */ { partition, value }) => t.log(`partition ${partition}`, value))
    await t.seen('partition 0', '', 2)
    await t.seen('partition 1', '')
    await t.call('closed', (cb) => consumer.close(cb))
  })

  scenario('it continues where the same group committed', { contract: '7.2' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 4))
    const groupId = t.name('group')
    const first = t.consumer(t.client(), [{ topic }], { groupId, autoCommit: false })
    await t.until(() => first.payloads[0].offset === 4, 'the end')
    await t.call('closed', (cb) => first.close(true, cb))
    await t.produce(topic, values(4, 6))
    consume(t, [{ topic }], { groupId })
    await t.seen('consumer', 'message', 2)
  })

  scenario('two consumers on two clients', { contract: '2.6' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    for (const label of ['one', 'two']) {
      t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
        .on('message', (/** @type {any} */ { value }) => t.log(label, value))
    }
    await t.seen('one', '', 2)
    await t.seen('two', '', 2)
  })

  scenario('two consumers on one client', {
    contract: '2.6 (Q04)',
    meant: {
      one: { id: 'D04', original: 'varies', ours: ["'m0'", "'m1'"] },
      two: { id: 'D04', original: 'varies', ours: ["'m0'", "'m1'"] }
    }
  }, async (t) => {
    const [a, b] = [await t.topic(), await t.topic()]
    await t.produce(a, values(0, 2))
    await t.produce(b, values(0, 2))
    const client = t.client()
    for (const [label, topic] of [['one', a], ['two', b]]) {
      t.consumer(client, [{ topic }], { groupId: t.name('group') })
        .on('message', (/** @type {any} */ { value }) => t.log(label, value))
    }
    await new Promise((resolve) => setTimeout(resolve, 3000))
  })

  scenario('a consumer on a client that is already ready', { contract: '7.2' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    consume(t, [{ topic }], { groupId: t.name('group') }, await t.readyClient())
    await t.seen('consumer', 'message', 2)
  })

  // ---- errors ----

  scenario('topics that do not exist', { contract: '7.2' }, async (t) => {
    const topic = await t.topic()
    const topics = [{ topic }, { topic: t.name('missing') }, { topic: t.name('missing') }]
    const consumer = consume(t, topics, { groupId: t.name('group') })
    const [error] = await t.event(consumer, 'error')
    t.log('error', error instanceof t.require('lib/errors').TopicsNotExistError, error.topics)
    t.log('ready', consumer.ready)
  })

  scenario('a broker that cannot be reached', { contract: '7.3 error' }, async (t) => {
    const client = t.client({ kafkaHost: '127.0.0.1:1', connectRetryOptions: { retries: 0 } })
    client.on('error', () => {})
    const consumer = consume(t, [{ topic: 't' }], {}, client)
    await t.event(consumer, 'error')
  })

  scenario('an offset beyond the end', { contract: '7.3 offsetOutOfRange' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const options = { groupId: t.name('group'), fromOffset: true, autoCommit: false }
    const consumer = t.consumer(t.client(), [{ topic, offset: 99 }], options)
    t.watch('consumer', consumer, ['message', 'error', 'offsetOutOfRange'], { quiet: true })
    const [error] = await t.event(consumer, 'offsetOutOfRange')
    t.log('error', error instanceof Error, error.message, error.topic, error.partition, Object.keys(error).sort())
    consumer.setOffset(topic, 0, 1)
    await t.seen('consumer', 'message')
    await t.until(() => consumer.payloads[0].offset === 3, 'the end')
  })

  scenario('it reports an offset that is out of range again and again', { contract: '7.3 (Q24)' }, async (t) => {
    const topic = await t.topic()
    const options = { groupId: t.name('group'), fromOffset: true, autoCommit: false }
    const consumer = t.consumer(t.client(), [{ topic, offset: 99 }], options)
    for (let i = 0; i < 3; i++) t.log('event', await t.event(consumer, 'offsetOutOfRange'))
  })

  // ---- pause and resume ----

  scenario('paused from the start', { contract: '7.1 paused' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const consumer = consume(t, [{ topic }], { groupId: t.name('group'), paused: true })
    t.log('paused', consumer.paused)
    await t.event(consumer.client, 'ready')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    t.line('consumer', 'resumed')
    consumer.resume()
    await t.seen('consumer', 'message', 2)
  })

  scenario('pause, write, resume', { contract: '7.4 pause' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    consumer.on('message', (/** @type {any} */ { value }) => t.line('consumer', value))
    await t.seen('consumer', '', 2)
    await t.event(consumer, 'done')
    t.attempt('pause', () => consumer.pause())
    t.log('paused', consumer.paused)
    // The fetch in flight may still bring this one.
    await new Promise((resolve) => setTimeout(resolve, 500))
    await t.produce(topic, values(2, 4))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    t.line('consumer', 'resumed')
    t.attempt('resume', () => consumer.resume())
    t.log('paused', consumer.paused)
    await t.seen('consumer', '', 5)
  })

  scenario('pause in a handler lets the batch finish', { contract: '7.4 pause' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    consumer.on('message', (/** @type {any} */ { value }) => {
      t.line('consumer', value)
      if (value === 'm1') consumer.pause()
    })
    await t.seen('consumer', 'm4')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    t.log('position', consumer.payloads[0].offset, consumer.paused)
  })

  scenario('pause and resume with a pause between them', { contract: '7.4 resume' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    consumer.on('message', (/** @type {any} */ { value }) => {
      t.line('consumer', value)
      consumer.pause()
      setImmediate(() => consumer.resume())
    })
    await t.seen('consumer', 'm4')
    await t.until(() => consumer.payloads[0].offset === 5, 'the position')
    await t.produce(topic, values(5, 6))
    await t.seen('consumer', 'm5')
  })

  scenario('pause and resume at once in a handler', {
    contract: '7.4 resume (Q29)',
    meant: {
      consumer: {
        id: 'D14',
        original: ['m0', 'm1', 'm2', 'm3', 'm4', 'm0', 'm1', 'm2', 'm3', 'm4'],
        ours: ['m0', 'm1', 'm2', 'm3', 'm4']
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    let resumed = false
    consumer.on('message', (/** @type {any} */ { value }) => {
      t.line('consumer', value)
      if (resumed) return
      resumed = true
      consumer.pause()
      consumer.resume()
    })
    await t.seen('consumer', 'm4')
    await new Promise((resolve) => setTimeout(resolve, 1500))
  })

  // ---- setOffset ----

  scenario('setOffset when idle', { contract: '7.4 setOffset' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    consumer.on('message', (/** @type {any} */ { value }) => t.line('consumer', value))
    await t.until(() => consumer.payloads[0].offset === 3, 'the end')
    await t.event(consumer, 'done')
    t.line('consumer', 'setOffset')
    t.attempt('setOffset', () => consumer.setOffset(topic, 0, 1))
    await t.seen('consumer', 'm2', 2)
  })

  scenario('setOffset in a handler', {
    contract: '7.4 setOffset (Q31)',
    meant: {
      consumer: { id: 'D15', original: ['m0', 'm1', 'm2', 'm3'], ours: ['m0', 'm1', 'm0', 'm1', 'm2', 'm3'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 4))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    let moved = false
    consumer.on('message', (/** @type {any} */ { value }) => {
      t.line('consumer', value)
      if (value !== 'm1' || moved) return
      moved = true
      consumer.setOffset(topic, 0, 0)
    })
    await t.seen('consumer', 'm3')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    t.log('position', consumer.payloads[0].offset)
  })

  // ---- commits ----

  /** @param {import('../support/trace').Trace} t @param {string} group @param {string} topic */
  async function showCommits (t, group, topic) {
    // kafka-node keeps them in ZooKeeper, ours in the group's coordinator.
    const found = await (t.side === 'original'
      ? t.zookeeperCommitted(group, topic, [0, 1])
      : t.committed(group, topic))
    for (const [partition, { offset }] of Object.entries(found)) t.log('committed', partition, offset)
  }

  scenario('the results of commit', { contract: '7.5' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const consumer = t.consumer(t.client(), [{ topic }], { groupId, autoCommit: false })
    t.log('same function', consumer.commit === consumer.autoCommit)
    await t.until(() => consumer.payloads[0].offset === 3, 'the end')
    await t.call('first', (cb) => consumer.commit(cb))
    await t.call('at once again', (cb) => consumer.commit(cb))
    await t.call('with false', (cb) => consumer.commit(false, cb))
    await t.call('forced', (cb) => consumer.commit(true, cb))
    await showCommits(t, groupId, topic)
  })

  scenario('commit before anything was read', { contract: '7.5' }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const consumer = t.consumer(t.client(), [{ topic }], { groupId, autoCommit: false })
    await t.event(consumer, 'done')
    await t.call('commit', (cb) => consumer.commit(cb))
    await t.call('forced', (cb) => consumer.commit(true, cb))
    await showCommits(t, groupId, topic)
  })

  scenario('commit without a callback', {
    contract: '2.3 (Q02)',
    meant: {
      commit: { id: 'D03', original: ["throws [TypeError 'cb is not a function']"], ours: ['returns undefined'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 1))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group'), autoCommit: false, paused: true })
    t.attempt('commit', () => consumer.commit())
  })

  scenario('commit of several partitions', { contract: '7.5' }, async (t) => {
    const topic = await t.topic(2)
    await t.produce(topic, [...values(0, 3), ...values(3, 5).map((record) => ({ ...record, partition: 1 }))])
    const groupId = t.name('group')
    const consumer = t.consumer(t.client(), [{ topic }, { topic, partition: 1 }], { groupId, autoCommit: false })
    await t.until(() => consumer.payloads[0].offset === 3 && consumer.payloads[1].offset === 2, 'the end')
    const [error, result] = await new Promise((resolve) =>
      consumer.commit(true, (/** @type {any[]} */ ...args) => resolve(args)))
    t.log('result', error, Object.keys(result), Object.keys(result[topic]), result[topic].errorCode)
    await showCommits(t, groupId, topic)
  })

  scenario('commit in a handler commits what was before the batch', { contract: '7.5 (Q32)' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const consumer = t.consumer(t.client(), [{ topic, offset: 1 }], { groupId, autoCommit: false, fromOffset: true })
    const callback = t.callback('commit')
    consumer.once('message', () => consumer.commit(true, callback))
    await callback.called
    await showCommits(t, groupId, topic)
  })

  scenario('automatic commits', { contract: '7.5' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const consumer = t.consumer(t.client(), [{ topic }], { groupId, autoCommitIntervalMs: 200 })
    await t.until(() => consumer.payloads[0].offset === 3, 'the end')
    let found = {}
    const look = async () => {
      found = await (t.side === 'original'
        ? t.zookeeperCommitted(groupId, topic, [0])
        : t.committed(groupId, topic))
    }
    for (let i = 0; i < 40 && !(found[0] && found[0].offset === 3); i++) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    t.log('committed', found[0] && found[0].offset)
  })

  scenario('where the offsets are kept', {
    contract: '7.2 (Q25)',
    notOnModern: 'it needs ZooKeeper',
    meant: {
      'in Kafka': { id: 'D12', original: ['{}'], ours: ["{ 0: { offset: 3, metadata: 'm' } }"] },
      'in ZooKeeper': { id: 'D12', original: ["{ 0: { offset: 3, metadata: '' } }"], ours: ['{}'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const consumer = t.consumer(t.client(), [{ topic }], { groupId, autoCommit: false })
    await t.until(() => consumer.payloads[0].offset === 3, 'the end')
    await t.call('commit', (cb) => consumer.commit(true, cb))
    t.log('in Kafka', await t.committed(groupId, topic))
    t.log('in ZooKeeper', await t.zookeeperCommitted(groupId, topic, [0]))
  })

  // ---- close ----

  scenario('close with force commits first', { contract: '7.4 close' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const consumer = t.consumer(t.client(), [{ topic }], { groupId, autoCommit: false })
    await t.until(() => consumer.payloads[0].offset === 3, 'the end')
    await t.call('closed', (cb) => consumer.close(true, cb))
    t.log('state', consumer.ready, consumer.client.closing)
    await showCommits(t, groupId, topic)
  })

  scenario('close without force commits nothing', { contract: '7.4 close (Q47)' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const consumer = t.consumer(t.client(), [{ topic }], { groupId, autoCommitIntervalMs: 60000, autoCommit: false })
    await t.until(() => consumer.payloads[0].offset === 3, 'the end')
    await t.call('closed', (cb) => consumer.close(cb))
    await t.call('closed again', (cb) => consumer.close(cb))
    await showCommits(t, groupId, topic)
  })

  scenario('close in every form', { contract: '7.4 close' }, async (t) => {
    const topic = await t.topic()
    const forms = { false: [false], true: [true], none: [] }
    for (const [label, args] of Object.entries(forms)) {
      const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group'), autoCommit: false })
      await t.event(consumer, 'done')
      await t.call(label, (cb) => consumer.close(...args, cb))
    }
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group'), autoCommit: false })
    await t.event(consumer, 'done')
    t.attempt('without callback', () => consumer.close())
  })

  scenario('close before ready', { contract: '7.4 close' }, async (t) => {
    const consumer = consume(t, [{ topic: 't' }], { groupId: t.name('group') })
    await t.call('closed', (cb) => consumer.close(cb))
  })

  scenario('close in a handler: nothing comes after the callback', { contract: '7.4 close' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group'), autoCommit: false })
    let closed = false
    let late = 0
    const callback = t.callback('closed')
    consumer.on('message', () => {
      if (closed) late++
      if (!consumer.client.closing) {
        consumer.close((/** @type {any[]} */ ...args) => {
          closed = true
          callback(...args)
        })
      }
    })
    await callback.called
    await t.produce(topic, values(5, 8))
    await new Promise((resolve) => setTimeout(resolve, 500))
    t.log('late messages', late)
  })

  scenario('a handler that throws', {
    contract: '7.3',
    isolated: true,
    meant: {
      consumer: { id: 'D16', original: ['m0', 'm1'], ours: ['m0', 'm1', 'm2'] },
      process: { id: 'D16', original: ['goes on'], ours: ['ends by itself'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group'), autoCommit: false })
    let thrown = false
    consumer.on('message', (/** @type {any} */ { value }) => {
      t.line('consumer', value)
      if (value === 'm1' && !thrown) {
        thrown = true
        throw new Error('handler')
      }
    })
    await t.seen('consumer', 'm1')
    await new Promise((resolve) => setTimeout(resolve, 2000))
    await t.call('closed', (cb) => consumer.close(cb))
  })

  // ---- topics that come and go ----

  scenario('addTopics: where the added ones start', { contract: '7.4 addTopics' }, async (t) => {
    const [first, second, third, missing] = [await t.topic(), await t.topic(2), await t.topic(), t.name('missing')]
    await t.produce(second, [...values(0, 3), { value: 'other', partition: 1 }])
    await t.produce(third, values(0, 3))
    const consumer = t.consumer(t.client(), [{ topic: first }], { groupId: t.name('group'), autoCommit: false })
    consumer.on('message', (/** @type {any} */ { topic, partition, value }) =>
      t.line(`${t.names.get(topic)}/${partition}`, value))
    await t.event(consumer, 'done')
    await t.call('names', (cb) => consumer.addTopics([second], cb))
    await t.call('missing', (cb) => consumer.addTopics([third, missing], cb))
    await t.call('from the offset', (cb) => consumer.addTopics([{ topic: third, partition: 0, offset: 2 }], cb, true))
    await t.seen('<topic2>/0', 'm2')
    await t.seen('<topic3>/0', 'm2')
    t.log('payloads', consumer.payloads.map((/** @type {any} */ { topic, partition }) => [topic, partition]))
  })

  scenario('addTopics before ready', { contract: '7.4 addTopics' }, async (t) => {
    const [first, second] = [await t.topic(), await t.topic()]
    await t.produce(second, values(0, 1))
    const consumer = t.consumer(t.client(), [{ topic: first }], { groupId: t.name('group') })
    await t.call('added', (cb) => consumer.addTopics([second], cb))
    t.log('message', (await t.event(consumer, 'message'))[0])
  })

  scenario('a consumer without topics, until some are added', { contract: '7.1' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const consumer = consume(t, [], { groupId: t.name('group') })
    await t.event(consumer.client)
    await t.call('added', (cb) => consumer.addTopics([topic], cb))
    await t.seen('consumer', 'message', 2)
  })

  scenario('removeTopics', { contract: '7.4 removeTopics' }, async (t) => {
    const [kept, gone] = [await t.topic(), await t.topic()]
    const consumer = t.consumer(t.client(), [{ topic: kept }, { topic: gone }], { groupId: t.name('group') })
    consumer.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    await t.event(consumer, 'done')
    t.line('order', 'before')
    consumer.removeTopics([gone], t.callback('removed', { on: 'order' }))
    t.line('order', 'after')
    await t.call('a name', (cb) => consumer.removeTopics('other', cb))
    await t.call('several', (cb) => consumer.removeTopics(['other', 'third'], cb))
    t.log('payloads', consumer.payloads.length, gone in consumer.client.topicMetadata)
    // The fetch in flight may still bring one of its messages.
    for (let i = 0; i < 3; i++) await t.event(consumer, 'done')
    await t.produce(gone, values(5, 6))
    await t.produce(kept, values(0, 1))
    await t.seen('messages', 'm0')
  })

  scenario('a topic that is created after the consumer had looked for it', { contract: '7.2' }, async (t) => {
    const topic = t.name('topic')
    const consumer = consume(t, [{ topic }], { groupId: t.name('group') })
    await t.event(consumer, 'error')
    const { createTopic } = require('../../support/kafka')
    await createTopic(t.brokers, topic, 1)
    await t.produce(topic, values(0, 1))
    // It never looks again by itself; a new one finds it.
    await t.within('consumer', t.event(consumer, 'message'), 2000)
    const second = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    t.log('second', (await t.event(second, 'message'))[0].value)
  })

  scenario('setOffset and removeTopics of a paused partition', {
    contract: '7.4 pauseTopics, setOffset, removeTopics',
    meant: {
      offset: { id: 'D123', original: ['0'], ours: ['5'] },
      removed: { id: 'D123', original: ['1'], ours: ['0'] }
    }
  }, (t) => {
    const consumer = t.consumer(t.client({ autoConnect: false }), [{ topic: 't' }], {})
    consumer.pauseTopics(['t'])
    consumer.setOffset('t', 0, 5)
    t.log('offset', consumer.pausedPayloads[0].offset)
    consumer.removeTopics(['t'], () => {})
    t.log('removed', consumer.pausedPayloads.length)
  })

  scenario('pauseTopics before the start', {
    contract: '7.4 pauseTopics',
    meant: { messages: { id: 'D124', original: 'varies', ours: ["'m0'", "'m1'"] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group') })
    consumer.on('message', (/** @type {any} */ { value }) => t.log('messages', value))
    consumer.pauseTopics([topic])
    await t.event(consumer.client, 'ready')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    t.log('paused', consumer.pausedPayloads.length)
    consumer.resumeTopics([topic])
    if (t.side === 'ours') await t.seen('messages', '', 2)
  })

  scenario('a partition given as text to pauseTopics', {
    contract: '7.4 pauseTopics',
    meant: {
      paused: { id: 'D121', original: ['[]', '[1]'], ours: ['[0]', '[0, 1]'] }
    }
  }, (t) => {
    const consumer = t.consumer(t.client({ autoConnect: false }), [{ topic: 't' }, { topic: 't', partition: 1 }], {})
    consumer.pauseTopics([{ topic: 't', partition: '0' }])
    t.log('paused', consumer.pausedPayloads.map((/** @type {any} */ { partition }) => partition))
    consumer.pauseTopics([{ topic: 't', partition: 1 }])
    t.log('paused', consumer.pausedPayloads.map((/** @type {any} */ { partition }) => partition))
  })

  scenario('offsets and partitions given as text', { contract: '7.1, 7.4 addTopics, setOffset' }, async (t) => {
    const topic = await t.topic(3)
    await t.produce(topic, [0, 1].flatMap((partition) => values(0, 4).map((record) => ({ ...record, partition }))))
    const topics = [{ topic, partition: 0, offset: '2' }, { topic, partition: 2, offset: '0' }]
    const consumer = t.consumer(t.client(), topics,
      { groupId: t.name('group'), fromOffset: true, autoCommitIntervalMs: 100 })
    consumer.on('error', (/** @type {any} */ error) => t.log('error', error))
    consumer.on('message', (/** @type {any} */ { partition, offset }) => t.log(`partition ${partition}`, offset))
    await t.seen('partition 0', '', 2)
    await t.call('committed', (cb) => consumer.commit(true, (/** @type {any} */ error) => cb(error)))
    await t.call('added', (cb) => consumer.addTopics([{ topic, partition: '1', offset: '3' }], cb, true))
    await t.seen('partition 1', '', 1)
    await t.call('committed', (cb) => consumer.commit(true, (/** @type {any} */ error) => cb(error)))
  })

  scenario('a commit before the start', {
    contract: '7.5 commit',
    meant: {
      committed: { id: 'D120', original: [/errorCode: 0/], ours: ["(null, 'Nothing to be committed')"] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer(t.client(), [{ topic, offset: 7 }], { groupId: t.name('group') })
    await t.call('committed', (cb) => consumer.commit(true, cb))
  })

  scenario('pauseTopics and resumeTopics', { contract: '7.4 pauseTopics' }, async (t) => {
    const [one, two] = [await t.topic(2), await t.topic()]
    const topics = [{ topic: one, partition: 0 }, { topic: one, partition: 1 }, { topic: two }]
    const consumer = t.consumer(t.client(), topics, { groupId: t.name('group'), autoCommit: false })
    const show = (/** @type {string} */ track) => t.log(track, ['payloads', 'pausedPayloads'].map((field) =>
      (consumer[field] || []).map((/** @type {any} */ { topic, partition }) => `${t.names.get(topic)}/${partition}`)))
    await t.event(consumer, 'done')
    for (const list of [undefined, null, [], [{ topic: one }], ['nothing']]) {
      t.attempt('without effect', () => consumer.pauseTopics(list))
      show('after what has no effect')
    }
    consumer.pauseTopics([{ topic: one, partition: 1 }])
    show('one partition')
    consumer.pauseTopics([two])
    show('a topic')
    consumer.resumeTopics([{ topic: one, partition: 1 }, two])
    show('resumed')
    consumer.pauseTopics([one, two])
    show('all')
    consumer.resumeTopics([one])
    show('some again')
    const message = t.event(consumer, 'message')
    await t.produce(one, values(0, 1))
    t.log('message', (await message)[0].value)
  })

  scenario('Q30: pauseTopics in a handler, then resumeTopics', {
    contract: '7.4 pauseTopics (Q30)',
    meant: {
      consumer: {
        id: 'D55',
        original: ['m0', 'm1', 'm2', 'm3', 'm4', 'resumed', 'm0', 'm1', 'm2', 'm3', 'm4'],
        ours: ['m0', 'm1', 'm2', 'm3', 'm4', 'resumed']
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group'), autoCommit: false })
    let paused = false
    consumer.on('message', (/** @type {any} */ { value }) => {
      t.line('consumer', value)
      if (value !== 'm1' || paused) return
      paused = true
      consumer.pauseTopics([topic])
    })
    await t.seen('consumer', 'm4')
    await new Promise((resolve) => setTimeout(resolve, 500))
    t.line('consumer', 'resumed')
    consumer.resumeTopics([topic])
    await new Promise((resolve) => setTimeout(resolve, 1500))
  })

  scenario('setOffset for what it does not read', { contract: '7.4 setOffset' }, async (t) => {
    const topic = await t.topic()
    const consumer = consume(t, [{ topic }], { groupId: t.name('group') })
    await t.event(consumer, 'done')
    t.attempt('another topic', () => consumer.setOffset('other', 0, 1))
    t.attempt('another partition', () => consumer.setOffset(topic, 7, 1))
    t.attempt('partition as text', () => consumer.setOffset(topic, '0', 0))
    await t.produce(topic, values(0, 1))
    await t.seen('consumer', 'message')
  })

  scenario('fetchMaxBytes is for each partition', { contract: '7.1 fetchMaxBytes' }, async (t) => {
    const topic = await t.topic()
    const large = 'x'.repeat(3000)
    for (let i = 0; i < 4; i++) await t.produce(topic, [{ value: `${i}${large}` }])
    const options = { groupId: t.name('group'), fetchMaxBytes: 8000 }
    const consumer = t.consumer(t.client(), [{ topic }], options)
    consumer.on('message', (/** @type {any} */ { value }) => t.line('messages', value.slice(0, 2)))
    await t.seen('messages', '', 4)
    t.log('payload', consumer.payloads[0].maxBytes)
  })

  scenario('the way out of an offset that is out of range', { contract: '7.3 offsetOutOfRange' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const client = t.client()
    const offset = new t.kafka.Offset(client)
    const options = { groupId: t.name('group'), fromOffset: true, autoCommit: false }
    const consumer = t.consumer(client, [{ topic, offset: 99 }], options)
    consumer.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    consumer.once('offsetOutOfRange', (/** @type {any} */ error) => {
      error.maxNum = 2
      offset.fetch([error], (/** @type {any} */ failure, /** @type {any} */ offsets) => {
        t.log('failure', failure)
        consumer.setOffset(error.topic, error.partition, Math.min(...offsets[error.topic][error.partition]))
      })
    })
    await t.seen('messages', 'm2')
  })

  scenario('Q24: how often it reports an offset that is out of range', {
    contract: '7.3 (Q24)', meant: { 'in 3 s': { id: 'D56', original: ["'many'"], ours: ["'few'"] } }
  }, async (t) => {
    const topic = await t.topic()
    const options = { groupId: t.name('group'), fromOffset: true, autoCommit: false }
    const consumer = t.consumer(t.client(), [{ topic, offset: 99 }], options)
    let count = 0
    consumer.on('offsetOutOfRange', () => count++)
    await t.event(consumer, 'offsetOutOfRange')
    await new Promise((resolve) => setTimeout(resolve, 3000))
    t.log('in 3 s', count > 10 ? 'many' : 'few')
  })

  scenario('Q28: a topic that is deleted while it is read', {
    contract: '7.3 (Q28)', meant: { brokersChanged: { id: 'D57', original: 'varies', ours: ["'few'"] } }
  }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer(t.client(), [{ topic }], { groupId: t.name('group'), autoCommit: false })
    consumer.on('error', () => {})
    await t.event(consumer, 'done')
    let count = 0
    consumer.client.on('brokersChanged', () => count++)
    const admin = require('../../support/kafka').kafkaJs(t.brokers).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [topic] })
    await admin.disconnect()
    await new Promise((resolve) => setTimeout(resolve, 3000))
    t.log('brokersChanged', count > 15 ? 'many' : 'few')
  })

  scenario('a start inside a compressed batch', {
    contract: '7.2',
    meant: { messages: { id: 'D125', original: ["'a'", "'b'", "'c'", "'d'"], ours: ["'c'", "'d'"] } }
  }, async (t) => {
    const topic = await t.topic()
    const producer = await t.readyProducer()
    const messages = ['a', 'b', 'c', 'd']
    await t.call('send', (cb) => producer.send([{ topic, messages, attributes: 1 }], cb))
    const consumer = t.consumer(await t.readyClient(), [{ topic, offset: 2 }],
      { groupId: t.name('group'), fromOffset: true, autoCommit: false })
    consumer.on('message', (/** @type {any} */ { value }) => t.log('messages', value))
    await t.event(consumer, 'done')
    await t.event(consumer, 'done')
  })
})
