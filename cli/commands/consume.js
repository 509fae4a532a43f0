'use strict'

const { randomBytes } = require('crypto')
const { integer, notEmpty, partitions: partitionList, seconds } = require('../arguments')
const { addConnectionOptions, connection, withAdmin } = require('../connection')
const { UsageError } = require('../failures')
const { onInterrupt } = require('../interruption')
const { lineWriter } = require('../messages')
const { Output, printable } = require('../output')
const { FORMS, parsePosition, resolvePosition } = require('../positions')
const { clearTimeout, setTimeout } = require('../../core/scheduling/timers')

/** Without a group of the user's: the members of a group that commits nothing, and is gone with its only member. */
const OWN_GROUPS = 'kafka-node-native-cli-'

/**
 * @typedef {import('../positions').Position} Position
 * @typedef {import('../connection').ConnectionOptions & { json?: boolean, format: string, from?: Position,
 *   until?: Position, count?: number, group?: string, partitions?: number[], readUncommitted?: boolean,
 *   idle: number }} Options
 * @typedef {{ start: bigint | null, end: bigint | null }} Range what to read of a partition: from `start`, or wherever
 *   the group is, up to before `end`, or without an end
 */

/**
 * @param {string} topic
 * @param {Options} options
 */
async function consume (topic, options) {
  const output = new Output(options)
  const { group, from, until, count, partitions: wanted } = options
  if (group !== undefined) checkGroupOptions(options)
  if (until !== undefined && until.kind !== 'end' && until.kind !== 'time') {
    throw new UsageError('--until takes end or a time')
  }
  if (until !== undefined && until.kind === 'time' && until.time > Date.now()) {
    throw new UsageError('--until takes a time that has passed: Ctrl-C ends a reading that goes on')
  }
  const write = writerOf(options)
  if (count === 0) return

  const kafka = await connection(options)
  const fromBeginning = from === undefined ? false : from.kind === 'beginning'
  const ranges = await withAdmin(kafka, admin => rangesOf(admin, topic, { group, from, until, wanted }))
  const consumer = kafka.consumer({
    groupId: group === undefined ? `${OWN_GROUPS}${randomBytes(6).toString('hex')}` : group,
    readUncommitted: options.readUncommitted === true,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
    onRebalance: ({ type, partitions }) => {
      if (type === 'assign') for (const each of partitions) reading.onAssigned(each.partitions)
    }
  })
  const reading = new Reading({ topic, consumer, ranges, count, commits: group !== undefined, write, output })
  const forget = onInterrupt(() => reading.end())
  try {
    if (reading.isDone()) return
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning })
    reading.run()
    if (until !== undefined) {
      reading.watch(options.idle, () => withAdmin(kafka, admin => admin.fetchTopicOffsets(topic)))
    }
    await reading.ended
  } finally {
    forget()
    reading.end()
    await consumer.disconnect()
    if (process.stdout.isTTY) output.note(`${reading.given} message${reading.given === 1 ? '' : 's'}`)
  }
}

/** @param {Options} options */
function checkGroupOptions ({ from, until, partitions }) {
  if (partitions !== undefined) {
    throw new UsageError('--partitions cannot be chosen with --group: the group assigns them')
  }
  if (from !== undefined && from.kind !== 'beginning' && from.kind !== 'end') {
    throw new UsageError('with --group, --from is where to start without a commit: beginning or end. ' +
      '`groups reset` moves a group')
  }
  if (until !== undefined && until.kind === 'time') {
    throw new UsageError('with --group, --until is end')
  }
}

/** @param {Options} options */
function writerOf ({ format, json }) {
  try {
    return lineWriter(json ? 'json' : format)
  } catch (error) {
    throw new UsageError(`--format: ${/** @type {Error} */ (error).message}`)
  }
}

/**
 * @param {import('../connection').Admin} admin
 * @param {string} topic
 * @param {{ group?: string, from?: Position, until?: Position, wanted?: number[] }} options
 * @returns {Promise<Map<number, Range>>} by partition
 */
async function rangesOf (admin, topic, { group, from = { kind: 'end' }, until, wanted }) {
  const { topics: [found] } = await admin.describeTopics({ topics: [topic] })
  if (found && found.error) throw found.error
  const starts = await resolvePosition(admin, topic, from)
  const ends = until === undefined ? null : await resolvePosition(admin, topic, until)
  const missing = (wanted || []).filter(each => !starts.some(({ partition }) => partition === each))
  if (missing.length > 0) {
    throw new UsageError(`${printable(topic)} has no partition ${missing.join(', ')}: it has ${starts.length}`)
  }
  /** @type {Map<number, bigint>} */
  const committed = new Map()
  if (group !== undefined && ends !== null) {
    const [{ partitions }] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    for (const { partition, offset } of partitions) if (Number(offset) >= 0) committed.set(partition, BigInt(offset))
  }
  /** @type {Map<number, Range>} */
  const ranges = new Map()
  starts.forEach(({ partition, offset, low }, i) => {
    if (wanted !== undefined && !wanted.includes(partition)) return
    const end = ends === null ? null : ends[i].offset
    if (group === undefined) {
      ranges.set(partition, { start: offset, end: end !== null && end <= low ? offset : end })
    } else {
      const at = committed.get(partition)
      // Only to know whether there is anything to wait for: the group itself finds its place.
      ranges.set(partition, { start: null, end: end !== null && (at === undefined ? offset : at) >= end ? low : end })
    }
  })
  return ranges
}

/** What is read of a topic, from the first message to the last. */
class Reading {
  /**
   * @param {object} options
   * @param {string} options.topic
   * @param {import('../../kafkajs').NativeConsumer} options.consumer
   * @param {Map<number, Range>} options.ranges
   * @param {number | undefined} options.count
   * @param {boolean} options.commits
   * @param {(received: import('../messages').Received) => Buffer} options.write
   * @param {Output} options.output
   */
  constructor ({ topic, consumer, ranges, count, commits, write, output }) {
    this.topic = topic
    this.consumer = consumer
    this.ranges = ranges
    this.count = count === undefined ? Infinity : count
    this.commits = commits
    this.writeMessage = write
    this.output = output
    this.given = 0
    this.isOver = false
    /**
     * Partitions that have something left.
     *
     * @type {Set<number>}
     */
    this.open = new Set()
    for (const [partition, { start, end }] of ranges) {
      if (end === null || (start === null ? end > 0n : start < end)) this.open.add(partition)
    }
    /** @type {NodeJS.Timeout | undefined} */
    this.timer = undefined
    /** @type {() => void} */
    this.onActive = () => {}
    /** @type {Promise<void>} */
    this.ended = new Promise((resolve, reject) => {
      this.finish = resolve
      this.fail = reject
    })
    // It may fail while nobody waits for it yet.
    this.ended.catch(() => {})
  }

  isDone () {
    return this.isOver || this.open.size === 0 || this.given >= this.count
  }

  end () {
    this.isOver = true
    clearTimeout(this.timer)
    if (this.finish) this.finish()
  }

  run () {
    this.consumer.on('consumer.crash', ({ payload: { error, restart } }) => {
      if (!restart && this.fail) this.fail(error)
    })
    this.consumer.run({
      autoCommit: this.commits,
      autoCommitInterval: 1000,
      eachBatchAutoResolve: false,
      eachBatch: payload => this.onBatch(payload)
    }).catch(error => { if (this.fail) this.fail(error) })
  }

  /** @param {number[]} partitions */
  onAssigned (partitions) {
    for (const partition of partitions) {
      const range = this.ranges.get(partition)
      if (range === undefined && !this.commits) this.consumer.pause([{ topic: this.topic, partitions: [partition] }])
      else if (range && range.start !== null) {
        this.consumer.seek({ topic: this.topic, partition, offset: String(range.start) })
      }
    }
  }

  /**
   * A partition's last offsets may belong to records that consumers do not see, such as the ends of transactions. So
   * nothing more within this time is an end, too, if the brokers answer.
   *
   * @param {number} idle s
   * @param {() => Promise<unknown>} checkBrokers
   */
  watch (idle, checkBrokers) {
    const onIdle = () => checkBrokers().then(() => {
      const left = [...this.open].sort((a, b) => a - b).join(', ')
      if (!this.isOver) {
        this.output.note(`Nothing more came within ${idle} s. What is left of partition ${left} is hidden from ` +
          'readers, or another member has it.')
      }
      this.end()
    }, error => { if (this.fail) this.fail(error) })
    this.onActive = () => {
      clearTimeout(this.timer)
      this.timer = setTimeout(onIdle, idle * 1000)
    }
    this.onActive()
  }

  /** @param {import('../../kafkajs').EachBatchPayload} payload */
  async onBatch ({ batch: { topic, partition, messages }, resolveOffset, isRunning, isStale }) {
    const range = this.ranges.get(partition)
    // a partition that the topic has got meanwhile is read by a group only
    if (range === undefined && !this.commits) return
    const { start, end } = range || { start: null, end: null }
    for (const message of messages) {
      if (this.isOver || !isRunning() || isStale()) return
      const offset = BigInt(message.offset)
      if (start !== null && offset < start) continue
      if (end !== null && offset >= end) {
        this.close(partition)
        return
      }
      const hasRoom = this.output.write(this.writeMessage({ topic, partition, message }))
      this.given++
      resolveOffset(message.offset)
      if (end !== null && offset + 1n >= end) this.close(partition)
      if (this.isDone()) return this.end()
      if (!hasRoom) await this.output.drained()
    }
    this.onActive()
  }

  /** @param {number} partition that has been read to its end */
  close (partition) {
    this.open.delete(partition)
    this.consumer.pause([{ topic: this.topic, partitions: [partition] }])
    if (this.isDone()) this.end()
  }
}

/** @param {import('commander').Command} program */
module.exports = program => {
  addConnectionOptions(program.command('consume <topic>')
    .summary('print the messages of a topic')
    .description('Prints the messages of a topic, one a line. Without --group nothing is committed.'))
    .option('-f, --format <format>', 'value, json, or a template with {key} {value} {headers} {topic} {partition} ' +
      '{offset} {timestamp} {time}; \\t is a tab', 'value')
    .option('--json', 'the same as --format json')
    .option('--from <position>', `where to start: ${FORMS} (default: end)`, text => parsePosition(text))
    .option('--until <position>', 'where to stop: end (as it is now) or a time; default: Ctrl-C',
      text => parsePosition(text))
    .option('-n, --count <n>', 'stop after so many messages', integer())
    .option('-g, --group <name>', 'read as a member of this group, from where it is, and commit', notEmpty)
    .option('-p, --partitions <list>', 'of these partitions only, such as 0,2,5-7', partitionList)
    .option('--read-uncommitted', 'also messages of transactions that are open or have been aborted')
    .option('--idle <seconds>', 'with --until: stop when nothing more has come for so long', seconds, 5)
    .addHelpText('after', `
Examples:
  kafka-node-native consume orders --from beginning --until end
  kafka-node-native consume orders --from 15m --format '{time} {partition}:{offset} {key} {value}'
  kafka-node-native consume orders --from last:10 --count 10 --json
  kafka-node-native consume orders --group billing --from beginning`)
    .action(consume)
}
