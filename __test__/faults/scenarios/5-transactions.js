'use strict'

// Transactions of KafkaJS's API whose producer, broker or consumer fails.

const { checkErrors, checkTransactions } = require('../checker')
const kafka = require('../../support/kafka')
const { stopProcess } = require('../../../tools/kafka/stopped')

/** @typedef {import('../context').Context} Context */
/** @typedef {import('../workload').Workload} Workload */

const PARTITIONS = 3
const PER_TRANSACTION = 6
const EXIT_FATAL = 3
const FENCED = 'INVALID_PRODUCER_EPOCH'
const SESSION_MS = 6000

/** Programs that write transactions with one transactional id. */
class Writers {
  /** @param {Context} context */
  constructor (context) {
    this.context = context
    this.transactionalId = context.uniqueName('id')
    this.topic = ''
    /** @type {Workload[]} all there have ever been */
    this.all = []
  }

  async begin () {
    this.topic = await this.context.createTopic('transactions', PARTITIONS)
  }

  start () {
    const { context, topic, transactionalId } = this
    const writer = context.start('transactions', {
      kafkaHost: context.brokers,
      transactionalId,
      topic,
      partitions: PARTITIONS,
      perTransaction: PER_TRANSACTION,
      id: this.idOf(this.all.length)
    })
    this.all.push(writer)
    return writer
  }

  /** @param {number} i */
  idOf (i) {
    return `w${i}`
  }

  /** Ends the last one, and checks what is visible of all. */
  async end () {
    const { context, topic, all } = this
    for (const writer of all) {
      if (writer.exit) continue
      const { code, signal } = await writer.finish()
      context.expect(code === 0 && signal === null, `${writer.name} ended with ${code} ${signal}`)
    }
    const visible = await context.readCommitted(topic, PARTITIONS)
    all.forEach((writer, i) => {
      const events = writer.read()
      const verdict = checkTransactions({ events, visible, id: this.idOf(i), perTransaction: PER_TRANSACTION })
      context.expectNone(verdict, writer.name)
      context.expectNone(checkErrors(events), writer.name)
    })
    const count = (/** @type {string} */ event) => all.reduce((sum, writer) => sum + writer.all(event).length, 0)
    const failed = all.flatMap((writer) => writer.all('failed'))
    const types = [...new Set(failed.map((event) => event[3]))].join(', ')
    context.saw(`${count('begun')} transactions: ${count('committed')} committed, ${count('aborted')} aborted, ` +
      `${failed.length} errors${types && ` (${types})`}; ${visible.length} records visible`)
  }
}

/** @param {Context} context */
async function producerKilled (context) {
  const writers = new Writers(context)
  await writers.begin()
  const rounds = context.quick ? 4 : 20
  for (let round = 0; round < rounds; round++) {
    const writer = writers.start()
    const stage = ['sent', 'committing', 'begun', 'aborting'][round % 4]
    await writer.see((event) => event[1] === stage && event[2] >= 3 + round % 5, { what: `a transaction ${stage}` })
    await writer.kill('SIGKILL')
  }
  const last = writers.start()
  await last.see((event) => event[1] === 'committed' && event[2] >= 10, { what: 'ten transactions' })
  await writers.end()
}

/**
 * @param {Context} context
 * @param {number} rounds
 * @param {(round: number) => Promise<unknown>} fault
 */
async function faultAtCommit (context, rounds, fault) {
  const writers = new Writers(context)
  await writers.begin()
  const writer = writers.start()
  for (let round = 0; round < rounds; round++) {
    const from = Date.now()
    const [, , n] = await writer.see('committed', { after: from, timeout: 120000 })
    await writer.see((event) => event[1] === 'committing' && event[2] > n, { what: 'the next commit' })
    await fault(round)
    const back = Date.now()
    const [time] = await writer.see('committed', { after: back, timeout: 120000 })
    context.saw(`committed again ${time - back} ms after the fault`)
  }
  await writers.end()
}

/** @param {Context} context */
async function zombie (context) {
  const writers = new Writers(context)
  await writers.begin()
  const stale = writers.start()
  await stale.see((event) => event[1] === 'sent' && event[2] >= 3, { what: 'a transaction with records' })
  await stopProcess(Number(stale.child.pid))
  const heir = writers.start()
  await heir.see((event) => event[1] === 'committed' && event[2] >= 3, { what: 'transactions of the heir' })
  stale.child.kill('SIGCONT')
  const { code } = await stale.ended
  const [, , , type, fatal] = stale.all('failed').at(-1) || []
  context.expect(type === FENCED && fatal, `the zombie failed with ${type}, fatal: ${fatal}`)
  context.expect(code === EXIT_FATAL, `the zombie ended with ${code}`)
  // the commit that was under way when it was stopped may have reached the broker
  const [taken] = heir.all('ready')
  const last = Math.max(...stale.all('begun').filter(([time]) => time < taken[0]).map((event) => event[2]))
  const after = stale.all('committed').filter((event) => event[2] > last)
  context.expect(after.length === 0, `the zombie committed ${after.length} transactions`)
  await heir.see((event) => event[1] === 'committed', { after: Date.now() })
  await writers.end()
}

/** @param {Context} context */
async function exactlyOnce (context) {
  const count = context.quick ? 2000 : 20000
  const [from, to] = [await context.createTopic('from', PARTITIONS), await context.createTopic('to', PARTITIONS)]
  const groupId = context.uniqueName('group')
  for (let i = 0; i < count; i += 1000) {
    await kafka.produceRaw(context.brokers, from, Array.from({ length: 1000 }, (_, j) =>
      ({ partition: (i + j) % PARTITIONS, value: String(i + j) })))
  }
  const slots = [context.uniqueName('id'), context.uniqueName('id')]
  /** @type {Workload[]} */
  const all = []
  const start = (/** @type {number} */ slot) => {
    const config = { kafkaHost: context.brokers, from, to, groupId, sessionTimeout: SESSION_MS }
    const worker = context.start('transform', { ...config, transactionalId: slots[slot] })
    all.push(worker)
    return worker
  }
  const workers = [start(0), start(1)]
  const startAgain = () => workers.forEach((worker, slot) => {
    if (worker.exit) workers[slot] = start(slot)
  })
  await Promise.any(workers.map((worker) => worker.see('committed')))
  const faults = ['process', 'broker', 'process']
  const rounds = context.quick ? 2 : 12
  for (let round = 0; round < rounds; round++) {
    const slot = round % 2
    const other = workers[1 - slot]
    if (faults[round % 3] === 'broker') {
      await context.kafka.kill()
      await context.delay(1000)
      await context.kafka.restart()
    } else {
      // in the middle of a transaction, if there is still something to do
      const busy = await Promise.race([
        workers[slot].see('sent', { after: Date.now(), timeout: 2 * SESSION_MS }).then(() => true, () => false),
        other.ended.then(() => false)
      ])
      if (busy) await workers[slot].kill('SIGKILL')
    }
    startAgain()
  }
  const deadline = Date.now() + 120000
  const done = async () => (await context.committed(groupId, from)).reduce((sum, { offset }) => sum + offset, 0)
  while (await done() < count && Date.now() < deadline) {
    await context.delay(200)
    startAgain()
  }
  for (const worker of workers) {
    const { code, signal } = await worker.finish()
    context.expect(code === 0 && signal === null, `${worker.name} ended with ${code} ${signal}`)
  }
  const visible = await context.readCommitted(to, PARTITIONS)
  const written = await context.readLog(to)
  const distinct = new Set(visible)
  context.expect(distinct.size === count, `${count - distinct.size} of ${count} records lost`)
  context.expect(visible.length === distinct.size, `${visible.length - distinct.size} records doubled`)
  const failed = all.flatMap((worker) => worker.all('failed'))
  const killed = all.filter(({ exit }) => exit && exit.signal === 'SIGKILL').length
  context.saw(`${count} records, ${distinct.size} visible, ${written.length - visible.length} hidden; ${killed} ` +
    `processes killed, ${all.length} started; ${failed.length} transactions failed`)
}

module.exports = [
  {
    id: 'transaction-producer-killed',
    fault: 'KafkaJS\'s API: producer killed in the middle of a transaction, 20 times, and replaced',
    must: 'of each transaction all or nothing is visible: all of those committed, nothing of the others',
    kafka: { nodes: 1 },
    run: producerKilled
  },
  {
    id: 'transaction-broker-killed',
    fault: 'KafkaJS\'s API: single broker killed at a commit, four times, and restarted',
    must: 'every call is answered; what resolved is visible, nothing of what was aborted; goes on by itself',
    kafka: { nodes: 1 },
    run: (/** @type {Context} */ context) => faultAtCommit(context, context.quick ? 1 : 4, async () => {
      await context.kafka.kill()
      await context.delay(2000)
      await context.kafka.restart()
    })
  },
  {
    id: 'transaction-coordinator-killed',
    fault: 'KafkaJS\'s API: three nodes, one after the other killed at a commit',
    must: 'every call is answered; what resolved is visible, nothing of what was aborted; goes on by itself',
    kafka: { nodes: 3 },
    quick: false,
    run: (/** @type {Context} */ context) => faultAtCommit(context, 3, async (round) => {
      const node = context.kafka.nodes[round]
      await node.kill()
      await context.delay(2000)
      await node.restart()
    })
  },
  {
    id: 'zombie-fenced',
    fault: 'KafkaJS\'s API: producer stopped in the middle of a transaction, replaced, and woken up',
    must: `a fatal ${FENCED}; nothing of what it had not committed is visible; its heir goes on`,
    kafka: { nodes: 1 },
    run: zombie
  },
  {
    id: 'exactly-once',
    fault: 'KafkaJS\'s API: two processes read, transform and write in transactions; they and the broker are killed',
    must: '0 lost, 0 doubled for readers of what is committed',
    kafka: { nodes: 1 },
    run: exactlyOnce
  }
]
