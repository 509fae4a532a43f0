'use strict'

// One broker that is killed, paused, late or gone.

const {
  checkCommits, checkDelivery, checkErrors, checkProducer, emissionsOf, resumedAfter, underWay
} = require('../checker')

/** @typedef {import('../context').Context} Context */

const PARTITIONS = 3
const RATE = 500
/** Of a consumer, after the broker answers again. */
const RESUME_MS = 3000
/** KafkaJS's default. A member that is not heard of for that long loses its place without a crash. */
const SESSION_MS = 30000

/** @param {string[]} topics @returns {string[]} `topic/partition` */
function partitionsOf (topics) {
  return topics.flatMap((topic) => Array.from({ length: PARTITIONS }, (_, partition) => `${topic}/${partition}`))
}

/**
 * Traffic through a fault: producers with requireAcks 1 and -1, 500 records a second each, a member of a group that
 * reads both topics, and a Consumer that reads one. Through KafkaJS's API readers crash when the outage outlasts
 * `retry`, and start again: after a session, with what they have not committed.
 *
 * @param {Context} context
 * @param {(context: Context) => Promise<{ down: number, gone: number, back: number }>} fault between which times the
 *   broker went, and when it was back, in ms
 */
async function trafficThrough (context, fault) {
  const client = { kafkaHost: context.brokers }
  const topics = [await context.createTopic('one', PARTITIONS), await context.createTopic('all', PARTITIONS)]
  const groupId = context.uniqueName('group')
  const mayCrash = context.door === 'kafkajs'
  const options = mayCrash ? { sessionTimeout: SESSION_MS } : {}
  const member = context.start('member', {
    options: { ...client, ...options, groupId, fromOffset: 'earliest' }, topics
  })
  const consumer = context.start('consumer', { client, options, topic: topics[1], partitions: PARTITIONS })
  const producers = [1, -1].map((requireAcks, i) => context.start('producer', {
    client, producer: { requireAcks }, topic: topics[i], partitions: PARTITIONS, id: `acks${requireAcks}`, rate: RATE
  }))
  const everywhere = partitionsOf(topics)
  const flows = (/** @type {import('../workload').Workload} */ workload, /** @type {string[]} */ names) =>
    Promise.all(names.map((name) => workload.see(([, event, topic, partition]) =>
      event === 'message' && `${topic}/${partition}` === name, { what: `a message of ${name}` })))
  await flows(member, everywhere)
  await flows(consumer, partitionsOf([topics[1]]))
  await context.delay(1000)

  const { down, gone, back } = await fault(context)
  await context.delay(context.quick ? 1000 : RESUME_MS + 1000)
  for (const producer of producers) {
    await producer.finish()
    context.expect(producer.all('settled').length === 1, `${producer.name} did not settle`)
  }
  const logs = { [topics[0]]: await context.readLog(topics[0]), [topics[1]]: await context.readLog(topics[1]) }
  await untilDelivered(context, [member, consumer], [logs, { [topics[1]]: logs[topics[1]] }])
  await Promise.all([member.finish(), consumer.finish()])

  producers.forEach((producer, i) => {
    const id = i === 0 ? 'acks1' : 'acks-1'
    const mayDouble = i === 0 ? underWay(down, gone) : undefined
    const events = producer.read()
    context.expectNone(checkProducer({ events, log: logs[topics[i]], id, mayDouble }), `requireAcks ${id.slice(4)}`)
    context.expectNone(checkErrors(events), producer.name)
    const sent = producer.all('send').length
    const acked = producer.all('acked').length
    const errors = producer.all('error').length + producer.all('client error').length
    const twice = logs[topics[i]].length - sent
    context.saw(`requireAcks ${id.slice(4)}: ${sent} sent, ${acked} acknowledged, ${twice} twice, ${errors} errors`)
  })
  for (const [workload, read] of /** @type {const} */ ([[member, topics], [consumer, [topics[1]]]])) {
    const events = workload.read()
    const expected = Object.fromEntries(read.map((topic) => [topic, logs[topic]]))
    const hasCrashed = mayCrash && workload.all('error').length > 0
    const mayRepeat = () => hasCrashed
    context.expectNone(checkDelivery({ members: [events], logs: expected, mayRepeat }), workload.name)
    context.expectNone(checkErrors(events), workload.name)
    const resumed = resumedAfter([events], back, partitionsOf([...read]))
    const isInTime = resumed <= context.limit(RESUME_MS) + (hasCrashed ? SESSION_MS : 0)
    context.expect(isInTime, `${workload.name} went on ${resumed} ms after the broker was back`)
    context.saw(`${workload.name.slice(2)}: went on after ${resumed} ms, ${workload.all('error').length} errors`)
  }
  for (const topic of topics) {
    const commits = await context.committed(groupId, topic)
    context.expectNone(checkCommits({ members: [member.read()], commits }), 'group')
  }
}

/**
 * @param {Context} context
 * @param {import('../workload').Workload[]} workloads
 * @param {Record<string, import('../log').Entry[]>[]} logs what each has to have emitted
 */
async function untilDelivered (context, workloads, logs) {
  const deadline = Date.now() + 30000 + SESSION_MS
  const isDone = () => workloads.every((workload, i) => {
    const seen = new Set(emissionsOf([workload.read()]).map(({ topic, partition, offset }) =>
      `${topic}/${partition}/${offset}`))
    return Object.entries(logs[i]).every(([topic, log]) =>
      log.every(({ partition, offset }) => seen.has(`${topic}/${partition}/${offset}`)))
  })
  while (!isDone() && Date.now() < deadline) await context.delay(200)
}

/** @param {Context} context */
async function brokerLate (context) {
  const { kafka } = context
  // KafkaJS's pauses between attempts would grow to more than the limit
  const retry = context.door === 'kafkajs' ? { retry: { maxRetryTime: 500, retries: 60 } } : {}
  const client = { kafkaHost: context.brokers, ...retry }
  const topic = await context.createTopic('late', PARTITIONS)
  await kafka.terminate()
  const workloads = [
    context.start('producer', { client, producer: {}, topic, partitions: PARTITIONS, id: 'p', rate: 100 }),
    context.start('consumer', { client, topic, partitions: PARTITIONS }),
    context.start('member', {
      options: { ...client, groupId: context.uniqueName('group'), fromOffset: 'earliest' }, topics: [topic]
    })
  ]
  await Promise.all(workloads.map((workload) => workload.see('started')))
  await context.delay(6000)
  await kafka.restart()
  const back = Date.now()
  for (const workload of workloads) {
    const works = workload === workloads[0] ? 'acked' : 'message'
    const [time] = await workload.see(works)
    const late = time - back
    context.saw(`${workload.name.slice(2)} works ${late} ms after the broker, ${workload.all('error').length} errors`)
    context.expect(late <= context.limit(2000), `${workload.name.slice(2)} works only ${late} ms after the broker`)
    context.expectNone(checkErrors(workload.read()), workload.name)
  }
  await workloads[0].finish()
  const log = await context.readLog(topic)
  context.expectNone(checkProducer({ events: workloads[0].read(), log, id: 'p', mayDouble: () => false }), 'producer')
  await untilDelivered(context, workloads.slice(1), [{ [topic]: log }, { [topic]: log }])
  for (const workload of workloads.slice(1)) {
    await workload.finish()
    context.expectNone(checkDelivery({ members: [workload.read()], logs: { [topic]: log } }), workload.name)
  }
}

/** @param {Context} context */
async function closeWithoutBroker (context) {
  const { kafka } = context
  const client = { kafkaHost: context.brokers }
  const topic = await context.createTopic('gone', PARTITIONS)
  const producers = [0, 1, -1].map((requireAcks) => context.start('producer', {
    client, producer: { requireAcks }, topic, partitions: PARTITIONS, id: `p${requireAcks}`, rate: RATE, exitCode: 7
  }))
  const groupId = context.uniqueName('group')
  const readers = [
    context.start('consumer', { client, topic, partitions: PARTITIONS, exitCode: 7 }),
    context.start('member', { options: { ...client, groupId, fromOffset: 'earliest' }, topics: [topic], exitCode: 7 }),
    context.start('member', {
      options: { ...client, groupId: `${groupId}-2`, fromOffset: 'earliest' }, topics: [topic], exitCode: 7
    })
  ]
  await Promise.all(readers.map((reader) => reader.see('message')))
  await kafka.kill()
  await context.delay(1000)
  // and some that have never reached a broker
  const strangers = [
    context.start('producer', {
      client, producer: {}, topic, partitions: PARTITIONS, id: 'stranger', rate: RATE, exitCode: 7
    }),
    context.start('member', { options: { ...client, groupId: `${groupId}-3` }, topics: [topic], exitCode: 7 })
  ]
  await Promise.all(strangers.map((stranger) => stranger.see('started')))
  await context.delay(1000)
  const signals = /** @type {const} */ (['SIGUSR2', 'SIGUSR2', 'SIGUSR2', 'SIGTERM', 'SIGTERM', 'SIGUSR2', 'SIGUSR2',
    'SIGUSR2'])
  const all = [...producers, ...readers, ...strangers]
  let longest = 0
  await Promise.all(all.map(async (workload, i) => {
    workload.child.kill(signals[i])
    const patience = setTimeout(() => { workload.kill('SIGKILL') }, 30000)
    const { code, signal, time } = await workload.ended
    clearTimeout(patience)
    const [closing] = workload.all('closing')
    const [closed] = workload.all('closed')
    if (!closing || !closed) return context.fail(`${workload.name}: close() never called back`)
    const [late, end] = [closed[0] - closing[0], time - closed[0]]
    longest = Math.max(longest, late)
    context.expect(late <= context.limit(5000), `${workload.name}: close() called back after ${late} ms`)
    context.expect(code === 7, `${workload.name} ended with ${signal || `exit code ${code}`} instead of 7`)
    context.expect(end <= context.limit(5000), `${workload.name} ended only ${end} ms after the callback of close()`)
    const after = workload.read().filter(([time, event]) => event === 'message' && time > closed[0])
    context.expect(after.length === 0, `${workload.name} emitted ${after.length} messages after close`)
  }))
  for (const producer of producers) {
    const unanswered = checkProducer({ events: producer.read(), log: [], id: 'x', mayFail: () => true })
      .filter(({ kind }) => kind === 'never answered' || kind === 'answered more than once')
    context.expectNone(unanswered, producer.name)
  }
  context.saw(`${all.length} clients closed, the last after ${longest} ms`)
  await kafka.restart()
}

const MUST = 'no send fails within requestTimeout (30 s); 0 lost, 0 reordered; requireAcks -1: 0 doubled, 1: only ' +
  'what was in flight at the break; consumers resume by themselves within 3 s of the broker\'s return; at most 60 ' +
  'error events a minute, all Error objects'

/** @param {number} seconds */
function killed (seconds) {
  return {
    id: `broker-killed-${seconds}s`,
    fault: `single broker killed for ${seconds} s, then restarted, under 500 records/s`,
    must: MUST,
    kafka: { nodes: 1 },
    quick: seconds === 4,
    kafkajs: { quick: seconds === 4 },
    run: (/** @type {Context} */ context) => trafficThrough(context, async ({ kafka }) => {
      const down = Date.now()
      await kafka.kill()
      const gone = Date.now()
      await context.delay(seconds * 1000)
      await kafka.restart()
      return { down, gone, back: Date.now() }
    })
  }
}

module.exports = [
  killed(4),
  killed(12),
  {
    id: 'broker-paused',
    fault: 'broker paused for 12 s under 500 records/s',
    must: `${MUST}; nothing failed`,
    kafka: { nodes: 1 },
    kafkajs: { quick: false },
    run: (/** @type {Context} */ context) => trafficThrough(context, async ({ kafka }) => {
      const down = Date.now()
      await kafka.pause()
      const gone = Date.now()
      await context.delay(context.quick ? 4000 : 12000)
      await kafka.resume()
      return { down, gone, back: Date.now() }
    })
  },
  {
    id: 'broker-late',
    fault: 'broker there only 6 s after the start of the clients',
    must: 'a producer, a group member and a Consumer work within 2 s of it',
    kafka: { nodes: 1 },
    kafkajs: { quick: false },
    run: brokerLate
  },
  {
    id: 'close-without-broker',
    fault: 'close() with all brokers gone',
    must: 'calls back within 5 s; the process ends by itself with its own exit code',
    kafka: { nodes: 1 },
    kafkajs: { quick: true },
    run: closeWithoutBroker
  }
]
