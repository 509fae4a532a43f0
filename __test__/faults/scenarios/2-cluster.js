'use strict'

// Three nodes, of which some fail.

const {
  checkCommits, checkDelivery, checkErrors, checkProducer, emissionsOf, sendsOf
} = require('../checker')

/** @typedef {import('../context').Context} Context */

const PARTITIONS = 3
const RATE = 500
const MIN_ISR_2 = { 'min.insync.replicas': 2 }

/**
 * A producer with requireAcks -1 and a group member during `fault`, none of which may reach the user.
 *
 * @param {Context} context
 * @param {(topic: string) => Promise<unknown>} fault
 */
async function trafficThrough (context, fault) {
  const client = { kafkaHost: context.brokers }
  const topic = await context.createTopic('replicated', PARTITIONS, MIN_ISR_2)
  const groupId = context.uniqueName('group')
  const member = context.start('member', { options: { ...client, groupId, fromOffset: 'earliest' }, topics: [topic] })
  const producer = context.start('producer', {
    client, producer: { requireAcks: -1 }, topic, partitions: PARTITIONS, id: 'p', rate: RATE
  })
  await producer.see('acked')
  await member.see('message')

  await fault(topic)
  await context.delay(1000)
  await producer.finish()
  context.expect(producer.all('settled').length === 1, 'the producer did not settle')
  const log = await context.readLog(topic)
  await untilDelivered(context, member, log)
  const commits = await context.committed(groupId, topic)
  await member.finish()

  const members = [member.read()]
  context.expectNone(checkProducer({ events: producer.read(), log, id: 'p' }), 'producer')
  context.expectNone(checkDelivery({ members, logs: { [topic]: log }, mayRepeat: () => false }), 'member')
  context.expectNone(checkCommits({ members, commits }), 'group')
  for (const workload of [producer, member]) {
    context.expectNone(checkErrors(workload.read()), workload.name)
    const errors = [...workload.all('error'), ...workload.all('client error')]
    const texts = [...new Set(errors.map(([, , , , message]) => message))].slice(0, 3).join(', ')
    context.expect(errors.length === 0, `${workload.name}: ${errors.length} error events: ${texts}`)
  }
  const waits = [...sendsOf(producer.read()).values()].map(({ time, answered }) => answered - time)
  context.saw(`${waits.length} sent and acknowledged, the slowest after ${Math.max(...waits)} ms; ` +
    `${member.all('message').length} delivered, ${member.all('rebalancing').length} rebalances`)
}

/** @param {Context} context @param {import('../workload').Workload} member @param {import('../log').Entry[]} log */
async function untilDelivered (context, member, log) {
  const deadline = Date.now() + 30000
  const isDone = () => {
    const seen = new Set(emissionsOf([member.read()]).map(({ partition, offset }) => `${partition}/${offset}`))
    return log.every(({ partition, offset }) => seen.has(`${partition}/${offset}`))
  }
  while (!isDone() && Date.now() < deadline) await context.delay(200)
}

/**
 * A producer while a topic has fewer in-sync replicas than required.
 *
 * @param {Context} context
 * @param {object} options
 * @param {Record<string, number>} options.config of the topic
 * @param {number} options.down how many nodes are killed
 */
async function withoutIsr (context, { config, down }) {
  const { kafka } = context
  const requestTimeout = context.quick ? 5000 : 10000
  const client = { kafkaHost: context.brokers, requestTimeout }
  const topic = await context.createTopic('isr', PARTITIONS, config)
  const producer = context.start('producer', {
    client, producer: { requireAcks: -1 }, topic, partitions: PARTITIONS, id: 'p', rate: 100
  })
  await producer.see('acked')
  const leader = await kafka.leaderOf(topic)
  const victims = kafka.nodes.filter((/** @type {any} */ node) => node !== leader).slice(0, down)
  await Promise.all(victims.map((/** @type {any} */ node) => node.kill()))
  const gone = Date.now()
  const [first] = await producer.see('failed', { timeout: 60000 })
  await context.delay(2000)
  const healing = Date.now()
  await kafka.heal()
  await kafka.untilInSync(topic)
  const healed = Date.now()
  await producer.see('acked', { after: healed })
  await producer.finish()
  const log = await context.readLog(topic)
  const events = producer.read()
  const sends = [...sendsOf(events).values()]
  const whileGone = sends.filter(({ time, answered }) => time >= gone && answered < healing)
  const acked = whileGone.filter(({ error }) => error === undefined)
  context.expect(acked.length === 0, `${acked.length} sends were acknowledged while there were too few replicas`)
  const errors = new Map()
  for (const [, event, , name, message, code, isError] of events) {
    if (event !== 'failed') continue
    const text = `${name} "${message}"${code ? ` ${code}` : ''}`
    errors.set(text, (errors.get(text) || 0) + 1)
    const isTyped = isError && (name !== 'Error' || Boolean(code))
    if (!isTyped) context.fail(`an untyped error: ${text}`)
  }
  const isAffected = (/** @type {import('../checker').Send} */ { time, answered }) => answered >= gone && time <= healed
  // Until the leader learns that a replica is gone, it writes what it cannot acknowledge. Once such a send has timed
  // out, its fate unknown, the broker cannot tell those in flight with it from new ones.
  const verdict = checkProducer({ events, log, id: 'p', mayFail: isAffected, mayDouble: isAffected })
  context.expectNone(verdict, 'producer')
  context.expectNone(checkErrors(events), 'producer')
  context.expect(whileGone.length > 0, 'nothing was sent while there were too few replicas')
  const list = [...errors].map(([text, count]) => `${count} times ${text}`).join(', ')
  const twice = log.length - new Set(log.map(({ value }) => value)).size
  context.saw(`${whileGone.length} sends failed while replicas were missing, the first after ${first - gone} ms; ` +
    `${list}; ${twice} of the sends in flight are in the log twice; ${producer.all('error').length} error events`)
}

module.exports = [
  {
    id: 'leader-killed',
    fault: 'three nodes, the leader of a partition killed five times; requireAcks -1, min ISR 2, 500 records/s',
    must: '0 lost, 0 doubled, 0 reordered, 0 errors to the user',
    kafka: { nodes: 3 },
    kafkajs: { quick: true },
    run: (/** @type {Context} */ context) => trafficThrough(context, async (topic) => {
      const { kafka } = context
      for (let round = 0; round < (context.quick ? 1 : 5); round++) {
        const leader = await kafka.leaderOf(topic, round % PARTITIONS)
        await leader.kill()
        await kafka.leaderOf(topic, round % PARTITIONS)
        await context.delay(2000)
        await leader.restart()
        await kafka.untilInSync(topic)
      }
    })
  },
  {
    id: 'rolling-restart',
    fault: 'three nodes, restarted one after another; requireAcks -1, min ISR 2, 500 records/s',
    must: '0 lost, 0 doubled, 0 reordered, 0 errors to the user',
    kafka: { nodes: 3 },
    kafkajs: { quick: false },
    quick: false,
    run: (/** @type {Context} */ context) => trafficThrough(context, async (topic) => {
      for (const node of context.kafka.nodes) {
        await node.restart()
        await context.kafka.untilInSync(topic)
      }
    })
  },
  {
    id: 'isr-too-small',
    fault: 'one of three nodes killed, min ISR 3, requireAcks -1',
    must: 'a typed error, nothing acknowledged; works again by itself; only sends in flight may be written twice',
    kafka: { nodes: 3 },
    kafkajs: { quick: false },
    run: (/** @type {Context} */ context) => withoutIsr(context, {
      config: { 'min.insync.replicas': 3 }, down: 1
    })
  },
  {
    id: 'majority-lost',
    fault: 'two of three nodes killed, min ISR 2, requireAcks -1',
    must: 'a typed error, nothing acknowledged; works again by itself; only sends in flight may be written twice',
    kafka: { nodes: 3 },
    kafkajs: { quick: false },
    quick: false,
    run: (/** @type {Context} */ context) => withoutIsr(context, { config: MIN_ISR_2, down: 2 })
  }
]
