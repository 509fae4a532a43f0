'use strict'

const { section } = require('../support/section')

const FIVE = ['a', 'b', 'c', 'd', 'e'].map((value) => ({ value, partition: 0 }))

/** @param {import('../support/trace').Trace} t */
const handler = (t, track = 'handled') => async ({ message }) => t.line(track, message.offset)

module.exports = section('Positions and pauses', (scenario) => {
  scenario('what seek refuses', { contract: '4.7' }, async (t) => {
    const topic = await t.topic()
    const consumer = t.consumer()
    const check = (/** @type {string} */ track) => {
      for (const argument of [{ partition: 0, offset: 1 }, { topic, partition: 'a', offset: 1 },
        { topic, partition: 0, offset: 'abc' }, { topic, partition: 0, offset: -3 },
        { topic, partition: 0, offset: '-7' },
        { topic, partition: 0, offset: 0 }, { topic, partition: 9, offset: '0' }]) {
        t.attempt(track, () => consumer.seek(/** @type {any} */ (argument)))
      }
    }
    check('before it runs')
    await t.start(consumer, topic, { eachMessage: async () => {} })
    check('running')
  })

  scenario('what pause and resume refuse', { contract: '4.7' }, async (t) => {
    const topic = await t.topic(2)
    const consumer = t.consumer()
    await t.start(consumer, topic, { eachMessage: async () => {} })
    for (const method of ['pause', 'resume']) {
      for (const list of [[null], [{}], [{ topic: '' }], [{ topic, partitions: 1 }], [{ topic, partitions: ['a'] }],
        [{ topic: 'unknown' }], [{ topic, partitions: [9] }], []]) {
        t.attempt(method, () => consumer[method](list))
      }
    }
    const pause = /** @type {any} */ (consumer.pause)
    t.attempt('no list', () => { try { pause() } catch (error) { return /** @type {any} */ (error).name } })
    t.log('paused', consumer.paused())
  })

  scenario('paused', { contract: '4.7' }, async (t) => {
    const topic = await t.topic(3)
    const consumer = t.consumer()
    await t.start(consumer, topic, { eachMessage: async () => {} })
    const show = () => t.log('paused', consumer.paused().map(({ topic: name, partitions }) =>
      ({ topic: name, partitions: [...partitions].sort() })))
    show()
    consumer.pause([{ topic, partitions: [1] }])
    show()
    consumer.pause([{ topic }])
    show()
    consumer.resume([{ topic, partitions: [0] }])
    show()
    consumer.resume([{ topic }])
    show()
    await consumer.stop()
    show()
  })

  scenario('a partition that is paused after its topic', {
    contract: '4.7 (Q51)',
    meant: {
      paused: {
        id: 'Q51', original: [/partitions: \[1\]/], ours: [/partitions: \[0, 1, 2\]/]
      }
    }
  }, async (t) => {
    const topic = await t.topic(3)
    const consumer = t.consumer()
    await t.start(consumer, topic, { eachMessage: async () => {} })
    consumer.pause([{ topic }])
    consumer.pause([{ topic, partitions: [1] }])
    t.log('paused', consumer.paused())
  })

  scenario('a paused partition, and the other one', { contract: '4.7' }, async (t) => {
    const topic = await t.topic(2)
    const consumer = t.consumer()
    await t.start(consumer, topic, {
      eachMessage: async ({ partition, message }) => t.line(`partition ${partition}`, message.offset)
    })
    consumer.pause([{ topic, partitions: [0] }])
    await t.produce(topic, [0, 1, 0, 1].map((partition) => ({ value: 'v', partition })))
    await t.seen('partition 1', '1')
    t.line('partition 0', 'resumed')
    consumer.resume([{ topic, partitions: [0] }])
    await t.seen('partition 0', '1')
  })

  scenario('a pause from the handler', { contract: '4.4' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, FIVE)
    const consumer = t.consumer()
    let resume = () => {}
    let paused = false
    await t.start(consumer, topic, {
      eachMessage: async ({ message, pause }) => {
        t.line('handled', message.offset)
        if (message.offset !== '1' || paused) return
        paused = true
        resume = pause()
        t.log('handled', 'paused', typeof resume, consumer.paused())
      }
    })
    await t.until(() => paused, 'the pause')
    t.line('handled', 'resumes')
    resume()
    await t.seen('handled', '4')
  })

  scenario('seek forward and back', { contract: '4.7' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, FIVE)
    const consumer = t.consumer()
    await t.start(consumer, topic, { autoCommit: false, eachMessage: handler(t) })
    await t.seen('handled', '4')
    consumer.seek({ topic, partition: 0, offset: '3' })
    await t.seen('handled', '4', 2)
    consumer.seek({ topic, partition: 0, offset: /** @type {any} */ (1) })
    await t.seen('handled', '4', 3)
  })

  scenario('seek right after run', { contract: '4.7' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, FIVE)
    const consumer = t.consumer()
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const run = consumer.run({ autoCommit: false, eachMessage: handler(t) })
    consumer.seek({ topic, partition: 0, offset: '1' })
    consumer.seek({ topic, partition: 0, offset: '3' })
    await run
    await t.seen('handled', '4')
  })

  scenario('seek in a handler', { contract: '4.7' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, FIVE)
    const consumer = t.consumer()
    let sought = false
    await t.start(consumer, topic, {
      autoCommit: false,
      eachMessage: async ({ message }) => {
        t.line('handled', message.offset)
        if (message.offset !== '1' || sought) return
        sought = true
        consumer.seek({ topic, partition: 0, offset: '4' })
      }
    })
    await t.seen('handled', '4')
  })

  scenario('a batch that is stale after seek', { contract: '4.4' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, FIVE)
    const consumer = t.consumer()
    let sought = false
    await t.start(consumer, topic, {
      autoCommit: false,
      eachBatch: async ({ isStale }) => {
        if (sought) return
        sought = true
        const before = isStale()
        consumer.seek({ topic, partition: 0, offset: '4' })
        t.log('stale', before, isStale())
      }
    })
    await t.seen('stale', '')
  })

  scenario('seek to -1 and -2', {
    contract: '4.7 (Q48)',
    meant: {
      latest: { id: 'Q48', original: 'varies', ours: ['true'] },
      earliest: { id: 'Q48', original: 'varies', ours: ['0'] }
    }
  }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, FIVE)
    const consumer = t.consumer()
    /** @type {string[]} */
    const seen = []
    const eachMessage = async ({ message }) => { seen.push(message.offset) }
    await t.start(consumer, topic, { autoCommit: false, eachMessage })
    const firstAfter = async (/** @type {string} */ offset) => {
      const before = seen.length
      consumer.seek({ topic, partition: 0, offset })
      // What comes before the seek is carried out is not seen.
      await t.eventually(async () => {
        await t.produce(topic, [{ value: 'later', partition: 0 }])
        return seen.length > before
      }, `a record after ${offset}`)
      return seen[before]
    }
    await t.until(() => seen.length === 5, 'all records')
    t.log('latest', Number(await firstAfter('-1')) >= 5)
    consumer.pause([{ topic }])
    const before = seen.length
    consumer.seek({ topic, partition: 0, offset: '-2' })
    consumer.resume([{ topic }])
    await t.until(() => seen.length > before, 'the first record')
    t.line('earliest', seen[before])
  })

  scenario('what a seek commits', { contract: '4.5 (Q49)' }, async (t) => {
    const [topic, group] = [await t.topic(), t.name('group')]
    await t.produce(topic, FIVE)
    const consumer = t.consumer({ groupId: group })
    await t.start(consumer, topic, { eachMessage: handler(t) })
    await t.untilCommitted(group, topic, 5)
    consumer.pause([{ topic }])
    consumer.seek({ topic, partition: 0, offset: '2' })
    consumer.resume([{ topic }])
    await t.seen('handled', '4', 2)
    await t.untilCommitted(group, topic, 5)
  })

  scenario('where a group without commits begins', { contract: '4.6' }, async (t) => {
    const topic = await t.topic()
    await t.produce(topic, FIVE)
    const early = t.consumer()
    await t.start(early, topic, { autoCommit: false, eachMessage: handler(t, 'from the beginning') })
    await t.seen('from the beginning', '4')
    await early.stop()
    const late = t.consumer()
    const fetched = new Promise((resolve) => {
      const stop = late.on(late.events.FETCH, () => {
        stop()
        resolve(undefined)
      })
    })
    await late.connect()
    await late.subscribe({ topic })
    await late.run({ autoCommit: false, eachMessage: handler(t, 'from the end') })
    await t.soon(fetched, 'a fetch')
    await t.soon(new Promise((resolve) => late.on(late.events.FETCH, resolve)), 'another fetch')
    await t.produce(topic, [{ value: 'f', partition: 0 }])
    await t.seen('from the end', '5')
  })

  scenario('a position that is out of range', {
    contract: '4.6'
  }, async (t) => {
    const [topic, group] = [await t.topic(), t.name('group')]
    await t.produce(topic, FIVE)
    const consumer = t.consumer({ groupId: group })
    await t.start(consumer, topic, { autoCommit: false, eachMessage: handler(t) })
    await t.seen('handled', '4')
    consumer.seek({ topic, partition: 0, offset: '1000' })
    await t.seen('handled', '4', 2)
  })
})
