'use strict'

const { section } = require('../support/section')

const EVENTS = ['message', 'data', 'error', 'offsetOutOfRange', 'end', 'close']

/** @param {number} from @param {number} to */
const values = (from, to) => Array.from({ length: to - from }, (_, i) => ({ value: `m${from + i}` }))

/** @param {import('../support/trace').Trace} t */
const pause = (t, ms = 500) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * @param {import('../support/trace').Trace} t
 * @param {any[]} topics
 * @param {any} [options]
 * @returns {any} a ConsumerStream on a client of its own
 */
function consumerStream (t, topics, options = {}) {
  const stream = new t.kafka.ConsumerStream(t.client(), topics, { groupId: t.name('group'), ...options })
  stream.on('error', (/** @type {Error} */ error) => {
    if (stream.listenerCount('error') === 1 && !stream.client.closing) t.log('stray errors', error)
  })
  return stream
}

/**
 * What a stream's group has committed, wherever that is.
 *
 * @param {import('../support/trace').Trace} t
 * @param {string} group
 * @param {string} topic
 */
async function committedOffsets (t, group, topic) {
  const found = await (t.side === 'original'
    ? t.zookeeperCommitted(group, topic, [0, 1])
    : t.committed(group, topic))
  return Object.fromEntries(Object.entries(found).map(([partition, { offset }]) => [partition, offset]))
}

/** @param {any} error @param {any} result of a commit, without the partition, of which there may be several */
const told = (error, result) => [error, typeof result === 'string' ? result : Object.keys(result).length]

module.exports = section('ConsumerStream and CommitStream', (scenario) => {
  // ---- construction ----

  scenario('what the constructor refuses', { contract: '7b' }, (t) => {
    const client = t.client({ autoConnect: false })
    for (const options of [undefined, null]) {
      try {
        new t.kafka.ConsumerStream(client, ['t'], options)
      } catch (error) {
        t.log('no options', /** @type {Error} */ (error).name)
      }
    }
    for (const topics of [[], '', null, undefined, {}]) {
      t.attempt('topics', () => new t.kafka.ConsumerStream(client, topics, {}))
    }
    for (const groupId of ['a b', '', 'ü']) {
      const stream = t.attempt('groupId', () => new t.kafka.ConsumerStream(client, ['t'], { groupId }))
      t.log('options.groupId', stream.options.groupId)
    }
  })

  scenario('options and topics are completed in place', { contract: '7b' }, (t) => {
    const options = { groupId: 'g' }
    const topics = [{ topic: 'a', partition: 1, offset: 5 }, { topic: 'b' }, 'c']
    const stream = new t.kafka.ConsumerStream(t.client({ autoConnect: false }), topics, options)
    t.log('options', options)
    t.log('same object', stream.options === options)
    t.log('payloads', stream.payloads)
    t.log('topics', topics)
    t.log('fields', stream.ready, stream.encoding, stream.highWaterMark, stream.fetchCount,
      stream.client instanceof t.kafka.KafkaClient)
    t.log('stream', stream instanceof require('node:stream').Readable, stream.readableObjectMode,
      stream.readableHighWaterMark)
    const own = new t.kafka.ConsumerStream(t.client({ autoConnect: false }), ['t'], { highWaterMark: 7 })
    t.log('highWaterMark', own.readableHighWaterMark)
  })

  // ---- messages ----

  scenario('message, then data, for each record', { contract: '7b' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'a', key: 'k' }, { value: null }, { value: '' }, { value: 'd', key: '' }])
    const stream = consumerStream(t, [{ topic }], { fromOffset: true })
    const withoutTime = ({ timestamp: _timestamp, ...message }) => message
    for (const event of ['message', 'data']) {
      stream.on(event, (/** @type {any} */ message) => t.log('events', event, withoutTime(message)))
    }
    await t.seen('events', "'data'", 4)
    await pause(t)
  })

  scenario('Q35: keys stay Buffers, values are decoded', { contract: '7b' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [{ value: 'ä', key: 'k' }])
    const stream = consumerStream(t, [topic], { fromOffset: true, keyEncoding: 'utf8' })
    stream.on('data', (/** @type {any} */ { key, value }) => t.log('message', key, value))
    await t.seen('message', '')
  })

  for (const encoding of ['utf8', 'hex', 'buffer']) {
    scenario(`Q34: the option encoding ${encoding}`, {
      contract: '7b',
      isolated: true,
      meant: {
        ...(encoding === 'buffer'
          ? { made: { id: 'D43', original: [/^throws \[TypeError 'Unknown encoding: buffer'/], ours: [] } }
          : {
            uncaught: { id: 'D43', original: [/ERR_INVALID_ARG_TYPE/], ours: [] },
            process: { id: 'D43', original: ['goes on'], ours: ['ends by itself'] }
          }),
        message: {
          id: 'D43', original: [], ours: [{ utf8: "'ä'", hex: "'c3a4'", buffer: '<Buffer c3a4>' }[encoding] || '']
        }
      }
    }, async (t) => {
      const topic = await t.topic()
      await t.produce(topic, [{ value: 'ä' }])
      /** @type {any} */
      let stream
      const options = { fromOffset: true, groupId: t.name('group'), encoding }
      if (t.guard('made', () => { stream = new t.kafka.ConsumerStream(t.client(), [topic], options) })) return
      stream.on('error', () => {})
      stream.on('data', (/** @type {any} */ { value }) => t.log('message', value))
      for (let i = 0; i < 30 && !t.tracks.has('message'); i++) await pause(t, 100)
    })
  }

  scenario('readable when it starts, and no done', { contract: '7b' }, async (t) => {
    const topic = await t.topic()
    const stream = t.watch('events', consumerStream(t, [topic]), ['readable', 'done', 'error', 'end', 'ready'])
    await t.seen('events', 'readable')
    await pause(t)
    t.log('ready', stream.ready)
  })

  scenario('what emit returns', {
    contract: '7b',
    meant: { emit: { id: 'D44', original: ['undefined undefined'], ours: ['true false'] } }
  }, (t) => {
    const stream = new t.kafka.ConsumerStream(t.client({ autoConnect: false }), ['t'], {})
    stream.on('some', () => {})
    t.log('emit', stream.emit('some'), stream.emit('other'))
  })

  scenario('it waits for a slow reader, and loses nothing', { contract: '7b' }, async (t) => {
    const { Writable } = require('node:stream')
    const topic = await t.topic()
    await t.produce(topic, values(0, 500))
    const stream = consumerStream(t, [topic], { fromOffset: true, highWaterMark: 5 })
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
    t.log('bounded', stream.readableLength <= 5)
  })

  scenario('pause and resume are those of a Readable', { contract: '7b' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const stream = consumerStream(t, [topic], { fromOffset: true })
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.seen('data', 'm1')
    t.log('same object', stream.pause() === stream, stream.isPaused())
    await t.produce(topic, values(2, 4))
    await pause(t)
    t.line('data', 'resume')
    t.log('same object', stream.resume() === stream, stream.isPaused())
    await t.seen('data', 'm3')
  })

  scenario('asynchronous iteration', { contract: '7b' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const stream = consumerStream(t, [topic], { fromOffset: true })
    for await (const { value, offset } of stream) {
      t.log('message', offset, value)
      if (offset === 2) break
    }
    t.log('destroyed', stream.destroyed)
  })

  scenario('Q36: an idle stream waits on the broker', {
    contract: '7b',
    isolated: true,
    meant: { 'busy while idle': { id: 'D45', original: 'varies', ours: ['false'] } }
  }, async (t) => {
    const topic = await t.topic()
    const stream = consumerStream(t, [topic])
    stream.on('data', () => {})
    await t.event(stream, 'readable')
    await pause(t)
    const before = process.cpuUsage()
    await pause(t, 2000)
    const { user, system } = process.cpuUsage(before)
    // kafka-node spends most of its time on fetches that return nothing; in microseconds
    t.log('busy while idle', user + system > 500000)
  })

  // ---- starting ----

  scenario('it starts at 0, at the offset with fromOffset, or where the group committed', {
    contract: '7b'
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 5))
    const first = async (/** @type {string} */ track, /** @type {any} */ options) => {
      const stream = consumerStream(t, [{ topic, offset: 3 }], options)
      stream.once('data', (/** @type {any} */ { value }) => t.line(track, value))
      await t.seen(track, '')
      await new Promise((resolve) => stream.close(resolve))
    }
    await first('no commit', {})
    await first('fromOffset', { fromOffset: true })
    const groupId = t.name('group')
    const stream = consumerStream(t, [topic], { groupId })
    const commits = stream.createCommitStream({ autoCommit: false })
    stream.pipe(commits)
    await t.until(() => commits.topicPartionOffsets[0].offset === 5, 'the end')
    commits.topicPartionOffsets[0].offset = 4
    await t.call('committed', (cb) => commits.commit((/** @type {any} */ error) => cb(error)))
    await first('committed', { groupId })
  })

  scenario('topics that do not exist', { contract: '7b' }, async (t) => {
    const [topic, missing] = [await t.topic(), t.name('missing')]
    const stream = t.watch('events', consumerStream(t, [topic, missing]), EVENTS)
    stream.resume()
    await t.seen('events', 'error')
    await pause(t)
  })

  scenario('an offset that is out of range', { contract: '7b' }, async (t) => {
    const topic = await t.topic()
    const stream = consumerStream(t, [{ topic, offset: 100 }], { fromOffset: true })
    t.watch('events', stream, ['offsetOutOfRange', 'error', 'end'], { quiet: true })
    stream.resume()
    await t.seen('events', 'offsetOutOfRange')
  })

  scenario('a broker that cannot be reached', { contract: '7b' }, async (t) => {
    const client = t.client({ kafkaHost: '127.0.0.1:1', connectRetryOptions: { retries: 0 } })
    const stream = t.watch('events', new t.kafka.ConsumerStream(client, ['t'], {}), ['error', 'end', 'close'])
    await t.seen('events', 'error')
    t.log('destroyed', stream.destroyed)
  })

  // ---- closing ----

  scenario('close closes the client; the stream does not end', {
    contract: '7b close'
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const stream = t.watch('events', consumerStream(t, [topic], { fromOffset: true }), ['end', 'close', 'error'])
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.seen('data', 'm1')
    const { close } = stream
    await t.call('closed, unbound', (cb) => close(cb))
    t.log('state', stream.ready, stream.client.closing, stream.destroyed, stream.readableEnded)
    await t.call('again', (cb) => close(cb))
    await t.call('with false', (cb) => close(false, cb))
    t.attempt('without callback', () => close())
    await pause(t)
  })

  scenario('Q37: close with force', {
    contract: '7b close',
    meant: {
      closed: { id: 'D46', original: [/^throws \[TypeError 'self.commit is not a function'/], ours: ['(null)'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    const stream = consumerStream(t, [topic])
    await t.event(stream, 'readable')
    await t.call('closed', (cb) => stream.close(true, cb))
  })

  scenario('destroy', { contract: '7b close' }, async (t) => {
    const topic = await t.topic()
    const stream = t.watch('events', consumerStream(t, [topic]), ['end', 'close', 'error'])
    await t.event(stream, 'readable')
    stream.destroy(new Error('enough'))
    await t.seen('events', 'close')
    t.log('state', stream.destroyed, !!stream.client.closing)
  })

  // ---- CommitStream ----

  scenario('it commits nothing by itself', { contract: '7b' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const options = { groupId, autoCommit: true, autoCommitIntervalMs: 50, autoCommitMsgCount: 1 }
    const stream = consumerStream(t, [topic], options)
    stream.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    await t.seen('data', 'm2')
    await pause(t)
    t.log('committed', await committedOffsets(t, groupId, topic))
  })

  scenario('createCommitStream: its options come from the stream', { contract: '7b createCommitStream' }, (t) => {
    const client = t.client({ autoConnect: false })
    const stream = new t.kafka.ConsumerStream(client, [{ topic: 'a', offset: 5 }], {
      groupId: 'g', autoCommitIntervalMs: 0, autoCommitMsgCount: 7, highWaterMark: 9
    })
    const own = { autoCommit: false }
    for (const commits of [stream.createCommitStream(), stream.createCommitStream(own)]) {
      t.log('fields', commits.autoCommit, commits.autoCommitIntervalMs, commits.autoCommitMsgCount, commits.groupId,
        commits.committing, commits.messageCount, commits.client === client)
      t.log('passthrough', commits.options.passthrough)
      t.log('positions', commits.topicPartionOffsets)
      t.log('stream', commits instanceof require('node:stream').Transform, commits.writableHighWaterMark)
    }
    t.log('completed', Object.keys(own).sort())
    t.log('class', stream.createCommitStream().constructor === t.require('lib/commitStream'))
  })

  scenario('commits after every so many messages', { contract: '7b CommitStream' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 7))
    const groupId = t.name('group')
    const stream = consumerStream(t, [topic], { groupId, fromOffset: true })
    const commits = stream.createCommitStream({ autoCommitMsgCount: 3, autoCommitIntervalMs: 0 })
    commits.on('commitComplete', (/** @type {any} */ { group, commits: [{ topic: name, offset, metadata }] }) =>
      t.log('commitComplete', group, name, offset, metadata))
    stream.pipe(commits)
    await t.seen('commitComplete', '', 2)
    await t.until(() => commits.messageCount === 1, 'the last one')
    t.log('committed', await committedOffsets(t, groupId, topic))
  })

  scenario('the event commitComplete', {
    contract: '7b CommitStream'
  }, async (t) => {
    const topic = await t.topic(2)
    await t.produce(topic, values(0, 2))
    const stream = consumerStream(t, [topic, { topic, partition: 1 }], { fromOffset: true })
    const commits = stream.createCommitStream({ autoCommit: false })
    commits.on('commitComplete', (/** @type {any} */ event) => t.log('commitComplete', event))
    stream.pipe(commits)
    await t.until(() => commits.topicPartionOffsets[0].offset === 2, 'the end')
    await t.call('commit', (cb) => commits.commit(cb))
  })

  scenario('commits every so often, even if nothing has changed, until clearInterval', {
    contract: '7b CommitStream'
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const stream = consumerStream(t, [topic], { fromOffset: true })
    const commits = stream.createCommitStream({ autoCommitIntervalMs: 150 })
    let count = 0
    commits.on('commitComplete', ({ commits: [{ offset }] }) => { if (offset === 2) count++ })
    stream.pipe(commits)
    await t.until(() => count >= 3, 'three commits')
    t.attempt('clearInterval', () => commits.clearInterval())
    await t.until(() => !commits.committing, 'the last one')
    const before = count
    await pause(t)
    t.log('more of them', count - before)
  })

  scenario('the results of commit', { contract: '7b CommitStream' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const groupId = t.name('group')
    const stream = consumerStream(t, [topic], { groupId, fromOffset: true })
    const commits = stream.createCommitStream({ autoCommit: false })
    await t.call('nothing yet', (cb) => commits.commit(cb))
    stream.pipe(commits)
    await t.until(() => commits.topicPartionOffsets[0].offset === 3, 'the end')
    const first = t.call('first', (cb) => commits.commit(cb))
    await t.call('at once again', (cb) => commits.commit(cb))
    await first
    await t.call('later', (cb) => commits.commit(cb))
    t.attempt('without callback', () => commits.commit())
    await t.until(() => !commits.committing, 'the last one')
    t.log('committed', await committedOffsets(t, groupId, topic))
  })

  scenario('Q25: where a commit stream commits to', {
    contract: '7b CommitStream',
    notOnModern: 'it needs ZooKeeper',
    meant: {
      'in Kafka': { id: 'D12', original: ['{}'], ours: ["{ 0: { offset: 2, metadata: 'm' } }"] },
      'in ZooKeeper': { id: 'D12', original: ["{ 0: { offset: 2, metadata: '' } }"], ours: ['{}'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 2))
    const groupId = t.name('group')
    const stream = consumerStream(t, [topic], { groupId, fromOffset: true })
    const commits = stream.createCommitStream({ autoCommit: false })
    stream.pipe(commits)
    await t.until(() => commits.topicPartionOffsets[0].offset === 2, 'the end')
    await t.call('commit', (cb) => commits.commit((/** @type {any} */ ...args) => cb(...told(args[0], args[1]))))
    t.log('in Kafka', await t.committed(groupId, topic))
    t.log('in ZooKeeper', await t.zookeeperCommitted(groupId, topic, [0]))
  })

  scenario('messages are passed on once it has a reader', { contract: '7b CommitStream' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 3))
    const stream = consumerStream(t, [topic], { fromOffset: true })
    const commits = stream.createCommitStream({ autoCommit: false })
    t.log('passthrough', commits.options.passthrough)
    commits.on('data', (/** @type {any} */ { value }) => t.line('data', value))
    t.log('passthrough', commits.options.passthrough)
    stream.pipe(commits)
    await t.seen('data', 'm2')
  })

  scenario('without a reader it takes any number of messages', { contract: '7b CommitStream' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, values(0, 300))
    const stream = consumerStream(t, [topic], { fromOffset: true })
    const commits = stream.createCommitStream({ autoCommit: false, highWaterMark: 2 })
    stream.pipe(commits)
    await t.until(() => commits.topicPartionOffsets[0].offset === 300, 'the end')
    t.log('offset', commits.topicPartionOffsets[0].offset)
  })

  scenario('what pipe and on of a commit stream return', {
    contract: '7b CommitStream',
    meant: { returned: { id: 'D44', original: ['true true'], ours: ['false false'] } }
  }, (t) => {
    const { PassThrough } = require('node:stream')
    const commits = new t.kafka.ConsumerStream(t.client({ autoConnect: false }), ['t'], {}).createCommitStream({
      autoCommit: false
    })
    const on = commits.on('data', () => {})
    t.log('returned', on === undefined, commits.pipe(new PassThrough({ objectMode: true })) === undefined)
  })

  scenario('a commit stream that is not cleared keeps the process alive', {
    contract: '7b CommitStream', isolated: true
  }, async (t) => {
    const topic = await t.topic()
    const client = new t.kafka.KafkaClient({ kafkaHost: t.brokers })
    const stream = new t.kafka.ConsumerStream(client, [topic], { groupId: t.name('group') })
    stream.createCommitStream()
    await t.event(stream, 'readable')
    await t.call('closed', (cb) => stream.close(cb))
  })

  scenario('a commit stream that is cleared does not', { contract: '7b CommitStream', isolated: true }, async (t) => {
    const topic = await t.topic()
    const client = new t.kafka.KafkaClient({ kafkaHost: t.brokers })
    const stream = new t.kafka.ConsumerStream(client, [topic], { groupId: t.name('group') })
    const commits = stream.createCommitStream()
    await t.event(stream, 'readable')
    commits.clearInterval()
    await t.call('closed', (cb) => stream.close(cb))
  })
})
