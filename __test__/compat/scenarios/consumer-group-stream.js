'use strict'

const { section } = require('../support/section')
const { showArguments } = require('../support/show')

const GROUP_EVENTS = ['rebalancing', 'connect', 'rebalanced', 'error']

/** @param {number} from @param {number} to */
const values = (from, to, partition = 0) =>
  Array.from({ length: to - from }, (_, i) => ({ value: `m${from + i}`, partition }))

const pause = (ms = 500) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * @param {import('../support/trace').Trace} t
 * @param {string | string[]} topics
 * @param {any} [options]
 * @returns {any} a ConsumerGroupStream from the start of its topics; closed at the end
 */
function groupStream (t, topics, options = {}) {
  const stream = new t.kafka.ConsumerGroupStream(
    { kafkaHost: t.brokers, groupId: t.name('group'), fromOffset: 'earliest', ...options }, topics)
  stream.on('error', (/** @type {Error} */ error) => {
    if (stream.listenerCount('error') === 1 && !stream.consumerGroup.client.closing) t.log('stray errors', error)
  })
  return t.closing(stream)
}

/** @param {any} message */
const withoutTime = ({ timestamp, ...message }) => ({ ...message, timestamp: timestamp instanceof Date })

/** @param {import('../support/trace').Trace} t @param {string} group @param {string} topic */
async function offsets (t, group, topic) {
  const found = await t.committed(group, topic)
  return Object.fromEntries(Object.entries(found).map(([partition, { offset, metadata }]) =>
    [partition, `${offset} ${metadata}`]))
}

module.exports = section('ConsumerGroupStream', (scenario) => {
  // ---- construction ----

  scenario('what the constructor refuses', { contract: '9' }, (t) => {
    for (const options of [undefined, null]) {
      try {
        new t.kafka.ConsumerGroupStream(options, 't')
      } catch (error) {
        t.log('no options', /** @type {Error} */ (error).name)
      }
    }
    const quiet = { kafkaHost: t.brokers, autoConnect: false }
    t.attempt('fromOffset', () => new t.kafka.ConsumerGroupStream({ ...quiet, fromOffset: 'now' }, 't'))
    t.attempt('groupId', () => new t.kafka.ConsumerGroupStream({ ...quiet, groupId: 'a b' }, 't'))
    t.attempt('topics', () => new t.kafka.ConsumerGroupStream({ ...quiet, groupId: 'g' }, []))
    try {
      t.kafka.ConsumerGroupStream({}, 't')
    } catch (error) {
      t.log('without new', /** @type {Error} */ (error).name)
    }
  })

  scenario('options are changed in place', { contract: '9' }, (t) => {
    const onRebalance = () => {}
    const options = { kafkaHost: t.brokers, autoConnect: false, groupId: 'g', onRebalance }
    const stream = t.closing(new t.kafka.ConsumerGroupStream(options, 't'))
    t.log('options', options.connectOnReady, options.autoCommit, typeof options.onRebalance,
      options.onRebalance === onRebalance)
    t.log('same object', stream.consumerGroup.options === options)
    t.log('fields', stream.autoCommit, stream.commitQueue, stream.consumerGroup instanceof t.kafka.ConsumerGroup,
      stream.messageBuffer.length, stream.consumerGroup.topics)
    t.log('stream', stream instanceof require('node:stream').Readable, stream.readableObjectMode,
      stream.readableHighWaterMark)
    for (const autoCommit of [false, true]) {
      const own = { kafkaHost: t.brokers, autoConnect: false, groupId: 'g', autoCommit, highWaterMark: 7 }
      const other = t.closing(new t.kafka.ConsumerGroupStream(own, 't'))
      t.log('own', other.autoCommit, own.autoCommit, other.readableHighWaterMark)
    }
  })

  scenario('its client', {
    contract: '9',
    meant: { client: { id: 'D44', original: ['false'], ours: ['true'] } }
  }, (t) => {
    const options = { kafkaHost: t.brokers, autoConnect: false, groupId: 'g' }
    const stream = t.closing(new t.kafka.ConsumerGroupStream(options, 't'))
    t.log('client', stream.client === stream.consumerGroup.client)
  })

  // ---- joining and reading ----

  scenario('it joins when it is first read from', { contract: '9' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const stream = groupStream(t, topic)
    t.watch('group', stream.consumerGroup, GROUP_EVENTS)
    await t.event(stream.consumerGroup.client)
    await pause()
    t.line('group', 'read')
    stream.on('data', (/** @type {any} */ message) => t.log('data', withoutTime(message)))
    await t.seen('data', '', 2)
  })

  scenario('Q48: read from before the client is ready, it joins once', {
    contract: '9',
    meant: {
      group: {
        id: 'D42',
        original: ['rebalancing ()', 'rebalancing ()', 'connect ()', 'rebalanced ()'],
        ours: ['rebalancing ()', 'connect ()', 'rebalanced ()']
      }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const stream = groupStream(t, topic)
    t.watch('group', stream.consumerGroup, GROUP_EVENTS)
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.seen('data', 'm1')
  })

  scenario('the events that the stream takes from the group: error and connect', { contract: '9' }, async (t) => {
    const topic = await t.topic()
    const stream = groupStream(t, topic)
    const events = [...GROUP_EVENTS, 'message', 'done', 'processingfetch', 'offsetOutOfRange', 'end', 'ready']
    t.watch('events', stream, events, { quiet: true })
    await t.event(stream.consumerGroup.client)
    stream.resume()
    await t.event(stream.consumerGroup, 'rebalanced')
    stream.consumerGroup.emit('error', new Error('of the group'))
    await t.produce(topic, values(0, 2))
    await t.event(stream.consumerGroup, 'done')
    await pause()
    t.log('destroyed', stream.destroyed)
  })

  scenario('what emit returns', {
    contract: '9',
    meant: { emit: { id: 'D44', original: ['undefined undefined'], ours: ['true false'] } }
  }, (t) => {
    const options = { kafkaHost: t.brokers, autoConnect: false, groupId: 'g' }
    const stream = t.closing(new t.kafka.ConsumerGroupStream(options, 't'))
    stream.on('some', () => {})
    t.log('emit', stream.emit('some'), stream.emit('other'))
  })

  scenario('it waits for a slow reader, and loses nothing', { contract: '9' }, async (t) => {
    const { Writable } = require('node:stream')
    const topic = await t.topic()
    await t.produce(topic, values(0, 500))
    const stream = groupStream(t, topic, { highWaterMark: 5 })
    await t.event(stream.consumerGroup.client)
    let count = 0
    let last = -1
    let inOrder = true
    stream.pipe(new Writable({
      objectMode: true,
      highWaterMark: 1,
      write ({ offset }, _encoding, done) {
        inOrder = inOrder && offset === last + 1
        last = offset
        count++
        setImmediate(done)
      }
    }))
    await t.until(() => count === 500, 'all of it')
    t.log('read', count, last, inOrder)
  })

  scenario('a reader that stops gets no more until it continues', { contract: '9' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const stream = groupStream(t, topic)
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.seen('data', 'm1')
    stream.pause()
    await t.produce(topic, values(2, 4))
    await pause(1000)
    t.line('data', 'resume')
    stream.resume()
    await t.seen('data', 'm3')
  })

  scenario('read() and readable', { contract: '9' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const stream = groupStream(t, topic, { groupId, autoCommitIntervalMs: 200 })
    stream.on('readable', () => {
      for (let message = stream.read(); message !== null; message = stream.read()) t.line('read', message.value)
    })
    await t.seen('read', 'm2')
    await pause(1500)
    t.log('committed', await offsets(t, groupId, topic))
  })

  scenario('a loop that is left closes it', { contract: '9 close' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const stream = t.watch('events', groupStream(t, topic), ['error', 'end', 'close'])
    for await (const { value } of stream) {
      t.line('message', value)
      if (value === 'm2') break
    }
    await t.seen('events', 'close')
    t.log('closed', stream.destroyed)
    await t.until(() => stream.consumerGroup.closed, 'the group to be closed')
  })

  scenario('a broker that cannot be reached', { contract: '9' }, async (t) => {
    const stream = groupStream(t, 'some', { kafkaHost: '127.0.0.1:1', connectRetryOptions: { retries: 0 } })
    t.watch('events', stream, ['error', 'connect', 'end', 'close'])
    await t.seen('events', 'error')
    t.log('destroyed', stream.destroyed)
  })

  // ---- commits ----

  scenario('automatic commits: the first at once, the others with the interval', {
    contract: '9 commit', timeout: 60000
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const stream = groupStream(t, topic, { groupId, autoCommitIntervalMs: 1500, commitOffsetsOnFirstJoin: false })
    await t.event(stream.consumerGroup.client)
    const { sendOffsetCommitRequest } = stream.consumerGroup
    let count = 0
    stream.consumerGroup.sendOffsetCommitRequest = (/** @type {any[]} */ commits, /** @type {any} */ cb) => {
      if (count++ === 0) t.log('first commit', commits.length, commits[0].topic, commits[0].metadata)
      sendOffsetCommitRequest.call(stream.consumerGroup, commits, cb)
    }
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.until(() => count === 1, 'the first commit')
    await t.seen('data', 'm2')
    for (let i = 0; i < 100 && (await offsets(t, groupId, topic))[0] !== '3 m'; i++) await pause(50)
    t.log('committed', await offsets(t, groupId, topic))
    t.log('few commits', count <= 2)
  })

  scenario('without autoCommit nothing is committed', { contract: '9 commit' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const options = { groupId, autoCommit: false, commitOffsetsOnFirstJoin: false, autoCommitIntervalMs: 50 }
    const stream = groupStream(t, topic, options)
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.seen('data', 'm2')
    await pause()
    await t.call('closed', (cb) => stream.close(cb))
    t.log('committed', await offsets(t, groupId, topic))
  })

  scenario('commit: the last call for a partition counts, and may go back', { contract: '9 commit' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const groupId = t.name('group')
    const options = { groupId, autoCommit: false, commitOffsetsOnFirstJoin: false, autoCommitIntervalMs: 60000 }
    const stream = groupStream(t, topic, options)
    /** @type {any[]} */
    const messages = []
    stream.on('data', (/** @type {any} */ message) => messages.push(message))
    await t.until(() => messages.length === 5, 'all messages')
    await t.call('forced', (cb) => stream.commit(messages[3], true, cb))
    t.log('committed', await offsets(t, groupId, topic))
    await t.call('starts an interval', (cb) => stream.commit(messages[4], false, cb))
    t.log('committed', await offsets(t, groupId, topic))
    await t.call('within it', (cb) => stream.commit(messages[0], false, cb))
    t.log('committed', await offsets(t, groupId, topic))
    await t.call('what is queued', (cb) => stream.commit(null, true, cb))
    t.log('committed', await offsets(t, groupId, topic))
    await t.call('nothing is queued', (cb) => stream.commit(null, true, cb))
    t.attempt('without callback', () => stream.commit(messages[4], true))
    for (let i = 0; i < 100 && (await offsets(t, groupId, topic))[0] !== '5 m'; i++) await pause(50)
    t.log('committed', await offsets(t, groupId, topic))
  })

  scenario('a commit that fails: to the callback, or an error event', { contract: '9 commit' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 1))
    const stream = t.watch('events', groupStream(t, topic, { autoCommit: false }), ['error'])
    /** @type {any} */
    let message
    stream.on('data', (/** @type {any} */ received) => { message = received })
    await t.until(() => message, 'a message')
    const { sendOffsetCommitRequest } = stream.consumerGroup
    stream.consumerGroup.sendOffsetCommitRequest = (/** @type {any} */ _commits, /** @type {any} */ cb) =>
      cb(new Error('refused'))
    await t.call('with a callback', (cb) => stream.commit(message, true, cb))
    t.log('events so far', t.count('events', ''))
    stream.commit(message, true)
    await t.seen('events', 'error')
    stream.consumerGroup.sendOffsetCommitRequest = sendOffsetCommitRequest
  })

  scenario('commits that the broker has refused are tried again', {
    contract: '9 commit',
    meant: {
      sent: { id: 'D48', original: ['1'], ours: ['1', '1'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 1))
    const stream = groupStream(t, topic, { autoCommit: false })
    /** @type {any} */
    let message
    stream.on('data', (/** @type {any} */ received) => { message = received })
    await t.until(() => message, 'a message')
    const { sendOffsetCommitRequest } = stream.consumerGroup
    stream.consumerGroup.sendOffsetCommitRequest = (/** @type {any[]} */ commits, /** @type {any} */ cb) => {
      t.log('sent', commits.length)
      cb(null, { [topic]: { partition: 0, errorCode: 27 } })
    }
    await t.call('refused', (cb) => stream.commit(message, true, cb))
    await t.call('again', (cb) => stream.commit(null, true, cb))
    stream.consumerGroup.sendOffsetCommitRequest = sendOffsetCommitRequest
  })

  scenario('commits for partitions that it does not own', {
    contract: '9 commit',
    meant: { committed: { id: 'D47', original: ["{ 0: '10 m' }"], ours: ['{}'] } }
  }, async (t) => {
    const [topic, other] = [await t.topic(), await t.topic()]
    const groupId = t.name('group')
    const stream = groupStream(t, topic, { groupId, autoCommit: false })
    stream.resume()
    await t.event(stream.consumerGroup, 'rebalanced')
    await t.call('commit', (cb) => stream.commit({ topic: other, partition: 0, offset: 9 }, true, cb))
    t.log('committed', await offsets(t, groupId, other))
  })

  scenario('an offset of -1 is not queued', { contract: '9 commit' }, async (t) => {
    const topic = await t.topic()
    const groupId = t.name('group')
    const stream = groupStream(t, topic, { groupId, autoCommit: false, commitOffsetsOnFirstJoin: false })
    stream.resume()
    await t.event(stream.consumerGroup, 'rebalanced')
    await t.call('commit', (cb) => stream.commit({ topic, partition: 0, offset: -1 }, true, cb))
    t.log('committed', await offsets(t, groupId, topic))
  })

  // ---- rebalances ----

  const MEMBER = { sessionTimeout: 6000, heartbeatInterval: 300, retryMinTimeout: 200, autoCommitIntervalMs: 60000 }

  scenario('onRebalance comes first, then what was handed out is committed', {
    contract: '9 onRebalance', timeout: 120000
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 1))
    const groupId = t.name('group')
    const order = (/** @type {string} */ line) => t.line('order', line)
    const stream = groupStream(t, topic, {
      ...MEMBER,
      groupId,
      commitOffsetsOnFirstJoin: false,
      onRebalance: (/** @type {boolean} */ isMember, /** @type {any} */ callback) => {
        order(`onRebalance ${isMember}`)
        setTimeout(callback, 100)
      }
    })
    await t.event(stream.consumerGroup.client)
    const { sendOffsetCommitRequest } = stream.consumerGroup
    let count = 0
    stream.consumerGroup.sendOffsetCommitRequest = (/** @type {any[]} */ commits, /** @type {any} */ cb) => {
      // The first one comes by itself.
      if (count++ > 0) order(`commits ${commits.map(({ offset }) => offset)}`)
      sendOffsetCommitRequest.call(stream.consumerGroup, commits, cb)
    }
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.until(() => count === 1, 'the first commit')
    await t.produce(topic, values(1, 3))
    await t.seen('data', 'm2')
    await pause()
    const connected = t.event(stream, 'connect')
    t.group({ groupId, ...MEMBER }, topic)
    await t.seen('order', 'commits 3')
    await connected
    t.log('committed', await offsets(t, groupId, topic))
  })

  scenario('onRebalance that gives an error, or throws', { contract: '9 onRebalance' }, async (t) => {
    const topic = await t.topic()
    for (const onRebalance of [
      (/** @type {boolean} */ _isMember, /** @type {any} */ callback) => callback(new Error('not now')),
      () => { throw new Error('thrown') }
    ]) {
      const stream = groupStream(t, topic, { onRebalance })
      await t.event(stream.consumerGroup.client)
      stream.resume()
      const [error] = await t.event(stream, 'error')
      t.log('error', error)
      t.log('state', stream.destroyed, stream.consumerGroup.ready)
    }
  })

  scenario('a commit that fails before a rebalance', {
    contract: '9 onRebalance',
    timeout: 120000,
    meant: { events: { id: 'D47', original: ["error ([Error 'refused'])"], ours: ['connect ()'] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 1))
    const groupId = t.name('group')
    const stream = groupStream(t, topic, { groupId, ...MEMBER })
    await t.event(stream.consumerGroup.client)
    // What was not committed may come again, to either member.
    stream.on('data', (/** @type {any} */ { value }) => t.count('data', value) || t.line('data', value))
    await t.seen('data', 'm0')
    await pause()
    // This one is left for later.
    await t.produce(topic, values(1, 2))
    await t.seen('data', 'm1')
    await pause()
    stream.consumerGroup.sendOffsetCommitRequest = (/** @type {any} */ _commits, /** @type {any} */ cb) =>
      cb(new Error('refused'))
    t.watch('events', stream, ['error', 'connect'])
    const other = t.group({ groupId, ...MEMBER }, topic)
    await t.seen('events', '')
    await t.call('other closed', (cb) => other.close(cb))
  })

  scenario('messages that were not handed out are dropped when the group rebalances', {
    contract: '9',
    timeout: 120000,
    meant: { 'handed out twice': { id: 'D47', original: 'varies', ours: ['0'] } }
  }, async (t) => {
    const topic = await t.topic(2)
    await t.produce(topic, [...values(0, 30), ...values(0, 30, 1)])
    const groupId = t.name('group')
    /** @type {string[]} */
    const seen = []
    const take = (/** @type {any} */ { partition, offset }) => seen.push(`${partition}-${offset}`)
    const first = groupStream(t, topic, { ...MEMBER, groupId, highWaterMark: 10 })
    first.on('data', (/** @type {any} */ message) => {
      take(message)
      if (seen.length === 5) first.pause()
    })
    await t.until(() => seen.length >= 5, 'the first messages')
    const second = groupStream(t, topic, { ...MEMBER, groupId, highWaterMark: 10 })
    second.on('data', take)
    const shares = () => [first, second].map(({ consumerGroup }) => (consumerGroup.topicPayloads || []).length)
    await t.until(() => shares().join() === '1,1', 'one partition each')
    first.resume()
    await t.until(() => new Set(seen).size === 60, 'all messages')
    await pause(1500)
    t.log('handed out twice', seen.length - new Set(seen).size)
  })

  // ---- closing ----

  scenario('close commits what was handed out, leaves, and emits close', { contract: '9 close' }, async (t) => {
    const { groupMembers } = require('../../support/kafka')
    const topic = await t.topic()
    await t.produce(topic, values(0, 1))
    const groupId = t.name('group')
    const stream = t.watch('events', groupStream(t, topic, { ...MEMBER, groupId }), ['error', 'end', 'close'])
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.seen('data', 'm0')
    await pause()
    await t.produce(topic, values(1, 3))
    await t.seen('data', 'm2')
    await pause()
    await t.call('closed', (cb) => stream.close(cb))
    await t.seen('events', 'close')
    t.log('committed', await offsets(t, groupId, topic))
    t.log('group', (await groupMembers(t.brokers, groupId)).state)
    t.log('state', stream.consumerGroup.closed)
  })

  scenario('close without a callback, and before it was read from', { contract: '9 close' }, async (t) => {
    const topic = await t.topic()
    const unread = t.watch('unread', groupStream(t, topic), ['error', 'end', 'close'])
    await t.event(unread.consumerGroup.client)
    await t.call('unread closed', (cb) => unread.close(cb))
    await t.seen('unread', 'close')
    const stream = t.watch('events', groupStream(t, topic), ['error', 'end', 'close'])
    stream.resume()
    await t.event(stream.consumerGroup, 'rebalanced')
    t.attempt('close', () => stream.close())
    await t.seen('events', 'close')
  })

  scenario('close whose commit fails', { contract: '9 close' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 1))
    const stream = groupStream(t, topic, { ...MEMBER })
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.seen('data', 'm0')
    await pause()
    await t.produce(topic, values(1, 2))
    await t.seen('data', 'm1')
    await pause()
    stream.consumerGroup.sendOffsetCommitRequest = (/** @type {any} */ _commits, /** @type {any} */ cb) =>
      cb(new Error('refused'))
    const [error] = await new Promise((resolve) =>
      stream.close((/** @type {any[]} */ ...args) => resolve(args)))
    t.log('closed', error)
  })

  scenario('close in a handler ends the data', {
    contract: '9 close',
    meant: { 'after the callback': { id: 'D49', original: 'varies', ours: ['0'] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 50))
    const stream = groupStream(t, topic, { highWaterMark: 2 })
    let closed = false
    let late = 0
    const callback = t.callback('closed')
    stream.on('data', () => { if (closed) late++ })
    stream.once('data', () => stream.close((/** @type {any[]} */ ...args) => {
      closed = true
      callback(...args)
    }))
    await callback.called
    await pause(1000)
    t.log('after the callback', late)
  })

  scenario('close ends the data', {
    contract: '9 close',
    meant: {
      'after close()': { id: 'D49', original: ['true'], ours: ['false'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 50))
    const stream = groupStream(t, topic, { highWaterMark: 2 })
    let late = 0
    stream.once('data', () => {
      stream.on('data', () => late++)
      stream.close()
    })
    await new Promise((resolve) => stream.once('close', resolve))
    await pause()
    t.log('after close()', late > 0)
  })

  scenario('Q49: destroy with an error emits it, and close once', {
    contract: '9 close',
    meant: {
      events: { id: 'D49', original: ['close ()'], ours: ["error ([Error 'enough'])", 'close ()'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const stream = groupStream(t, topic)
    for (const event of ['error', 'end', 'close']) {
      stream.on(event, (/** @type {any[]} */ ...args) => t.line('events', `${event} ${showArguments(args)}`))
    }
    stream.resume()
    await t.event(stream.consumerGroup, 'rebalanced')
    stream.destroy(new Error('enough'))
    await t.seen('events', 'close')
    await pause()
    t.log('closed', stream.destroyed, stream.consumerGroup.closed)
  })

  scenario('destroy without an error', { contract: '9 close' }, async (t) => {
    const topic = await t.topic()
    const stream = t.watch('events', groupStream(t, topic), ['error', 'end', 'close'])
    stream.resume()
    await t.event(stream.consumerGroup, 'rebalanced')
    stream.destroy()
    await t.seen('events', 'close')
    await pause()
    t.log('closed', stream.destroyed, stream.consumerGroup.closed)
  })

  scenario('after close the process ends', { contract: '15', isolated: true }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const options = { kafkaHost: t.brokers, groupId: t.name('group'), fromOffset: 'earliest' }
    const stream = new t.kafka.ConsumerGroupStream(options, topic)
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.seen('data', 'm1')
    await pause()
    await t.call('closed', (cb) => stream.close(cb))
  })
})
