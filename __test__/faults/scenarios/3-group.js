'use strict'

// Members of a group that come, go and are killed.

const { checkCommits, checkDelivery, checkErrors, emissionsOf, longestSilence, resumedAfter } = require('../checker')
const { untilDelivered } = require('../delivered')

/** @typedef {import('../context').Context} Context */
/** @typedef {import('../workload').Workload} Workload */

const RATE = 500
/** The longest that a partition may be silent when members come and go, with default options. */
const SILENCE_MS = 3500
const STABLE_MS = 10000

/** A group that reads a topic with traffic. */
class Scene {
  /**
   * @param {Context} context
   * @param {number} partitions
   * @param {object} [options] of the members
   */
  constructor (context, partitions, options = {}) {
    this.context = context
    this.partitions = partitions
    this.topic = ''
    const groupId = context.uniqueName('group')
    this.options = { kafkaHost: context.brokers, groupId, fromOffset: 'earliest', ...options }
    /** @type {Workload[]} all there have ever been */
    this.members = []
  }

  async begin () {
    this.topic = await this.context.createTopic('group', this.partitions)
    this.producer = this.context.start('producer', {
      client: { kafkaHost: this.context.brokers },
      producer: { requireAcks: -1 },
      topic: this.topic,
      partitions: this.partitions,
      id: 'p',
      rate: RATE
    })
    await this.producer.see('acked')
  }

  join () {
    const member = this.context.start('member', { options: this.options, topics: [this.topic] })
    this.members.push(member)
    return member
  }

  /** @param {Workload} member @param {number} [after] */
  flows (member, after = 0) {
    return member.see('message', { after })
  }

  /** Waits until these members, and nobody else, share all partitions. */
  async shared (/** @type {Workload[]} */ members) {
    const deadline = Date.now() + 60000
    for (;;) {
      const owned = members.map((member) => ownedBy(member))
      const places = owned.flatMap((each) => each || [])
      if (owned.every(Boolean) && places.length === this.partitions && new Set(places).size === places.length) return
      if (Date.now() > deadline) throw new Error(`the group did not settle: ${JSON.stringify(owned)}`)
      await this.context.delay(50)
    }
  }

  names () {
    return Array.from({ length: this.partitions }, (_, partition) => `${this.topic}/${partition}`)
  }

  /**
   * Ends the traffic and the remaining members, and checks what was delivered.
   *
   * @param {{ mayRepeat?: Parameters<typeof checkDelivery>[0]['mayRepeat'] }} [options]
   */
  async end ({ mayRepeat } = {}) {
    const { context, topic, members } = this
    if (this.producer) await this.producer.finish()
    const log = await context.readLog(topic)
    await untilDelivered(context, members, { [topic]: log })
    for (const member of members) {
      if (member.exit) continue
      const { code, signal } = await member.finish()
      context.expect(code === 0 && signal === null, `${member.name} ended with ${code} ${signal}`)
    }
    const events = members.map((member) => member.read())
    context.expectNone(checkDelivery({ members: events, logs: { [topic]: log }, mayRepeat }))
    const commits = await context.committed(this.options.groupId, topic)
    context.expectNone(checkCommits({ members: events, commits }))
    for (const member of members) {
      context.expectNone(checkErrors(member.read()), member.name)
      const errors = member.all('error')
      if (errors.length > 0) {
        context.saw(`${member.name}: ${errors.length} errors, such as ${errors[0].slice(2).join(' ')}`)
      }
    }
    const emitted = emissionsOf(events)
    const twice = emitted.length - new Set(emitted.map(({ partition, offset }) => `${partition}/${offset}`)).size
    context.saw(`${log.length} records, ${twice} of them twice`)
  }

  /** @param {number} from @param {number} to @param {string} when */
  silence (from, to, when) {
    const silences = longestSilence(this.members.map((member) => member.read()), { from, to })
    const longest = Math.max(...silences.values())
    this.context.saw(`${when}: silent for ${longest} ms at most`)
    this.context.expect(longest <= SILENCE_MS, `${when}: a partition was silent for ${longest} ms`)
  }
}

/**
 * @param {Workload} member
 * @returns {string[] | null} null when it is none at the moment
 */
function ownedBy (member) {
  /** @type {string[] | null} */
  let owned = null
  for (const [, name, places] of member.read()) {
    const names = Array.isArray(places) ? places.map(([topic, partition]) => `${topic}/${partition}`) : []
    if (name === 'rebalanced') owned = names
    if (name === 'rebalancing' || name === 'closed') owned = null
    if (name === 'assigned') owned = [...owned || [], ...names]
    if (name === 'revoked') owned = (owned || []).filter((each) => !names.includes(each))
  }
  return member.exit ? null : owned
}

/** @param {Context} context */
async function memberKilled (context) {
  const sessionTimeout = context.quick ? 6000 : 10000
  const scene = new Scene(context, 3, { sessionTimeout, autoCommitIntervalMs: 1000 })
  await scene.begin()
  const killed = scene.join()
  await scene.flows(killed)
  await context.delay(3500)
  await killed.kill('SIGKILL')
  const since = Date.now()
  const commits = new Map((await context.committed(scene.options.groupId, scene.topic))
    .map(({ partition, offset }) => [partition, offset]))
  scene.join()
  const limit = sessionTimeout + 3000
  await scene.flows(scene.members[1])
  await context.delay(1000)
  const resumed = resumedAfter([scene.members[1].read()], since, scene.names())
  context.saw(`went on ${resumed} ms after the kill, with a session of ${sessionTimeout} ms`)
  context.expect(resumed <= limit, `every partition was delivered from only after ${resumed} ms, not ${limit}`)
  await scene.end({
    mayRepeat: ({ partition, offset }, before) => before.member === 0 && offset >= (commits.get(partition) ?? 0)
  })
}

/** @param {Context} context */
async function memberReplaced (context) {
  const scene = new Scene(context, 6)
  await scene.begin()
  const [first, second] = [scene.join(), scene.join()]
  await scene.shared([first, second])
  await context.delay(1000)

  let from = Date.now()
  const third = scene.join()
  await scene.shared([first, second, third])
  await context.delay(1000)
  scene.silence(from, Date.now(), 'the third member joined')

  from = Date.now()
  await leaves(context, first)
  await scene.shared([second, third])
  await context.delay(1000)
  scene.silence(from, Date.now(), 'the first left')

  from = Date.now()
  const fourth = scene.join()
  await fourth.see('started')
  await leaves(context, second)
  await scene.shared([third, fourth])
  await context.delay(1000)
  scene.silence(from, Date.now(), 'one joined while another left')
  await scene.end()
}

/** @param {Context} context @param {Workload} member */
async function leaves (context, member) {
  const since = Date.now()
  const { code, signal } = await member.finish()
  const [closed] = member.all('closed')
  context.expect(code === 0 && signal === null && closed && closed[2] === null,
    `${member.name} ended with ${code} ${signal}, its close with ${closed && closed[2]}`)
  const took = Date.now() - since
  context.expect(took < 5000, `${member.name} took ${took} ms to leave`)
}

/** @param {Context} context */
async function storm (context) {
  const scene = new Scene(context, 12)
  await scene.begin()
  const staying = [scene.join(), scene.join()]
  await scene.shared(staying)
  const seconds = context.quick ? 10 : 60
  /** @type {Workload[]} */
  const visitors = []
  /** @type {Promise<unknown>[]} */
  const leaving = []
  let joined = 0
  const begun = Date.now()
  for (let second = 0; second < seconds; second++) {
    const visitor = visitors.length > 3 || (visitors.length > 0 && Math.random() < 0.5)
      ? visitors.splice(Math.floor(Math.random() * visitors.length), 1)[0]
      : null
    if (visitor) leaving.push(leaves(context, visitor))
    else {
      visitors.push(scene.join())
      joined++
    }
    await context.delay(Math.max(0, begun + (second + 1) * 1000 - Date.now()))
  }
  const end = Date.now()
  await scene.shared([...staying, ...visitors])
  await Promise.all(leaving)
  await context.delay(STABLE_MS)
  const last = Math.max(...[...staying, ...visitors].map((member) =>
    member.read().findLast(([, name]) => name === 'rebalanced' || name === 'assigned')?.[0] ?? Infinity))
  context.saw(`${joined} joined, ${leaving.length} left; the last rebalance was over ${Math.max(0, last - end)} ms ` +
    'after the end')
  context.expect(last - end <= STABLE_MS, `the group became stable only ${last - end} ms after the end`)
  const silences = longestSilence(scene.members.map((member) => member.read()), { from: begun, to: end })
  context.saw(`a partition was silent for ${Math.max(...silences.values())} ms at most`)
  await scene.end()
}

module.exports = [
  {
    id: 'member-killed',
    fault: 'member of a group SIGKILLed and replaced',
    must: 'first delivery within the session time-out + 3 s; doubles only between its last commit and its last ' +
      'emission',
    kafka: { nodes: 1 },
    kafkajs: { quick: true },
    run: memberKilled
  },
  {
    id: 'member-replaced',
    fault: 'third member joins, first leaves by close(true), under traffic',
    must: '0 lost, 0 doubled, no partition silent for more than 3.5 s at default options',
    kafka: { nodes: 1 },
    kafkajs: { quick: false },
    run: memberReplaced
  },
  {
    id: 'rebalance-storm',
    fault: 'a member joins or leaves each second for a minute, 12 partitions',
    must: '0 lost, 0 doubled, no emission of a revoked partition after `rebalancing`, stable within 10 s of the end',
    kafka: { nodes: 1 },
    kafkajs: { quick: true },
    run: storm
  }
]
