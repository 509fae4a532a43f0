'use strict'

const { spawn } = require('node:child_process')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { makeValues } = require('./values')
const { Meter, handles, peakResidentMb, percentiles, residentMb, round } = require('./meter')

/**
 * One measurement, as it reaches the process that does it.
 *
 * @typedef {object} Job
 * @property {string} client
 * @property {'consume' | 'produce' | 'latency' | 'endToEnd' | 'slow' | 'many' | 'transactions' | 'join' |
 *   'start'} task
 * @property {string} brokers
 * @property {string} topic
 * @property {number} partitions
 * @property {string} groupId
 * @property {number} records to count, or to send
 * @property {number} seconds after which the measurement ends with what has been done so far
 * @property {'message' | 'batch'} mode
 * @property {'Consumer'} [api]
 * @property {'cooperative'} [protocol] of the group
 * @property {'string' | 'buffer'} as
 * @property {number} size of values, in bytes
 * @property {'none' | 'gzip'} codec
 * @property {1 | -1} acks
 * @property {number} perSend records of a send
 * @property {number} inFlight sends
 * @property {number} rate records per second
 * @property {number} count of consumers, and of producers
 * @property {{from: string, name: string}} library
 */

/** How long a group is watched before and after a rebalance. */
const QUIET_MS = 2000

/** @typedef {{done: Promise<any>, end: (result: any) => void, fail: (error: unknown) => void}} Outcome */

/** @returns {Outcome} */
function outcome () {
  /** @type {any} */
  const result = {}
  result.done = new Promise((resolve, reject) => { Object.assign(result, { end: resolve, fail: reject }) })
  return result
}

/** @param {Job} job @param {(value: any) => void} each @param {object} [more] */
const consumerJob = (job, each, more) => ({
  ...job, fromBeginning: true, each, onAssigned () {}, onError () {}, ...more
})

/** @param {import('./adapter').Adapter} adapter @param {Job} job */
async function consume (adapter, job) {
  const { done, end, fail } = outcome()
  const meter = new Meter()
  const opened = process.hrtime.bigint()
  let firstRecordMs = 0
  let count = 0
  let characters = 0
  const finish = () => {
    clearTimeout(cap)
    // the clock starts with the first record, which is not counted
    const result = meter.running ? meter.stop(count - 1) : null
    if (!result) return fail(new Error(`no record within ${job.seconds} s`))
    if (characters === 0) return fail(new Error('values were empty'))
    end({ ...result, firstRecordMs, partial: count < job.records })
  }
  const cap = setTimeout(finish, job.seconds * 1000)
  const { records } = job
  const each = (/** @type {string | Buffer} */ value) => {
    characters += value.length
    if (++count === 1) {
      firstRecordMs = round(Number(process.hrtime.bigint() - opened) / 1e6)
      meter.start()
    } else if (count === records) finish()
  }
  const [consumer, result] = await Promise.all([adapter.consumer(consumerJob(job, each, { onError: fail })), done])
  return { result, close: () => consumer.close() }
}

/**
 * Sends are prepared before the clock starts, so that only the client's work counts.
 *
 * @param {Job} job
 * @returns {string[][]}
 */
function makeSends ({ size, perSend }) {
  const values = makeValues(size)
  return Array.from({ length: 64 }, (_, send) => {
    return Array.from({ length: perSend }, (_, record) => values[(send * perSend + record) % values.length])
  })
}

/** @param {import('./adapter').Adapter} adapter @param {Job} job */
async function openProducer (adapter, job) {
  const producer = await adapter.producer(job)
  // The metadata, connections and ids of every partition are known before the clock starts.
  for (let partition = 0; partition < job.partitions; partition++) {
    await new Promise((resolve, reject) => {
      producer.send(partition, ['warm-up'], (error) => error ? reject(error) : resolve(undefined))
    })
  }
  return producer
}

/** @param {import('./adapter').Adapter} adapter @param {Job} job */
async function produce (adapter, job) {
  const producer = await openProducer(adapter, job)
  const sends = makeSends(job)
  const { done, end, fail } = outcome()
  const meter = new Meter()
  const { records, perSend, partitions } = job
  let sent = 0
  let acknowledged = 0
  let open = true
  const finish = () => {
    clearTimeout(cap)
    open = false
    if (acknowledged === 0) fail(new Error(`no send was acknowledged within ${job.seconds} s`))
    else end({ ...meter.stop(acknowledged), partial: acknowledged < records })
  }
  const next = () => {
    if (!open || sent >= records) return
    const send = sent / perSend
    sent += perSend
    producer.send(send % partitions, sends[send % sends.length], report)
  }
  const report = (/** @type {unknown} */ error) => {
    if (error) return fail(error)
    acknowledged += perSend
    if (acknowledged >= records) finish()
    else next()
  }
  const cap = setTimeout(finish, job.seconds * 1000)
  meter.start()
  for (let i = 0; i < job.inFlight; i++) next()
  const result = await done
  return { result, close: () => producer.close() }
}

/** Sends of one record, each after the answer to the previous one. @type {typeof produce} */
async function latency (adapter, job) {
  const producer = await openProducer(adapter, job)
  const [value] = makeValues(job.size)
  /** @type {number[]} */
  const samples = []
  const warmUp = Math.min(50, job.records / 10)
  const meter = new Meter()
  const until = Date.now() + job.seconds * 1000
  for (let i = -warmUp; i < job.records && (Date.now() < until || samples.length === 0); i++) {
    if (i === 0) meter.start()
    const before = process.hrtime.bigint()
    await new Promise((resolve, reject) => {
      producer.send((i + warmUp) % job.partitions, [value], (error) => error ? reject(error) : resolve(undefined))
    })
    if (i >= 0) samples.push(Number(process.hrtime.bigint() - before) / 1e6)
  }
  const { cpuMicrosPerRecord, peakRssMb } = meter.stop(samples.length)
  const partial = samples.length < job.records
  return {
    result: { ...percentiles(samples), cpuMicrosPerRecord, peakRssMb, partial }, close: () => producer.close()
  }
}

/**
 * From `send` to the handler, at a fixed rate, within one process. The records of the first second do not count.
 *
 * @type {typeof produce}
 */
async function endToEnd (adapter, job) {
  const { done, end, fail } = outcome()
  /** @type {number[]} */
  const samples = []
  const meter = new Meter()
  /** @type {NodeJS.Timeout | undefined} */
  let pace
  let warm = false
  const cap = setTimeout(() => finish(), job.seconds * 1000)
  const finish = () => {
    clearInterval(pace)
    clearTimeout(cap)
    if (samples.length === 0) return fail(new Error(`no record arrived within ${job.seconds} s`))
    const { cpuMicrosPerRecord, peakRssMb } = meter.stop(samples.length)
    end({ ...percentiles(samples), cpuMicrosPerRecord, peakRssMb, partial: samples.length < job.records })
  }
  const each = (/** @type {string} */ value) => {
    const now = process.hrtime.bigint()
    if (!warm) {
      if (value.startsWith('first')) start()
      return
    }
    if (!value.startsWith('@')) return
    if (samples.length === 0) meter.start()
    samples.push(Number(now - BigInt(value.slice(1, value.indexOf(' ')))) / 1e6)
    if (samples.length === job.records) finish()
  }
  const producer = await openProducer(adapter, job)
  const consumer = await adapter.consumer(consumerJob(job, each, { as: 'string', onError: fail }))
  const report = (/** @type {unknown} */ error) => { if (error) fail(error) }
  const filler = ' '.repeat(job.size)
  const start = () => {
    warm = true
    const started = process.hrtime.bigint()
    let sent = 0
    pace = setInterval(() => {
      const elapsed = Number(process.hrtime.bigint() - started) / 1e9
      const due = Math.min(job.records + job.rate, elapsed * job.rate)
      for (; sent < due; sent++) {
        const mark = sent < job.rate ? '~' : '@'
        producer.send(sent % job.partitions, [`${mark}${process.hrtime.bigint()}${filler}`.slice(0, job.size)], report)
      }
    }, 1)
  }
  producer.send(0, ['first'], report)
  const result = await done
  return { result, close: () => Promise.all([consumer.close(), producer.close()]) }
}

/** A handler that keeps the loop busy for 5 ms after each 100 records. @type {typeof produce} */
async function slow (adapter, job) {
  const { done, end, fail } = outcome()
  const meter = new Meter()
  const idleMb = residentMb()
  let count = 0
  let assignments = 0
  let over = false
  const each = () => {
    if (over) return
    if (++count === 1) {
      meter.start()
      setTimeout(finish, job.seconds * 1000)
    }
    if (count % 100 === 0) {
      const until = performance.now() + 5
      while (performance.now() < until);
      // A client that never lets the timer fire would be measured forever.
      if (meter.seconds > job.seconds * 1.5) finish()
    }
  }
  const finish = () => {
    if (over) return
    over = true
    end({
      ...meter.stop(count),
      rssAboveIdleMb: round(peakResidentMb() - idleMb, 1),
      rebalances: assignments > 0 ? assignments - 1 : null
    })
  }
  const none = setTimeout(() => { if (count === 0) fail(new Error('no record arrived')) }, job.seconds * 1000)
  const consumer = await adapter.consumer(consumerJob(job, each, { onAssigned: () => assignments++, onError: fail }))
  const result = await done
  clearTimeout(none)
  return { result, close: () => consumer.close() }
}

/** Many consumers and producers that have nothing to do. @type {typeof produce} */
async function many (adapter, job) {
  const { fail, done, end } = outcome()
  const before = { ...handles(), rss: residentMb() }
  const started = process.hrtime.bigint()
  let assigned = 0
  const open = async () => {
    const producers = await Promise.all(Array.from({ length: job.count }, () => openProducer(adapter, job)))
    const consumers = await Promise.all(Array.from({ length: job.count }, (_, index) => {
      let mine = 0
      return adapter.consumer({
        ...consumerJob(job, () => {}, { onError: fail }),
        groupId: `${job.groupId}-${index}`,
        fromBeginning: false,
        onAssigned () {
          if (++mine === 1 && ++assigned === job.count) end(undefined)
        }
      })
    }))
    return [...producers, ...consumers]
  }
  const [clients] = await Promise.all([open(), Promise.race([done, sleep(job.seconds * 1000)])])
  const connectSeconds = round(Number(process.hrtime.bigint() - started) / 1e9)
  await sleep(2000)
  const cpu = process.cpuUsage()
  const idleFrom = process.hrtime.bigint()
  await sleep(5000)
  const { user, system } = process.cpuUsage(cpu)
  const micros = Number(process.hrtime.bigint() - idleFrom) / 1000
  const { threads, files } = handles()
  const rss = residentMb() - before.rss
  const perClient = (/** @type {number | null} */ now, /** @type {number | null} */ then) => {
    return now === null || then === null ? null : round((now - then) / clients.length, 2)
  }
  return {
    result: {
      clients: clients.length,
      connectSeconds,
      threads,
      threadsPerClient: perClient(threads, before.threads),
      files,
      filesPerClient: perClient(files, before.files),
      rssMb: round(rss, 1),
      rssPerClientMb: round(rss / clients.length, 2),
      idleCpuPercent: round((user + system) / micros * 100, 2),
      partial: assigned < job.count
    },
    close: () => Promise.all(clients.map((client) => client.close()))
  }
}

/** Transactions of one send each, one after the other: a producer has only one at a time. @type {typeof produce} */
async function transactions (adapter, job) {
  if (!adapter.transactions) throw new Error('has no transactions')
  const producer = await adapter.transactions({ ...job, transactionalId: job.groupId })
  const values = makeValues(job.size)
  const messages = Array.from({ length: job.perSend }, (_, i) => ({ partition: i % job.partitions, value: values[i] }))
  /** @type {number[]} */
  const samples = []
  const warmUp = Math.ceil(job.records / 20)
  const meter = new Meter()
  let until = Infinity
  for (let i = -warmUp; i < job.records && Date.now() < until; i++) {
    if (i === 0) {
      until = Date.now() + job.seconds * 1000
      meter.start()
    }
    const before = process.hrtime.bigint()
    await producer.commit(messages)
    if (i >= 0) samples.push(Number(process.hrtime.bigint() - before) / 1e6)
  }
  const { recordsPerSecond, cpuMicrosPerRecord, peakRssMb } = meter.stop(samples.length)
  return {
    result: {
      transactionsPerSecond: recordsPerSecond,
      ...percentiles(samples),
      cpuMicrosPerRecord,
      peakRssMb,
      partial: samples.length < job.records
    },
    close: () => producer.close()
  }
}

/**
 * A second member joins a group under steady traffic. The gap is the longest time between two records of one
 * partition that the first member reads before and after.
 *
 * @type {typeof produce}
 */
async function join (adapter, job) {
  const { done, end, fail } = outcome()
  const { partitions } = job
  const cap = setTimeout(() => fail(new Error(`the group was not shared within ${job.seconds} s`)), job.seconds * 1000)
  /** @typedef {{member: number, n: number, time: number}} Delivery */
  /** @type {Delivery[][]} by partition */
  const deliveries = Array.from({ length: partitions }, () => [])
  /** When something is waited for: called with each delivery. @type {() => void} */
  let look = () => {}
  const until = (/** @type {() => boolean} */ check) => Promise.race([done, new Promise((resolve) => {
    look = () => { if (check()) resolve(undefined) }
    look()
  })])
  const open = (/** @type {number} */ member) => adapter.consumer(consumerJob(job, (/** @type {string} */ value) => {
    const [partition, n] = value.split(' ', 2).map(Number)
    deliveries[partition].push({ member, n, time: performance.now() })
    look()
  }, { onError: fail }))
  const reads = (/** @type {number} */ member) => deliveries.filter((some) => some.some((one) => one.member === member))

  const traffic = spawn(process.execPath, [path.join(__dirname, '..', 'traffic.js'), JSON.stringify(job)],
    { stdio: ['ignore', 'ignore', 'inherit'] })
  process.on('exit', () => traffic.kill())
  const first = await open(0)
  await until(() => reads(0).length === partitions)
  const settled = performance.now()
  await sleep(QUIET_MS)
  const joining = performance.now()
  const second = await open(1)
  await until(() => reads(1).length === partitions / 2)
  const shared = performance.now()
  await sleep(QUIET_MS)
  clearTimeout(cap)
  const stopped = performance.now()

  const gap = (/** @type {Delivery[]} */ some, /** @type {number} */ from, /** @type {number} */ to) => {
    const times = some.map(({ time }) => time).filter((time) => time >= from && time <= to)
    return Math.max(0, ...times.slice(1).map((time, i) => time - times[i]))
  }
  const longest = (/** @type {Delivery[][]} */ all, /** @type {number} */ from, /** @type {number} */ to) =>
    round(Math.max(0, ...all.map((some) => gap(some, from, to))))
  const isMoved = (/** @type {Delivery[]} */ some) => some.some(({ member }) => member === 1)
  const kept = deliveries.filter((some) => !isMoved(some) && some.some(({ time }) => time > shared))
  const numbers = deliveries.map((some) => some.map(({ n }) => n))
  const distinct = numbers.map((some) => new Set(some).size)
  end({
    keptGapMs: longest(kept, joining, stopped),
    movedGapMs: longest(deliveries.filter(isMoved), joining, stopped),
    quietGapMs: longest(deliveries, settled, joining),
    kept: kept.length,
    repeated: numbers.reduce((sum, some, i) => sum + some.length - distinct[i], 0),
    // the values of a partition are numbered without gaps
    lost: numbers.reduce((sum, some, i) => sum + Math.max(...some) - Math.min(...some) + 1 - distinct[i], 0),
    shareMs: round(shared - joining)
  })
  const result = await done
  return {
    result,
    close () {
      traffic.kill()
      return Promise.all([first.close(), second.close()])
    }
  }
}

/** From start to the first record, and back out. @type {typeof produce} */
async function start (adapter, job) {
  const { done, end, fail } = outcome()
  const opened = process.hrtime.bigint()
  let assigned = opened
  const since = (/** @type {bigint} */ then) => round(Number(process.hrtime.bigint() - then) / 1e6)
  let first = true
  const each = () => {
    if (!first) return
    first = false
    end({ firstRecordMs: since(opened), afterAssignmentMs: assigned === opened ? null : since(assigned) })
  }
  const none = setTimeout(() => fail(new Error('no record arrived')), job.seconds * 1000)
  const consumer = await adapter.consumer(consumerJob(job, each, {
    onAssigned () { if (assigned === opened) assigned = process.hrtime.bigint() }, onError: fail
  }))
  const result = await done
  clearTimeout(none)
  return { result: { ...result, closeMs: null, peakRssMb: round(peakResidentMb(), 1) }, close: () => consumer.close() }
}

module.exports = { consume, produce, latency, endToEnd, slow, many, transactions, join, start }
