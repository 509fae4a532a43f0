'use strict'

const fs = require('fs')
const { Option } = require('commander')
const { integer, pairs, unescaped } = require('../arguments')
const { addConnectionOptions, connection, withAdmin } = require('../connection')
const { UsageError } = require('../failures')
const { isInterrupted, onInterrupt } = require('../interruption')
const { LineSplitter } = require('../lines')
const { lineReader } = require('../messages')
const { Output, printable } = require('../output')

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
/** Sends on their way at once; each has what one read of the input has brought. */
const MAX_SENDS = 8

/**
 * @typedef {import('../connection').ConnectionOptions & { json?: boolean, key?: string, keySeparator?: string,
 *   header?: Array<[string, string]>, partition?: number, compression: string, acks: number,
 *   emptyLines?: boolean }} Options
 */

/**
 * @param {string} topic
 * @param {string[]} files
 * @param {Options} options
 */
async function produce (topic, files, options) {
  const output = new Output(options)
  const { key, keySeparator, header = [], partition, json } = options
  if (json && (key !== undefined || keySeparator !== undefined)) {
    throw new UsageError('--json lines have their own keys: leave out --key and --key-separator')
  }
  if (keySeparator === '') throw new UsageError('--key-separator needs at least one character')
  const separator = keySeparator === undefined ? undefined : unescaped(keySeparator)
  const read = lineReader({ json, key, keySeparator: separator, headers: header, partition })
  const inputs = files.length === 0 ? ['-'] : files
  for (const file of inputs) if (file !== '-') checkReadable(file)

  const kafka = await connection(options)
  // A topic that is misspelt would be created, or fail only with the first line.
  await withAdmin(kafka, async admin => {
    const { topics: [found] } = await admin.describeTopics({ topics: [topic] })
    if (found && found.error) throw found.error
  })
  if (inputs.includes('-') && process.stdin.isTTY) output.note('Each line is a message. Ctrl-D ends.')

  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const sending = new Sending(producer, output, {
    topic,
    acks: options.acks,
    compression: CODECS.indexOf(options.compression)
  })
  try {
    for (const file of inputs) {
      if (isInterrupted()) break
      await sendLines(file, read, sending, options)
    }
    await sending.settled()
  } finally {
    await producer.disconnect()
  }
  const { sent, partitions } = sending
  output.result({ topic, sent, partitions: [...partitions].sort((a, b) => a - b) },
    () => output.note(`Sent ${sent} message${sent === 1 ? '' : 's'} to ${printable(topic)}.`))
}

/** @param {string} file */
function checkReadable (file) {
  try {
    fs.accessSync(file, fs.constants.R_OK)
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${/** @type {NodeJS.ErrnoException} */ (error).code})`)
  }
}

/**
 * @param {string} file `-` for the standard input
 * @param {(line: Buffer) => import('../../kafkajs').NativeMessage} read
 * @param {Sending} sending
 * @param {Options} options
 */
async function sendLines (file, read, sending, { emptyLines = false }) {
  const input = file === '-' ? process.stdin : fs.createReadStream(file)
  const splitter = new LineSplitter()
  let number = 0
  const send = async (/** @type {Buffer[]} */ lines) => {
    const messages = []
    let failure = null
    for (const line of lines) {
      number++
      if (line.length === 0 && !emptyLines) continue
      try {
        messages.push(read(line))
      } catch (error) {
        const place = file === '-' ? 'line' : `${file}, line`
        const { message } = /** @type {Error} */ (error)
        failure = new Error(`${place} ${number}: ${message}. The lines before it have been sent.`)
        break
      }
    }
    await sending.add(messages)
    if (failure === null) return
    await sending.settled()
    throw failure
  }
  const forget = onInterrupt(() => input.destroy())
  try {
    for await (const chunk of input) {
      await send(splitter.push(chunk))
      if (isInterrupted()) break
    }
  } catch (error) {
    // the input that was broken off
    if (!isInterrupted()) throw error
  } finally {
    forget()
  }
  // After Ctrl-C the last line may be half of one.
  if (!isInterrupted()) await send(splitter.end())
}

class Sending {
  /**
   * @param {import('../../kafkajs').Producer} producer
   * @param {Output} output
   * @param {{ topic: string, acks: number, compression: number }} options of `send`
   */
  constructor (producer, output, options) {
    this.producer = producer
    this.output = output
    this.options = options
    this.sent = 0
    /** @type {Set<number>} where they went */
    this.partitions = new Set()
    /** @type {Set<Promise<void>>} */
    this.underWay = new Set()
    /** @type {unknown} */
    this.error = null
  }

  /**
   * @param {import('../../kafkajs').NativeMessage[]} messages
   * @returns {Promise<void>} resolved when there is room for more
   */
  async add (messages) {
    if (messages.length > 0) {
      const send = this.producer.send({ ...this.options, messages })
        .then(results => this.onSent(messages, results), error => { this.error = this.error || error })
        .then(() => { this.underWay.delete(send) })
      this.underWay.add(send)
    }
    while (this.underWay.size >= MAX_SENDS) await Promise.race(this.underWay)
    if (this.error) throw this.error
  }

  /**
   * @param {import('../../kafkajs').NativeMessage[]} messages
   * @param {import('../../kafkajs').RecordMetadata[]} results
   */
  onSent (messages, results) {
    this.sent += messages.length
    this.output.progress(`${this.sent} messages`)
    for (const { partition } of results) this.partitions.add(partition)
  }

  /** @returns {Promise<void>} rejected with the first failure */
  async settled () {
    await Promise.all(this.underWay)
    if (this.error) throw this.error
  }
}

/** @param {import('commander').Command} program */
module.exports = program => {
  addConnectionOptions(program.command('produce <topic> [files...]')
    .summary('send lines as messages')
    .description('Sends each line of the standard input, or of files, as a message. The topic has to exist.'))
    .option('-k, --key <text>', 'the key of all messages')
    .option('-K, --key-separator <text>', 'each line is key, separator, value; \\t is a tab')
    .option('-H, --header <name=value>', 'a header of all messages; may be repeated', pairs)
    .option('-p, --partition <n>', 'the partition of all messages; default: by key', integer({ max: 2 ** 31 - 1 }))
    .addOption(new Option('-z, --compression <codec>', 'how messages are compressed').choices(CODECS).default('none'))
    .addOption(new Option('-a, --acks <n>', 'all replicas in sync (-1), the leader (1) or nobody (0) confirms')
      .default(-1).argParser(integer({ min: -1, max: 1 })))
    .option('--empty-lines', 'an empty line is an empty message; default: it is skipped')
    .option('--json', 'lines are JSON, as `consume --format json` prints them, and so is the result: ' +
      '{ "value", "key", "headers", "partition", "timestamp" }; bytes that are no text are { "base64": "..." }')
    .addHelpText('after', `
Examples:
  echo hello | kafka-node-native produce test --brokers localhost:9092
  kafka-node-native produce orders orders.txt --key-separator : --compression zstd
  kafka-node-native consume orders --until end --format json | kafka-node-native produce copy --json`)
    .action(produce)
}
