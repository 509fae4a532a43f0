'use strict'

const { section } = require('../support/section')
const { show } = require('../support/show')

const GROUP_EVENTS = ['rebalancing', 'connect', 'rebalanced', 'error']
const EVENTS = [...GROUP_EVENTS, 'processingfetch', 'message', 'done', 'offsetOutOfRange']

/** @param {number} from @param {number} to */
const values = (from, to) => Array.from({ length: to - from }, (_, i) => ({ value: `m${from + i}` }))

/** @param {any} group */
const position = (group) => group.topicPayloads.length > 0 && group.topicPayloads[0].offset

module.exports = section('ConsumerGroup', (scenario) => {
  // ---- construction ----

  scenario('what the constructor refuses', { contract: '8.1' }, (t) => {
    const { ConsumerGroup } = t.kafka
    /** @param {any} options @param {any} topics @param {string} track */
    const make = (track, options, topics = 't') => {
      const group = t.attempt(track, () => new ConsumerGroup(
        options && { kafkaHost: t.brokers, autoConnect: false, connectOnReady: false, ...options }, topics))
      if (group) t.closing(group)
      return group
    }
    let thrown = ''
    for (const options of [undefined, null]) {
      try { new ConsumerGroup(options, 't') } catch (error) { thrown += /** @type {Error} */ (error).name }
    }
    t.log('no options', thrown)
    for (const groupId of ['g', 'a b', 'ü', '', undefined]) {
      const group = make('groupId', { groupId })
      if (group) t.log('options.groupId', groupId, group.options.groupId)
    }
    for (const value of ['latest', 'earliest', 'none', 'Latest', '', true, 5, null, undefined]) {
      make('fromOffset', { fromOffset: value })
      make('outOfRangeOffset', { outOfRangeOffset: value })
    }
    for (const topics of ['t', ['t'], ['a', 'b']]) t.log('topics', make('topics', {}, topics).topics)
    make('migrateHLC', { migrateHLC: true })
    for (const id of ['a', 'a b']) {
      const group = make('id', { id, clientId: 'other' })
      if (group) t.log('clientId', group.client.clientId, group.options.clientId)
    }
    make('clientId', { clientId: 'a b' })
  })

  scenario('topics that are refused', { contract: '8.1 (Q38)' }, (t) => {
    for (const topics of [[], undefined, null, {}, 5]) {
      const options = { kafkaHost: t.brokers, autoConnect: false, groupId: 'g' }
      t.attempt('topics', () => new t.kafka.ConsumerGroup(options, topics))
    }
  })

  scenario('protocols', { contract: '8.7' }, (t) => {
    const assign = () => {}
    const PROTOCOLS = ['roundrobin', 'range', ['range', 'roundrobin'], 'sticky', ['roundrobin', 'other'], [null], {},
      { assign }, { assign, name: 'n' }, { assign, name: 'n', version: -1 }]
    for (const protocol of PROTOCOLS) {
      const group = t.attempt('made', () => new t.kafka.ConsumerGroup(
        { kafkaHost: t.brokers, autoConnect: false, connectOnReady: false, groupId: 'g', protocol }, ['t']))
      if (!group) continue
      t.closing(group)
      t.log('protocols', group.protocols.map((/** @type {any} */ { name, version, subscription }) =>
        ({ name, version, subscription })))
    }
  })

  scenario('options are completed in place and shared with the client', { contract: '8.1' }, (t) => {
    const options = { kafkaHost: t.brokers, autoConnect: false, connectOnReady: false, id: 'me', groupId: 'g' }
    const group = t.closing(new t.kafka.ConsumerGroup(options, ['t']))
    t.log('options', options)
    t.log('same object', group.options === options, group.client.options === options)
    for (const field of ['topics', 'ready', 'paused', 'isLeader', 'generationId', 'coordinatorId']) {
      t.log(field, group[field])
    }
    for (const field of ['connecting', 'rebalancing', 'closed', 'memberId']) t.log(field, !!group[field])
    t.log('ssl', t.closing(new t.kafka.ConsumerGroup({ ...options, ssl: true }, ['t'])).options.ssl)
    const shorter = { ...options, sessionTimeout: 10000, heartbeatInterval: undefined }
    t.log('heartbeat', t.closing(new t.kafka.ConsumerGroup(shorter, ['t'])).options.heartbeatInterval)
  })

  // ---- events ----

  scenario('the events of a first join', { contract: '8.2' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const group = t.watch('events', t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic), EVENTS)
    await t.seen('events', 'message', 2)
    await t.until(() => position(group) === 2, 'the position')
    t.log('flags', group.ready, group.connecting, group.rebalancing)
    t.log('fields', typeof group.memberId, group.generationId, group.coordinatorId)
    t.log('payloads', group.topicPayloads)
  })

  scenario('isLeader', { contract: '8.1' }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group') }, topic)
    await t.event(group, 'rebalanced')
    t.log('only member', group.isLeader)
  })

  scenario('what is set when connect and rebalanced come', { contract: '8.2' }, async (t) => {
    const topic = await t.topic(2)
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    for (const event of ['rebalancing', 'connect', 'rebalanced']) {
      group.on(event, () => t.log('state', event, group.ready, !!group.rebalancing, (group.topicPayloads || []).length))
    }
    await t.seen('state', "'rebalanced'")
    t.log('payloads', group.topicPayloads.map((/** @type {any} */ { offset, ...payload }) => payload))
    t.log('payloadMap', group.payloadMap)
  })

  scenario('a group whose topic does not exist', { contract: '8.3' }, async (t) => {
    const topic = t.name('created')
    const group = t.watch('events', t.group({ groupId: t.name('group') }, topic), ['error'])
    await t.event(group, 'rebalanced')
    t.log('ready', group.ready)
  })

  scenario('a group with nothing to read waits for a topic that does not exist', { contract: '8.3' }, async (t) => {
    const topic = t.name('created')
    const options = { groupId: t.name('group'), fromOffset: 'earliest', topicPartitionCheckInterval: 1000 }
    const group = t.watch('events', t.group(options, topic), ['connect', 'rebalanced', 'message', 'error'])
    await t.event(group, 'rebalanced')
    t.log('at first', group.ready, group.topicPayloads, group.payloadMap)
    // the broker creates topics that it is asked for
    const owned = () => (group.topicPayloads || []).length
    await t.until(() => owned() === 1 && group.ready, 'the partition')
    await t.produce(topic, [{ value: 'a' }])
    await t.seen('events', 'message')
  })

  scenario('a second member: both rebalance and share the partitions', {
    contract: '8.3', timeout: 120000
  }, async (t) => {
    const topic = await t.topic(4)
    const groupId = t.name('group')
    const options = { groupId, sessionTimeout: 6000, heartbeatInterval: 500, retryMinTimeout: 200 }
    const first = t.watch('first', t.group({ ...options }, topic), GROUP_EVENTS)
    await t.seen('first', 'rebalanced')
    const second = t.watch('second', t.group({ ...options }, topic), ['connect', 'rebalanced', 'error'])
    const shares = () => [first, second].map((member) => (member.topicPayloads || []).length)
    await t.until(() => shares().join() === '2,2' && first.ready && second.ready, 'two partitions each')
    const owned = [...first.topicPayloads, ...second.topicPayloads]
    t.log('owned', owned.map(({ partition }) => partition).sort())
    await t.call('second closed', (cb) => second.close(cb))
    await t.until(() => (first.topicPayloads || []).length === 4 && first.ready, 'all four again')
    t.log('owned', first.topicPayloads.map((/** @type {any} */ { partition }) => partition).sort())
  })

  for (const protocol of ['roundrobin', 'range']) {
    scenario(`who gets what with ${protocol}`, { contract: '8.7', timeout: 120000 }, async (t) => {
      const topics = [await t.topic(3), await t.topic(2)]
      const groupId = t.name('group')
      const options = {
        groupId, sessionTimeout: 6000, heartbeatInterval: 500, retryMinTimeout: 200, protocol: [protocol]
      }
      const members = [t.group({ ...options, id: 'member-a' }, topics), t.group({ ...options, id: 'member-b' }, topics)]
      const owned = () => members.map((member) => (member.topicPayloads || []).map((/** @type {any} */ payload) =>
        `${t.names.get(payload.topic)}/${payload.partition}`).sort())
      await t.until(() => owned().flat().length === 5 && owned().every((list) => list.length > 0) &&
        members.every(({ ready }) => ready), 'all partitions')
      t.log('owned', owned())
    })
  }

  scenario('members with different topics', { contract: '8.7', isolated: true }, async (t) => {
    const [a, b] = [await t.topic(2), await t.topic(2)]
    const groupId = t.name('group')
    const options = { groupId, sessionTimeout: 6000, heartbeatInterval: 500, retryMinTimeout: 200 }
    const members = [t.group({ ...options, id: 'member-a' }, [a]), t.group({ ...options, id: 'member-b' }, [b])]
    const owned = () => members.map((member) => (member.topicPayloads || []).map((/** @type {any} */ payload) =>
      `${t.names.get(payload.topic)}/${payload.partition}`).sort())
    await t.until(() => owned().every((list) => list.length === 2) && members.every(({ ready }) => ready), 'two each')
    t.log('owned', owned())
  })

  // ---- where it starts ----

  for (const fromOffset of ['earliest', 'latest']) {
    scenario(`fromOffset ${fromOffset} without a commit`, { contract: '8.4' }, async (t) => {
      const topic = await t.topic()
      await t.produce(topic, values(0, 3))
      const groupId = t.name('group')
      const group = t.group({ groupId, fromOffset }, topic)
      group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
      await t.event(group, 'rebalanced')
      await t.produce(topic, values(3, 5))
      await t.seen('messages', 'm4')
    })

    scenario(`fromOffset ${fromOffset} with a commit`, { contract: '8.4' }, async (t) => {
      const topic = await t.topic()
      await t.produce(topic, values(0, 3))
      const groupId = t.name('group')
      const first = t.group({ groupId, fromOffset: 'earliest', autoCommit: false }, topic)
      await t.event(first, 'rebalanced')
      const commits = [{ topic, partition: 0, offset: 1, metadata: 'm' }]
      await t.call('committed', (cb) => first.sendOffsetCommitRequest(commits, cb))
      await t.call('closed', (cb) => first.close(cb))
      const group = t.group({ groupId, fromOffset }, topic)
      group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
      await t.seen('messages', 'm2')
    })
  }

  scenario('fromOffset none without a commit', { contract: '8.4' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const group = t.watch('events', t.group({ groupId: t.name('group'), id: 'me', fromOffset: 'none' }, topic), EVENTS)
    await t.event(group, 'error')
    await new Promise((resolve) => setTimeout(resolve, 500))
    t.log('ready', group.ready)
  })

  scenario('fromOffset none with a commit', { contract: '8.4' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const first = t.group({ groupId, fromOffset: 'earliest' }, topic)
    await t.until(() => position(first) === 3, 'the end')
    await t.call('closed', (cb) => first.close(true, cb))
    await t.produce(topic, values(3, 4))
    t.watch('events', t.group({ groupId, fromOffset: 'none' }, topic), EVENTS)
    await t.seen('events', 'message')
  })

  scenario('a commit of offset 0 without metadata', {
    contract: '8.4 (Q43)', meant: { messages: { id: 'D20', original: ['m2'], ours: ['m0', 'm1', 'm2'] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const groupId = t.name('group')
    const { kafkaJs } = require('../../support/kafka')
    const admin = kafkaJs(t.brokers).admin()
    await admin.connect()
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] })
    await admin.disconnect()
    const group = t.group({ groupId, fromOffset: 'latest' }, topic)
    group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    await t.event(group, 'rebalanced')
    await t.produce(topic, values(2, 3))
    await t.seen('messages', 'm2')
  })

  for (const commitOffsetsOnFirstJoin of [true, false]) {
    for (const autoCommit of [true, false]) {
      scenario(`commitOffsetsOnFirstJoin ${commitOffsetsOnFirstJoin}, autoCommit ${autoCommit}`, {
        contract: '8.4'
      }, async (t) => {
        const topic = await t.topic(2)
        await t.produce(topic, values(0, 3))
        const groupId = t.name('group')
        const group = t.group({ groupId, fromOffset: 'latest', commitOffsetsOnFirstJoin, autoCommit }, topic)
        await t.event(group, 'rebalanced')
        t.log('committed', await t.committed(groupId, topic))
      })
    }
  }

  scenario('committed beyond the end: outOfRangeOffset earliest', {
    contract: '8.5', meant: { messages: { id: 'D21', original: 'varies', ours: ['m0', 'm1', 'm2'] } }
  }, async (t) => {
    const { group } = await outOfRange(t, { outOfRangeOffset: 'earliest' })
    await t.seen('events', 'offsetOutOfRange')
    await t.until(() => position(group) === 3, 'the end')
  })

  scenario('committed beyond the end: outOfRangeOffset latest', { contract: '8.5' }, async (t) => {
    const { group } = await outOfRange(t, { outOfRangeOffset: 'latest' })
    await t.seen('events', 'offsetOutOfRange')
    await t.until(() => position(group) === 3, 'the end')
    // Whether kafka-node emits what is written now depends on the state of its last fetch.
  })

  scenario('committed beyond the end: outOfRangeOffset none', { contract: '8.5' }, async (t) => {
    const { group } = await outOfRange(t, { outOfRangeOffset: 'none' })
    await t.seen('events', 'error')
    t.log('paused', group.paused)
  })

  scenario('moved beyond the end while paused', {
    contract: '8.5', meant: { events: { id: 'D144', original: [], ours: ["offsetOutOfRange ['OffsetOutOfRange']"] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const options = { groupId: t.name('group'), fromOffset: 'earliest' }
    const group = t.watch('events', t.group(options, topic), ['offsetOutOfRange', 'error'], {
      show: (_event, [{ name, message }]) => show([name === 'Error' ? message : name])
    })
    await t.until(() => position(group) === 3, 'the end')
    group.pause()
    // what kafka-node has asked for is answered by then
    await new Promise((resolve) => setTimeout(resolve, 1000))
    group.setOffset(topic, 0, 50)
    await new Promise((resolve) => setTimeout(resolve, 1500))
  })

  scenario('committed before the beginning of the log', { contract: '8.5' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const groupId = t.name('group')
    const { kafkaJs } = require('../../support/kafka')
    const admin = kafkaJs(t.brokers).admin()
    await admin.connect()
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] })
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] })
    await admin.disconnect()
    const group = t.watch('events', t.group({ groupId }, topic), ['offsetOutOfRange', 'message', 'error'], {
      quiet: true, show: (_event, [{ message, value, time }]) => show([message, value, time])
    })
    await t.until(() => position(group) === 5, 'the end')
  })

  /** @param {import('../support/trace').Trace} t @param {any} options */
  async function outOfRange (t, options) {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const { kafkaJs } = require('../../support/kafka')
    const admin = kafkaJs(t.brokers).admin()
    await admin.connect()
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '50' }] })
    await admin.disconnect()
    const group = t.watch('events', t.group({ groupId, ...options }, topic), ['offsetOutOfRange', 'error'], {
      quiet: true,
      show: (_event, [{ name, message, topic: where, partition, time }]) =>
        show({ name, message, topic: where, partition, time })
    })
    group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    await t.event(group, 'rebalanced')
    return { group }
  }

  // ---- messages ----

  const AWKWARD = [
    { key: null, value: 'no key' }, { key: '', value: 'empty key' }, { key: 'k', value: '' }, { key: 'k', value: null },
    { key: Buffer.from('fffe', 'hex'), value: Buffer.from([0x61, 0xff, 0x62]) }, { key: '日本', value: '😀' }
  ]
  /** @type {any[]} */
  const ENCODINGS = [
    {}, { encoding: 'buffer' }, { encoding: 'hex' }, { encoding: 'base64' }, { keyEncoding: 'buffer' },
    { encoding: 'buffer', keyEncoding: 'utf8' }, { encoding: 'latin1', keyEncoding: 'hex' }
  ]
  for (const encoding of ENCODINGS) {
    scenario(`values and keys with ${JSON.stringify(encoding)}`, { contract: '8.6' }, async (t) => {
      const topic = await t.topic()
      await t.produce(topic, AWKWARD)
      const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest', ...encoding }, topic)
      group.on('message', (/** @type {any} */ { value, key }) => t.log('messages', value, key))
      await t.seen('messages', '', AWKWARD.length)
    })
  }

  scenario('encodings are read with every batch', { contract: '8.1 encoding' }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group') }, topic)
    group.on('message', (/** @type {any} */ { value, key }) => t.log('messages', value, key))
    await t.event(group, 'rebalanced')
    await t.produce(topic, [{ key: 'a', value: 'a' }])
    await t.seen('messages', '')
    group.options.encoding = 'hex'
    await t.produce(topic, [{ key: 'b', value: 'b' }])
    await t.seen('messages', '', 2)
    group.options.keyEncoding = 'buffer'
    await t.produce(topic, [{ key: 'c', value: 'c' }])
    await t.seen('messages', '', 3)
  })

  scenario('messages have a timestamp, which is a Date', { contract: '8.6' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'now' }, { value: 'then', timestamp: '1500000000000' },
      { value: 'zero', timestamp: '0' }, { value: 'one', timestamp: '1' }])
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    group.on('message', /** @this {any} */ function (/** @type {any} */ message) {
      t.log('messages', message)
      t.log('this', this === group)
    })
    await t.seen('messages', '', 4)
  })

  scenario('records with headers', {
    contract: '8.6', meant: { headers: { id: 'D10', original: ['undefined'], ours: ["{ h: 'x' }"] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'v', key: 'k', headers: { h: 'x' } }])
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    const [{ headers, ...message }] = await t.event(group, 'message')
    t.log('message', message)
    t.log('headers', headers)
  })

  scenario('compressed records of every codec that both know', { contract: '8.6' }, async (t) => {
    const topic = await t.topic()
    const { produceRaw } = require('../../support/kafka')
    await produceRaw(t.brokers, topic, [{ value: 'a', key: 'k' }, { value: 'b' }], { compression: 1 })
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    group.on('message', (/** @type {any} */ message) => t.log('messages', message))
    await t.seen('messages', '', 2)
  })

  scenario('a longer log arrives whole and in order', { contract: '8.6' }, async (t) => {
    const topic = await t.topic()
    for (let i = 0; i < 3000; i += 100) await t.produce(topic, values(i, i + 100))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest', fetchMaxBytes: 8192 }, topic)
    let next = 0
    let wrong = 0
    group.on('message', (/** @type {any} */ { offset, value }) => {
      if (offset !== next || value !== `m${next}`) wrong++
      next++
    })
    await t.until(() => next >= 3000, 'all messages')
    t.log('in order', next, wrong)
  })

  scenario('done comes when nothing arrives', { contract: '7.3 done' }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group') }, topic)
    await t.event(group, 'rebalanced')
    for (let i = 0; i < 2; i++) t.log('done', await t.event(group, 'done'))
  })

  // ---- onRebalance ----

  scenario('onRebalance is asked before joining', { contract: '8.3 onRebalance' }, async (t) => {
    const topic = await t.topic()
    const group = t.group({
      groupId: t.name('group'),
      onRebalance: (/** @type {any} */ isMember, /** @type {any} */ callback) => {
        t.log('events', 'onRebalance', isMember, typeof callback)
        setTimeout(callback, 100)
      }
    }, topic)
    t.watch('events', group, GROUP_EVENTS)
    await t.seen('events', 'rebalanced')
  })

  scenario('onRebalance in a member that has to share', { contract: '8.3 onRebalance', timeout: 120000 }, async (t) => {
    const topic = await t.topic(2)
    const groupId = t.name('group')
    const options = { groupId, sessionTimeout: 6000, heartbeatInterval: 500, retryMinTimeout: 200 }
    const first = t.group({
      ...options,
      onRebalance: (/** @type {any} */ isMember, /** @type {any} */ callback) => {
        t.log('first', 'onRebalance', isMember)
        callback()
      }
    }, topic)
    t.watch('first', first, GROUP_EVENTS)
    await t.seen('first', 'rebalanced')
    t.group({ ...options }, topic)
    await t.until(() => (first.topicPayloads || []).length === 1 && first.ready, 'one partition')
  })

  scenario('onRebalance that calls back with an error', { contract: '8.3 onRebalance' }, async (t) => {
    const topic = await t.topic()
    const group = t.group({
      groupId: t.name('group'),
      onRebalance: (/** @type {any} */ _isMember, /** @type {any} */ callback) => callback(new Error('not now'))
    }, topic)
    t.watch('events', group, GROUP_EVENTS)
    await t.seen('events', 'error')
    await new Promise((resolve) => setTimeout(resolve, 1000))
    t.log('state', group.ready, group.topicPayloads && group.topicPayloads.length)
  })

  scenario('onRebalance that returns a promise', {
    contract: '8.3 onRebalance (Q41)',
    meant: {
      events: {
        id: 'D22',
        original: ['rebalancing ()', 'never called'], ours: ['rebalancing ()', 'connect ()', 'rebalanced ()']
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group'), onRebalance: async () => {} }, topic)
    t.watch('events', group, GROUP_EVENTS)
    await t.within('events', t.event(group, 'rebalanced'), 5000)
  })

  // ---- commits ----

  scenario('the results of commit', { contract: '8.9 commit' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const options = { groupId, fromOffset: 'earliest', autoCommit: false, commitOffsetsOnFirstJoin: false }
    const group = t.group(options, topic)
    t.log('same function', group.commit === group.autoCommit)
    await t.until(() => position(group) === 3, 'the end')
    await t.call('first', (cb) => group.commit(cb))
    await t.call('within the interval', (cb) => group.commit(cb))
    await t.call('with false', (cb) => group.commit(false, cb))
    await t.call('forced', (cb) => group.commit(true, cb))
    t.log('committed', await t.committed(groupId, topic))
  })

  scenario('commit when nothing is new', { contract: '8.9 commit' }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group'), commitOffsetsOnFirstJoin: false, autoCommit: false }, topic)
    await t.event(group, 'rebalanced')
    await t.call('commit', (cb) => group.commit(cb))
    await t.call('forced', (cb) => group.commit(true, cb))
  })

  scenario('commit in the interval that the first join began', { contract: '8.9 commit' }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group'), autoCommit: false }, topic)
    await t.event(group, 'rebalanced')
    await t.call('commit', (cb) => group.commit(cb))
  })

  scenario('commit before joining', { contract: '8.9 commit' }, async (t) => {
    const group = t.group({ groupId: t.name('group'), autoConnect: false, connectOnReady: false }, 'some')
    await t.call('forced', (cb) => group.commit(true, cb))
    const commits = [{ topic: 'some', partition: 0, offset: 1, metadata: 'm' }]
    await t.call('sendOffsetCommitRequest', (cb) => group.sendOffsetCommitRequest(commits, cb))
  })

  scenario('commit without a callback', {
    contract: '2.3 (Q02)',
    meant: {
      commit: { id: 'D03', original: ["throws [TypeError 'cb is not a function']"], ours: ['returns undefined'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group') }, topic)
    await t.event(group, 'rebalanced')
    t.attempt('commit', () => group.commit())
  })

  scenario('commit in a handler commits what was before the batch', { contract: '8.9 (Q32)' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const groupId = t.name('group')
    const group = t.group({ groupId, fromOffset: 'earliest', autoCommit: false }, topic)
    const callback = t.callback('commit')
    group.on('message', (/** @type {any} */ { offset }) => offset === 2 && group.commit(true, callback))
    await callback.called
    t.log('committed', await t.committed(groupId, topic))
  })

  scenario('sendOffsetCommitRequest commits what it gets', { contract: '8.9 sendOffsetCommitRequest' }, async (t) => {
    const topic = await t.topic(2)
    const groupId = t.name('group')
    const group = t.group({ groupId, autoCommit: false }, topic)
    await t.event(group, 'rebalanced')
    await t.call('one', (cb) => group.sendOffsetCommitRequest([{ topic, partition: 0, offset: 5, metadata: 'm' }], cb))
    const other = [{ topic, partition: 1, offset: 7, metadata: 'mine' }]
    await t.call('other metadata', (cb) => group.sendOffsetCommitRequest(other, cb))
    t.log('committed', await t.committed(groupId, topic))
    await t.call('zero', (cb) => group.sendOffsetCommitRequest([{ topic, partition: 0, offset: 0, metadata: 'm' }], cb))
    t.log('committed', await t.committed(groupId, topic))
  })

  scenario('sendOffsetCommitRequest with nothing', {
    contract: '8.9 sendOffsetCommitRequest',
    isolated: true,
    meant: {
      process: { id: 'D24', original: ['blocks its event loop'], ours: ['ends by itself'] },
      commit: { id: 'D24', original: [], ours: ["(null, 'Nothing to be committed')"] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group'), autoCommit: false }, topic)
    await t.event(group, 'rebalanced')
    await t.call('commit', (cb) => group.sendOffsetCommitRequest([], cb))
  })

  scenario('sendOffsetCommitRequest without metadata', {
    contract: '8.9 (Q46)',
    meant: {
      commit: {
        id: 'D23',
        original: ["throws [TypeError 'Cannot read properties of undefined (reading \\'length\\')']"],
        ours: ["(null, { '<topic1>': { partition: 0, errorCode: 0 } })"]
      },
      committed: {
        id: 'D23', original: ["{ 0: { offset: 0, metadata: 'm' } }"], ours: ["{ 0: { offset: 5, metadata: 'm' } }"]
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const group = t.group({ groupId, autoCommit: false }, topic)
    await t.event(group, 'rebalanced')
    await t.call('commit', (cb) => group.sendOffsetCommitRequest([{ topic, partition: 0, offset: 5 }], cb))
    t.log('committed', await t.committed(groupId, topic))
  })

  scenario('automatic commits', { contract: '8.9' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    t.group({ groupId, fromOffset: 'earliest', autoCommitIntervalMs: 200 }, topic)
    /** @type {any} */
    let found = {}
    for (let i = 0; i < 60 && !(found[0] && found[0].offset === 3); i++) {
      found = await t.committed(groupId, topic)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    t.log('committed', found)
  })

  // ---- pause, resume, setOffset ----

  scenario('pause, write, resume', { contract: '8.9 pause' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    await t.seen('messages', '', 2)
    await t.event(group, 'done')
    group.pause()
    t.log('paused', group.paused)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await t.produce(topic, values(2, 4))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    t.line('messages', 'resumed')
    group.resume()
    t.log('paused', group.paused)
    await t.seen('messages', '', 5)
  })

  scenario('pause in a handler lets the batch finish', { contract: '8.9 pause' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    group.on('message', (/** @type {any} */ { value }) => {
      t.line('messages', value)
      if (value === 'm1') group.pause()
    })
    await t.seen('messages', 'm4')
    await new Promise((resolve) => setTimeout(resolve, 500))
    t.log('position', position(group), group.paused)
  })

  scenario('pause and resume at once in a handler', { contract: '8.9 pause' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    group.on('message', (/** @type {any} */ { value }) => {
      t.line('messages', value)
      group.pause()
      group.resume()
    })
    await t.seen('messages', 'm4')
    await t.produce(topic, values(5, 6))
    await t.seen('messages', 'm5')
  })

  scenario('the option paused is ignored', { contract: '8.1 paused (Q40)' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 1))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest', paused: true }, topic)
    group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    await t.seen('messages', 'm0')
    t.log('paused', group.paused)
  })

  scenario('setOffset when idle', {
    contract: '8.9 setOffset',
    meant: {
      messages: {
        id: 'D21',
        original: ['m0', 'm1', 'm2', 'setOffset'], ours: ['m0', 'm1', 'm2', 'setOffset', 'm1', 'm2']
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    await t.until(() => position(group) === 3, 'the end')
    await t.event(group, 'done')
    t.line('messages', 'setOffset')
    group.setOffset(topic, 0, 1)
    // kafka-node reads them again and emits none of them.
    await t.until(() => position(group) === 1 || t.count('messages', 'm') > 3, 'the move')
    await t.until(() => position(group) === 3, 'the end')
  })

  scenario('setOffset in a handler', {
    contract: '8.9 (Q45)',
    meant: {
      messages: { id: 'D15', original: ['m0', 'm1', 'm2', 'm3'], ours: ['m0', 'm1', 'm0', 'm1', 'm2', 'm3'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 4))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    let moved = false
    group.on('message', (/** @type {any} */ { value }) => {
      t.line('messages', value)
      if (value !== 'm1' || moved) return
      moved = true
      group.setOffset(topic, 0, 0)
    })
    await t.seen('messages', 'm3')
    await new Promise((resolve) => setTimeout(resolve, 1500))
  })

  // ---- close ----

  for (const autoCommit of [true, false]) {
    scenario(`close without force, autoCommit ${autoCommit}: nothing is committed`, {
      contract: '8.9 close (Q47)'
    }, async (t) => {
      const topic = await t.topic()
      await t.produce(topic, values(0, 3))
      const groupId = t.name('group')
      const group = t.group({ groupId, fromOffset: 'earliest', autoCommit }, topic)
      await t.until(() => position(group) === 3, 'the end')
      await t.call('closed', (cb) => group.close(cb))
      t.log('state', group.ready, group.closed)
      t.log('committed', await t.committed(groupId, topic))
    })

    scenario(`close with force, autoCommit ${autoCommit}`, { contract: '8.9 close' }, async (t) => {
      const topic = await t.topic()
      await t.produce(topic, values(0, 3))
      const groupId = t.name('group')
      const group = t.group({ groupId, fromOffset: 'earliest', autoCommit }, topic)
      await t.until(() => position(group) === 3, 'the end')
      await t.call('closed', (cb) => group.close(true, cb))
      t.log('state', group.ready, group.closed)
      t.log('committed', await t.committed(groupId, topic))
    })
  }

  scenario('close with force whose commit fails', {
    contract: '8.9 close',
    meant: { 'is closed': { id: 'D80', original: ['false'], ours: ['true'] } }
  }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group') }, topic)
    await t.event(group, 'rebalanced')
    group.commit = (force, cb) => cb(new Error('refused'))
    await t.call('closed', (cb) => group.close(true, cb))
    t.log('is closed', !!group.closed)
    group.client.close(() => {})
  })

  scenario('close twice, and before joining', { contract: '8.9 close' }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group') }, topic)
    await t.event(group, 'rebalanced')
    await t.call('closed', (cb) => group.close(cb))
    await t.call('again', (cb) => group.close(cb))
    const early = t.group({ groupId: t.name('group') }, topic)
    await t.call('at once', (cb) => early.close(cb))
    const never = t.group({ groupId: t.name('group'), autoConnect: false }, topic)
    await t.call('never connected', (cb) => never.close(true, cb))
  })

  scenario('close without a callback', {
    contract: '2.3 (Q02)',
    isolated: true,
    meant: { uncaught: { id: 'D03', original: ["[TypeError 'cb is not a function']"], ours: [] } }
  }, async (t) => {
    const topic = await t.topic()
    const group = new t.kafka.ConsumerGroup({ kafkaHost: t.brokers, groupId: t.name('group') }, topic)
    await t.event(group, 'rebalanced')
    t.attempt('close', () => group.close())
    await t.until(() => group.closed, 'closed', 5000)
    await new Promise((resolve) => setTimeout(resolve, 200))
  })

  scenario('close in a handler: nothing comes after the callback', { contract: '8.9 close' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    let closed = false
    let late = 0
    const callback = t.callback('closed')
    group.once('message', () => group.close((/** @type {any[]} */ ...args) => {
      closed = true
      callback(...args)
    }))
    group.on('message', () => { if (closed) late++ })
    await callback.called
    await t.produce(topic, values(5, 8))
    await new Promise((resolve) => setTimeout(resolve, 500))
    t.log('late messages', late)
  })

  scenario('connect() of a member rejoins', { contract: '8.9 connect' }, async (t) => {
    const topic = await t.topic()
    const group = t.watch('events', t.group({
      groupId: t.name('group'),
      onRebalance: (/** @type {any} */ isMember, /** @type {any} */ callback) => {
        t.log('events', 'onRebalance', isMember)
        callback()
      }
    }, topic), GROUP_EVENTS)
    await t.event(group, 'rebalanced')
    t.log('generation', group.generationId)
    group.connect()
    await t.event(group, 'rebalanced')
    t.log('generation', group.generationId)
  })

  scenario('getOffset', { contract: '8.9 getOffset' }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group') }, topic)
    await t.event(group, 'rebalanced')
    const offset = group.getOffset()
    t.log('offset', offset.constructor.name, offset === group.getOffset(), offset.client === group.client)
  })

  scenario('commits after close have nothing to commit', { contract: '8.7 commit' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    await t.event(group, 'message')
    await t.call('closed', (cb) => group.close(cb))
    await t.call('commit', (cb) => group.commit(true, cb))
    await t.call('request', (cb) =>
      group.sendOffsetCommitRequest([{ topic, partition: 0, offset: 1, metadata: 'm' }], cb))
    t.log('generation', group.generationId)
  })

  scenario('onRebalance of a member whose topics change', {
    contract: '8.6 onRebalance',
    meant: { asked: { id: 'D122', original: 'varies', ours: ['false', 'true'] } }
  }, async (t) => {
    const [topic, other] = [await t.topic(), await t.topic()]
    const group = t.group({
      groupId: t.name('group'),
      onRebalance: (/** @type {any} */ isMember, /** @type {any} */ callback) => {
        t.log('asked', isMember)
        callback()
      }
    }, topic)
    await t.event(group, 'rebalanced')
    await t.call('added', (cb) => group.addTopics([other], cb))
    await t.event(group, 'rebalanced')
  })

  scenario('connect after close does nothing', { contract: '8.9 connect' }, async (t) => {
    const topic = await t.topic()
    const group = t.watch('events', t.group({ groupId: t.name('group') }, topic), GROUP_EVENTS)
    await t.event(group, 'rebalanced')
    await t.call('closed', (cb) => group.close(cb))
    t.attempt('connect', () => group.connect())
    await new Promise((resolve) => setTimeout(resolve, 500))
  })

  scenario('connectOnReady false waits for connect()', { contract: '8.1 connectOnReady' }, async (t) => {
    const topic = await t.topic()
    const group = t.watch('events', t.group({ groupId: t.name('group'), connectOnReady: false }, topic), GROUP_EVENTS)
    await t.event(group.client, 'ready')
    await new Promise((resolve) => setTimeout(resolve, 500))
    t.line('events', 'connect()')
    group.connect()
    await t.seen('events', 'rebalanced')
  })

  scenario('a closed member leaves the group at once', { contract: '8.9 close' }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const group = t.group({ groupId, id: 'me', sessionTimeout: 25000 }, topic)
    await t.event(group, 'rebalanced')
    const { groupMembers } = require('../../support/kafka')
    const { state, protocol, members } = await groupMembers(t.brokers, groupId)
    t.log('group', state, protocol, members.map(({ clientId, assignment }) => ({ clientId, assignment })))
    t.log('member id', members[0].memberId === group.memberId)
    await t.call('closed', (cb) => group.close(cb))
    t.log('group', (await groupMembers(t.brokers, groupId)).state)
  })

  scenario('a broker that cannot be reached', { contract: '8.8' }, async (t) => {
    const group = t.group({ kafkaHost: '127.0.0.1:1', groupId: 'g', connectRetryOptions: { retries: 0 } }, 'some')
    t.watch('events', group, GROUP_EVENTS)
    await t.event(group, 'error')
  })

  // ---- topics and partitions that come and go ----

  const SWIFT = { sessionTimeout: 6000, heartbeatInterval: 500, retryMinTimeout: 200 }

  /** @param {import('../support/trace').Trace} t @param {any} group @returns {string[]} such as `<topic1>/0` */
  const owned = (t, group) => (group.topicPayloads || []).map((/** @type {any} */ { topic, partition }) =>
    `${t.names.get(topic)}/${partition}`).sort()

  scenario('addTopics and removeTopics', { contract: '8.9 addTopics', timeout: 120000 }, async (t) => {
    const [first, second] = [await t.topic(), await t.topic(2)]
    const missing = t.name('missing')
    const group = t.group({ groupId: t.name('group'), ...SWIFT }, [first])
    group.on('message', (/** @type {any} */ { topic, value }) => t.log('messages', topic, value))
    await t.event(group, 'rebalanced')
    await t.call('missing', (cb) => group.addTopics([missing], cb))
    t.log('topics', group.topics)
    await t.call('added', (cb) => group.addTopics([second], cb))
    await t.until(() => owned(t, group).length === 3 && group.ready, 'three partitions')
    t.log('owned', owned(t, group))
    t.log('topics', group.topics)
    await t.produce(second, values(0, 1))
    await t.seen('messages', '')
    await t.call('removed', (cb) => group.removeTopics(first, cb))
    await t.until(() => owned(t, group).length === 2 && group.ready, 'two partitions')
    t.log('owned', owned(t, group))
    t.log('topics', group.topics)
  })

  scenario('addTopics commits first, if it commits by itself', { contract: '8.9 addTopics', timeout: 120000 },
    async (t) => {
      const [first, second] = [await t.topic(), await t.topic()]
      await t.produce(first, values(0, 3))
      const groupId = t.name('group')
      const group = t.group({ groupId, fromOffset: 'earliest', ...SWIFT }, [first])
      await t.until(() => position(group) === 3, 'the end')
      await t.call('added', (cb) => group.addTopics(second, cb))
      await t.until(() => owned(t, group).length === 2 && group.ready, 'both topics')
      t.log('committed', await t.committed(groupId, first))
    })

  scenario('partitions that are added while it runs', { contract: '8.1 topicPartitionCheckInterval', timeout: 120000 },
    async (t) => {
      const topic = await t.topic()
      const options = { groupId: t.name('group'), topicPartitionCheckInterval: 1000, ...SWIFT }
      const group = t.group(options, topic)
      await t.event(group, 'rebalanced')
      const admin = require('../../support/kafka').kafkaJs(t.brokers).admin()
      await admin.connect()
      await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      await admin.disconnect()
      await t.until(() => owned(t, group).length === 3 && group.ready, 'three partitions')
      t.log('owned', owned(t, group))
    })

  scenario('a topic that is created while it runs', { contract: '8.3 missing topics', timeout: 120000 }, async (t) => {
    const [known, topic] = [await t.topic(), t.name('created')]
    const options = { groupId: t.name('group'), topicPartitionCheckInterval: 1000, fromOffset: 'earliest', ...SWIFT }
    const group = t.group(options, [known, topic])
    group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    await t.event(group, 'rebalanced')
    await t.until(() => owned(t, group).length === 2 && group.ready, 'both topics')
    t.log('owned', owned(t, group))
    await t.produce(topic, values(0, 1))
    await t.seen('messages', 'm0')
  })

  scenario('Q42: range and a topic that is missing', {
    contract: '8.3 (Q42)',
    isolated: true,
    meant: {
      uncaught: { id: 'D60', original: 'varies', ours: [] },
      owned: { id: 'D60', original: 'varies', ours: ["['<topic1>/0', '<created1>/0']"] },
      process: { id: 'D60', original: 'varies', ours: ['ends by itself'] },
      closed: { id: 'D60', original: 'varies', ours: ['(null)'] }
    }
  }, async (t) => {
    const [known, missing] = [await t.topic(), t.name('created')]
    const group = new t.kafka.ConsumerGroup({
      kafkaHost: t.brokers, groupId: t.name('group'), protocol: ['range'], topicPartitionCheckInterval: 500, ...SWIFT
    }, [known, missing])
    group.on('error', () => {})
    await new Promise((resolve) => setTimeout(resolve, 2000))
    if (t.side === 'ours') await t.until(() => owned(t, group).length === 2 && group.ready, 'both topics')
    t.log('owned', owned(t, group).reverse())
    group.close(t.callback('closed'))
    await new Promise((resolve) => setTimeout(resolve, 1000))
  })

  // ---- options ----

  scenario('Q39: id is the client id, whatever clientId says', { contract: '8.1 id (Q39)' }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const options = { groupId, id: 'me', clientId: 'other' }
    const group = t.group(options, topic)
    await t.event(group, 'rebalanced')
    t.log('client', group.client.clientId)
    const { members } = await require('../../support/kafka').groupMembers(t.brokers, groupId)
    t.log('at the broker', members.map((/** @type {any} */ { clientId }) => clientId))
  })

  scenario('migrateHLC is refused, migrateRolling is ignored', { contract: '8.1 migrateHLC' }, (t) => {
    const options = { kafkaHost: t.brokers, autoConnect: false, connectOnReady: false, groupId: 'g' }
    t.attempt('migrateHLC', () => new t.kafka.ConsumerGroup({ ...options, migrateHLC: true }, 't'))
    t.attempt('migrateRolling', () => t.closing(new t.kafka.ConsumerGroup({ ...options, migrateRolling: true }, 't')))
  })

  scenario('sessionTimeout is what the broker waits for', { contract: '8.1 sessionTimeout' }, async (t) => {
    const topic = await t.topic()
    for (const sessionTimeout of [6000, 5]) {
      const group = t.group({ groupId: t.name('group'), sessionTimeout }, topic)
      t.watch(`with ${sessionTimeout}`, group, ['rebalanced', 'error'])
      await t.seen(`with ${sessionTimeout}`, '')
    }
  })

  scenario('maxTickMessages divides a batch and loses no message', { contract: '8.1 maxTickMessages' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 25))
    const options = { groupId: t.name('group'), fromOffset: 'earliest', maxTickMessages: 3 }
    const group = t.group(options, topic)
    group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    await t.seen('messages', 'm24')
  })

  // ---- fields ----

  scenario('the fields that services read', { contract: '8.1 fields' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const groupId = t.name('group')
    const group = t.group({ groupId, fromOffset: 'earliest' }, topic)
    t.log('before', group.generationId, group.ready)
    await t.until(() => position(group) === 2, 'the end')
    const { members } = await require('../../support/kafka').groupMembers(t.brokers, groupId)
    t.log('memberId', members[0].memberId === group.memberId)
    t.log('generationId', group.generationId)
    t.log('topicPayloads', group.topicPayloads)
    t.log('payloadMap', group.payloadMap)
    t.log('others', group.topics, group.ready, group.paused, !!group.closed, group.coordinatorId)
    t.log('client', group.client instanceof t.kafka.KafkaClient, group.options.groupId === groupId)
    t.log('protocols', group.protocols.map((/** @type {any} */ { name, subscription }) => [name, subscription]))
  })

  // ---- commits and errors ----

  scenario('Q33: a commit that the broker refuses is a result, not an error', {
    contract: '7.5 (Q33)'
  }, async (t) => {
    const topic = await t.topic()
    const group = t.group({ groupId: t.name('group'), autoCommit: false }, topic)
    await t.event(group, 'rebalanced')
    const commits = [{ topic, partition: 0, offset: 1, metadata: 'x'.repeat(10000) }]
    await t.call('metadata too large', (cb) => group.sendOffsetCommitRequest(commits, cb))
  })

  scenario('Q44: pause outlasts a change of the brokers', {
    contract: '8.8 (Q44)',
    meant: {
      paused: { id: 'D61', original: ['false'], ours: ['true'] },
      messages: { id: 'D61', original: ['m0', 'm1'], ours: ['m0'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 1))
    const group = t.group({ groupId: t.name('group'), fromOffset: 'earliest' }, topic)
    group.on('message', (/** @type {any} */ { value }) => t.line('messages', value))
    await t.until(() => position(group) === 1, 'the end')
    group.pause()
    await new Promise((resolve) => setTimeout(resolve, 300))
    group.client.emit('brokersChanged')
    await new Promise((resolve) => setTimeout(resolve, 500))
    await t.produce(topic, values(1, 2))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    t.log('paused', group.paused)
  })

  scenario('connect while it is joining', { contract: '8.9 connect' }, async (t) => {
    const topic = await t.topic()
    const group = t.watch('events', t.group({ groupId: t.name('group') }, topic), GROUP_EVENTS)
    await t.event(group.client)
    t.attempt('connect', () => group.connect())
    await t.event(group, 'rebalanced')
  })

  scenario('metadata of a commit that is not ASCII', {
    contract: '8.9 sendOffsetCommitRequest',
    meant: {
      stored: {
        id: 'D126',
        original: ["{ 0: { offset: 5, metadata: 'gr\u00f6\ufffd' } }"],
        ours: ["{ 0: { offset: 5, metadata: 'gr\u00f6\u00dfe' } }"]
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const group = t.group({ groupId, fromOffset: 'earliest', autoCommit: false }, topic)
    await t.event(group, 'rebalanced')
    const committed = t.callback('committed')
    group.on('error', (/** @type {Error} */ error) => t.log('error', error))
    group.sendOffsetCommitRequest([{ topic, partition: 0, offset: 5, metadata: 'größe' }], committed)
    await t.within('committed', committed.called, 3000)
    t.log('stored', await t.committed(groupId, topic))
  })
})
