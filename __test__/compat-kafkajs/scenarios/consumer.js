'use strict'

const { section } = require('../support/section')

/** @param {string[]} values @returns {any[]} records of partition 0 */
const records = (...values) => values.map((value) => ({ value, partition: 0 }))

/** @param {any} message @returns {any} what every record has; ours has no `batchContext` */
const plain = ({ batchContext, ...message }) => message

/**
 * A handler that records offsets on a track, and fails at one of them as often as is told.
 *
 * @param {import('../support/trace').Trace} t
 * @param {{ at: string, times: number, fail: () => any }} [failing]
 */
function handler (t, failing) {
  let left = failing ? failing.times : 0
  return async ({ message }) => {
    t.line('handled', message.offset)
    if (!failing || message.offset !== failing.at || left === 0) return
    left--
    await failing.fail()
  }
}

const CRASHES = {
  'a plain error': () => { throw new Error('plain') },
  'an error that is not to be retried': () => {
    throw Object.assign(new Error('own'), { name: 'Own', retriable: false })
  },
  'a bug': () => { throw new TypeError('a bug') },
  'a RangeError': () => { throw new RangeError('a bug') },
  'an error of the broker': (kafkajs) => {
    const answer = { message: 'm', type: 'TOPIC_AUTHORIZATION_FAILED', code: 29, retriable: false }
    throw new kafkajs.KafkaJSProtocolError(answer)
  },
  'an error that gives up': (kafkajs) => { throw new kafkajs.KafkaJSNonRetriableError('gives up') }
}

module.exports = section('Consumer', (scenario) => {
  scenario('what the factory refuses', { contract: '4.1' }, (t) => {
    const kafka = t.client()
    for (const options of [undefined, {}, { groupId: '' },
      { groupId: 'g', sessionTimeout: 3000, heartbeatInterval: 3000 },
      { groupId: 'g', sessionTimeout: 1000 }, { groupId: 'g', heartbeatInterval: 40000 }]) {
      t.attempt('made', () => void kafka.consumer(/** @type {any} */ (options)))
    }
  })

  scenario('what subscribe refuses', { contract: '4.2' }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer({ allowAutoTopicCreation: false })
    await consumer.connect()
    for (const argument of [{}, { topics: {} }, { topics: 'text' }, { topic: 5 }, { topics: [null] }]) {
      await t.outcome('refused', () => consumer.subscribe(/** @type {any} */ (argument)))
    }
    await t.outcome('missing', () => consumer.subscribe({ topic: t.name('missing') }))
    for (const argument of [{ topic }, { topics: [topic], fromBeginning: true }, { topics: [/^no-such-topic$/] },
      { topic: 'not this one', topics: [topic] }, { topics: [] }]) {
      await t.outcome('accepted', () => consumer.subscribe(argument))
    }
    await consumer.run({ eachMessage: async () => {} })
    await t.outcome('running', () => consumer.subscribe({ topic }))
    await consumer.stop()
    await t.outcome('stopped', () => consumer.subscribe({ topic }))
  })

  scenario('before it runs', { contract: '4.5, 4.7' }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer()
    const check = async () => {
      t.attempt('seek', () => consumer.seek({ topic, partition: 0, offset: '0' }))
      t.attempt('pause', () => consumer.pause([{ topic }]))
      t.attempt('resume', () => consumer.resume([{ topic }]))
      t.attempt('paused', () => consumer.paused())
      await t.outcome('commit', () => consumer.commitOffsets([{ topic, partition: 0, offset: '0' }]))
      await t.outcome('stop', () => consumer.stop())
    }
    await check()
    await t.start(consumer, topic, { eachMessage: async () => {} })
    await consumer.stop()
    await check()
    await consumer.disconnect()
    await check()
  })

  scenario('records as eachMessage gets them', { contract: '4.4' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, [
      { value: 'a', timestamp: '1700000000000' },
      { value: Buffer.from('b'), key: 'key', timestamp: '1700000000001', headers: { h: 'x', list: ['1', '2'] } },
      { value: null, key: Buffer.alloc(0), timestamp: '1700000000002', headers: { empty: '' } }
    ])
    await t.start(t.consumer(), topic, {
      eachMessage: async ({ topic: name, partition, message, ...functions }) => {
        t.log('functions', Object.keys(functions), Object.getPrototypeOf(message) === Object.prototype)
        t.log('heartbeat', await functions.heartbeat())
        t.log('records', name, partition, plain(message))
      }
    })
    await t.seen('records', '', 3)
  })

  scenario('batches', { contract: '4.4' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, records('a', 'b', 'c', 'd'))
    let done = false
    await t.start(t.consumer(), topic, {
      eachBatchAutoResolve: true,
      eachBatch: async (payload) => {
        const { batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, isRunning, isStale } = payload
        for (const message of batch.messages) t.log('records', plain(message).offset, String(message.value))
        if (batch.lastOffset() !== '3' || done) return
        done = true
        t.log('payload', Object.keys(payload))
        t.log('batch', batch.topic, batch.partition, batch.highWatermark, batch.isEmpty(), batch.lastOffset(),
          batch.offsetLag())
        const hidden = /** @type {any} not in the typings */ (batch)
        t.log('hidden', hidden.isEmptyIncludingFiltered(), hidden.isEmptyDueToFiltering(),
          hidden.isEmptyControlRecord(), hidden.isEmptyDueToLogCompactedMessages())
        t.log('state', isRunning(), isStale(), await heartbeat())
        t.log('resolved', resolveOffset(batch.lastOffset()), await commitOffsetsIfNecessary())
        t.line('end', 'seen')
      }
    })
    await t.seen('end', 'seen')
  })

  scenario('offsets that are not committed yet', {
    contract: '4.4 (Q57)',
    meant: { partitions: { id: 'Q57', original: ["'string'"], ours: ["'number'"] } }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, records('a', 'b', 'c'))
    let done = false
    await t.start(t.consumer(), topic, {
      eachBatchAutoResolve: false,
      autoCommit: false,
      eachBatch: async ({ batch, resolveOffset, uncommittedOffsets }) => {
        if (done) return
        done = true
        resolveOffset(batch.firstOffset())
        const { topics: [{ topic: name, partitions: [{ partition, offset }] }] } = uncommittedOffsets()
        t.log('offsets', name, Number(partition), offset)
        t.log('partitions', typeof partition)
      }
    })
    await t.seen('offsets', '')
  })

  scenario('order within partitions, with several handlers', { contract: '4.4' }, async (t) => {
    const topic = await t.topic(4)
    await t.produce(topic, Array.from({ length: 80 }, (_, i) => ({ value: String(i), partition: i % 4 })))
    let running = 0
    let most = 0
    const busy = new Set()
    await t.start(t.consumer(), topic, {
      partitionsConsumedConcurrently: 2,
      eachMessage: async ({ partition, message }) => {
        if (busy.has(partition)) t.line('overlaps', 'yes')
        busy.add(partition)
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        busy.delete(partition)
        t.line(`partition ${partition}`, message.offset)
        t.line('all', 'one')
      }
    })
    await t.seen('all', 'one', 80)
    t.log('at most two', most <= 2)
  })

  scenario('what is committed after batches, and at the end', { contract: '4.5' }, async (t) => {
    const [topic, group] = [await t.topic(), t.name('group')]
    await t.produce(topic, records('a', 'b', 'c', 'd', 'e'))
    const consumer = t.consumer({ groupId: group })
    await t.start(consumer, topic, { eachMessage: handler(t) })
    await t.untilCommitted(group, topic, 5)
    await consumer.disconnect()
    t.log('committed', await t.committed(group, topic))
    const next = t.consumer({ groupId: group })
    await t.start(next, topic, { eachMessage: handler(t) })
    await t.produce(topic, records('f'))
    await t.seen('handled', '5')
  })

  scenario('a threshold', {
    contract: '4.5'
  }, async (t) => {
    const [topic, group] = [await t.topic(), t.name('group')]
    await t.produce(topic, records('a', 'b', 'c', 'd'))
    const consumer = t.consumer({ groupId: group })
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
      t.line('commits', String(payload.topics[0].partitions[0].offset))
    })
    await t.start(consumer, topic, { autoCommitThreshold: 1, eachMessage: handler(t) })
    await t.seen('commits', '4')
  })

  scenario('without automatic commits', { contract: '4.5' }, async (t) => {
    const [topic, group] = [await t.topic(), t.name('group')]
    await t.produce(topic, records('a', 'b', 'c'))
    const consumer = t.consumer({ groupId: group })
    await t.start(consumer, topic, { autoCommit: false, eachMessage: handler(t) })
    await t.seen('handled', '2')
    t.log('committed', await t.committed(group, topic))
    await t.outcome('commit', () => consumer.commitOffsets([{ topic, partition: 0, offset: '2', metadata: 'note' }]))
    t.log('committed', await t.committed(group, topic))
    for (const offset of /** @type {any[]} */ ([1, 1n, '1'])) {
      await t.outcome('commit', () => consumer.commitOffsets([{ topic, partition: 0, offset }]))
    }
    await consumer.stop()
    t.log('committed', await t.committed(group, topic))
  })

  scenario('batches that resolve by themselves, or not', { contract: '4.4, 4.5' }, async (t) => {
    for (const eachBatchAutoResolve of [true, false]) {
      const [topic, group] = [await t.topic(), t.name('group')]
      await t.produce(topic, records('a', 'b', 'c'))
      const consumer = t.consumer({ groupId: group })
      let first = true
      await t.start(consumer, topic, {
        eachBatchAutoResolve,
        eachBatch: async ({ batch, resolveOffset }) => {
          if (!first) return
          first = false
          resolveOffset(batch.firstOffset())
        }
      })
      await t.eventually(async () => (await t.committed(group, topic))[0] !== undefined, 'a commit')
      await consumer.stop()
      t.log('committed', eachBatchAutoResolve, await t.committed(group, topic))
    }
  })

  scenario('commits that are refused', { contract: '4.5' }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer()
    for (const item of [{ partition: 0, offset: '1' }, { topic, partition: 'x', offset: '1' },
      { topic, partition: 0, offset: 'a' }, { topic, partition: 0, offset: '-1' },
      { topic, partition: 0, offset: '1', metadata: 5 }, { topic, partition: 0, offset: '1' }]) {
      await t.outcome('before it runs', () => consumer.commitOffsets(/** @type {any[]} */ ([item])))
    }
    await t.start(consumer, topic, { eachMessage: async () => {} })
    for (const items of [undefined, [], [{ topic, partition: 0, offset: '3', metadata: '' }],
      [{ topic, partition: 0, offset: '3', metadata: 'x'.repeat(5000) }]]) {
      await t.outcome('running', () => consumer.commitOffsets(items))
    }
  })

  // ---- errors ----

  for (const [name, fail] of Object.entries(CRASHES)) {
    scenario(`a handler that throws ${name}`, { contract: '4.8 (Q41)' }, async (t) => {
      const topic = await t.topic()
      await t.produce(topic, records('a', 'b', 'c'))
      const retry = { retries: 2, initialRetryTime: 20, factor: 0, multiplier: 1, restartOnFailure: async () => false }
      const consumer = t.consumer({ retry })
      t.events('events', consumer, ['STOP', 'DISCONNECT', 'CRASH'])
      const crash = t.nextEvent(consumer, 'CRASH')
      await t.start(consumer, topic, { eachMessage: handler(t, { at: '1', times: 9, fail: () => fail(t.kafkajs) }) })
      await crash
    })
  }

  scenario('a handler that throws a few times', { contract: '4.8' }, async (t) => {
    const [topic, group] = [await t.topic(), t.name('group')]
    await t.produce(topic, records('a', 'b', 'c'))
    const consumer = t.consumer({ groupId: group })
    t.events('events', consumer, ['STOP', 'CRASH'])
    await t.start(consumer, topic, {
      eachMessage: handler(t, { at: '1', times: 2, fail: () => { throw new Error('once or twice') } })
    })
    await t.untilCommitted(group, topic, 3)
  })

  scenario('a batch handler that throws after it resolved some', { contract: '4.5, 4.8' }, async (t) => {
    const [topic, group] = [await t.topic(), t.name('group')]
    await t.produce(topic, records('a', 'b', 'c'))
    const consumer = t.consumer({ groupId: group })
    let failed = false
    await t.start(consumer, topic, {
      eachBatch: async ({ batch, resolveOffset }) => {
        for (const { offset } of batch.messages) {
          t.line('handled', offset)
          if (offset === '1' && !failed) {
            failed = true
            throw new Error('own')
          }
          resolveOffset(offset)
        }
      }
    })
    await t.untilCommitted(group, topic, 3)
  })

  scenario('a crash, and a start by itself', { contract: '4.8 (Q42)' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, records('a', 'b'))
    // KafkaJS trips over connections that are still closing when it starts again soon (Q30).
    const consumer = t.consumer({ retry: { retries: 1, initialRetryTime: 1000, factor: 0, multiplier: 1 } })
    t.events('events', consumer, ['CONNECT', 'GROUP_JOIN', 'STOP', 'DISCONNECT', 'CRASH'],
      (payload, name) => name === 'CRASH' ? payload : undefined)
    await t.start(consumer, topic, {
      eachMessage: handler(t, { at: '1', times: 2, fail: () => { throw new Error('own') } })
    })
    await t.seen('handled', '1', 3)
  })

  scenario('restartOnFailure that rejects', { contract: '4.8' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, records('a'))
    const retry = {
      retries: 0,
      initialRetryTime: 20,
      restartOnFailure: async (error) => {
        t.log('asked', error)
        throw new Error('own')
      }
    }
    const consumer = t.consumer({ retry })
    const crash = t.nextEvent(consumer, 'CRASH')
    await t.start(consumer, topic, {
      eachMessage: handler(t, { at: '0', times: 1, fail: () => { throw new Error('poison') } })
    })
    t.log('restart', (await crash).payload.restart)
  })

  scenario('a session that the broker refuses', { contract: '4.3 (Q37), 4.8' }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer({ sessionTimeout: 100, heartbeatInterval: 50 })
    const crash = t.nextEvent(consumer, 'CRASH')
    await consumer.subscribe({ topic })
    await t.outcome('run', () => consumer.run({ eachMessage: async () => {} }))
    t.log('crash', (await crash).payload)
  })

  scenario('run twice, stop twice, and again', { contract: '4.3, 4.7 (Q65)' }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer()
    t.events('events', consumer, ['CONNECT', 'GROUP_JOIN', 'STOP', 'DISCONNECT', 'CRASH'], () => undefined)
    await t.outcome('subscribed', () => consumer.subscribe({ topic }))
    for (const call of ['run', 'run', 'stop', 'stop', 'run', 'stop']) {
      await t.outcome(call, () => consumer[call]({ eachMessage: async () => {} }))
    }
  })

  scenario('describeGroup', { contract: '4.7' }, async (t) => {
    const topic = await t.topic(2)
    const consumer = t.consumer()
    await t.start(consumer, topic, { eachMessage: async () => {} })
    const { members: [member], ...group } = await consumer.describeGroup()
    const { MemberMetadata, MemberAssignment } = t.kafkajs.AssignerProtocol
    t.log('group', group)
    t.log('member', Object.keys(member), member.clientId, member.clientHost)
    t.log('member', MemberMetadata.decode(member.memberMetadata).topics,
      MemberAssignment.decode(member.memberAssignment).assignment)
  })
})
