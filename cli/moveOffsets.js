'use strict'

const { fork, spawn } = require('child_process')
const fs = require('fs')
const os = require('os')
const path = require('path')
const { errorName } = require('../lib/internal/errorCodes')
const { clearTimeout, setTimeout } = require('../core/scheduling/timers')

/** The version of kafka-node that reads the old offsets. */
const ORIGINAL = 'kafka-node@5.0.0'
/** Deadline for each side's work, ms. Far more than it takes if the cluster answers at all. */
const TIMEOUT = 30000
/** How brokers answer a commit from outside as long as the group has members. */
const UNKNOWN_MEMBER_ID = 25

/**
 * @typedef {object} MovedPartition
 * @property {string} topic
 * @property {number} partition
 * @property {number} zookeeper the offset found there, that of the next message to read; -1: none
 * @property {number} kafka what the group had committed to Kafka before; -1: nothing
 * @property {'moved' | 'kept' | 'none'} outcome `kept`: Kafka's own commit was left as it is; `none`: nothing to move
 */

/**
 * Copies the offsets that a `Consumer` of kafka-node has committed, which the brokers keep in ZooKeeper, to the commits
 * of the same group in Kafka. Nothing in ZooKeeper is changed.
 *
 * @param {object} options
 * @param {string} options.kafkaHost brokers of a cluster in ZooKeeper mode
 * @param {string} options.group
 * @param {string[]} options.topics
 * @param {boolean} [options.overwrite] whether commits that the group already has in Kafka are replaced; default false
 * @param {boolean} [options.dryRun] default false; true: only show what would be done
 * @param {Record<string, any>} [options.clientOptions] for the clients of both sides, such as `sslOptions` and `sasl`
 * @param {string} [options.original] folder of an installed kafka-node 5; default: installed with npm into a temporary
 *   folder, which is removed
 * @returns {Promise<MovedPartition[]>}
 * @throws {Error} when npm or a cluster fails, a topic does not exist, or the broker refuses the commit, as it does
 *   while the group has members
 */
async function moveOffsets ({ group, topics, overwrite = false, dryRun = false, ...rest }) {
  const clientOptions = { ...rest.clientOptions, kafkaHost: rest.kafkaHost }
  const found = rest.original
    ? await readFromZookeeper({ folder: path.resolve(rest.original), clientOptions, group, topics })
    : await withOriginal(folder => readFromZookeeper({ folder, clientOptions, group, topics }))
  return withClient(clientOptions, async client => {
    const before = await readCommits(client, group, found)
    const results = found.map(({ topic, partition, offset }, index) => {
      const kafka = before[index]
      const outcome = offset < 0 ? 'none' : kafka >= 0 && !overwrite ? 'kept' : 'moved'
      return /** @type {MovedPartition} */ ({ topic, partition, zookeeper: offset, kafka, outcome })
    })
    const commits = found.filter((each, index) => results[index].outcome === 'moved')
    if (!dryRun && commits.length > 0) await commit(client, group, commits)
    return results
  })
}

/**
 * @template T
 * @param {(folder: string) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withOriginal (use) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-move-'))
  try {
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
    await install(folder)
    return await use(path.join(folder, 'node_modules', 'kafka-node'))
  } finally {
    // rmSync came with Node 14.14
    const remove = fs.rmSync || fs.rmdirSync
    remove(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string} folder
 * @returns {Promise<void>}
 */
function install (folder) {
  // Under npx this is the running npm; its own script needs no shell, which npm.cmd would.
  const script = process.env.npm_execpath
  const own = script !== undefined && /npm-cli\.js$/.test(script)
  const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const args = ['install', ...options, ORIGINAL]
  const child = own
    ? spawn(process.execPath, [script, ...args], { cwd: folder })
    : spawn('npm', args, { cwd: folder, shell: process.platform === 'win32' })
  let output = ''
  child.stdout.on('data', text => { output += text })
  child.stderr.on('data', text => { output += text })
  return new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ why) => reject(new Error(
      `${ORIGINAL} could not be installed, which reads the old offsets: ${why.trim()}\n` +
      'Where npm cannot install it, name the folder of an installed one with --kafka-node.'))
    child.once('error', error => fail(error.message))
    child.once('close', code => { code === 0 ? resolve() : fail(output) })
  })
}

/**
 * @param {{ folder: string, clientOptions: Record<string, any>, group: string, topics: string[] }} job
 * @returns {Promise<{ topic: string, partition: number, offset: number }[]>}
 */
function readFromZookeeper (job) {
  const program = path.join(__dirname, 'readZookeeperOffsets.js')
  // advanced: certificates are usually Buffers, which JSON would turn into other objects
  const child = fork(program, [], { execArgv: ['--no-deprecation'], serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    const fail = (/** @type {string} */ why) => {
      reject(new Error(`the offsets in ZooKeeper could not be read: ${why}`))
      child.kill('SIGKILL')
    }
    const timer = setTimeout(fail, TIMEOUT, `no answer within ${TIMEOUT / 1000} s`)
    child.once('error', error => fail(error.message))
    child.once('exit', () => {
      clearTimeout(timer)
      fail('the process with kafka-node ended without an answer')
    })
    child.once('message', (/** @type {any} */ { error, partitions }) => {
      if (error) fail(error)
      else resolve(partitions)
    })
    try {
      child.send(job)
    } catch (error) {
      fail(`the client options must be plain data: ${/** @type {Error} */ (error).message}`)
    }
  })
}

/**
 * @template T
 * @param {object} options of KafkaClient
 * @param {(client: any) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withClient (options, use) {
  const KafkaClient = require('../lib/kafkaClient')
  const client = new KafkaClient(options)
  try {
    await new Promise((resolve, reject) => {
      client.once('ready', resolve)
      client.on('error', reject)
    })
    return await use(client)
  } finally {
    await new Promise(resolve => client.close(resolve))
  }
}

/**
 * @param {any} client
 * @param {string} group
 * @param {{ topic: string, partition: number }[]} partitions
 * @returns {Promise<number[]>} in the same order; -1: none
 */
function readCommits (client, group, partitions) {
  return new Promise((resolve, reject) => {
    client.sendOffsetFetchRequest(group, partitions, (/** @type {any} */ err, /** @type {any} */ offsets) => {
      if (err) reject(err)
      else resolve(partitions.map(({ topic, partition }) => offsets[topic][partition]))
    })
  })
}

/**
 * @param {any} client
 * @param {string} group
 * @param {{ topic: string, partition: number, offset: number }[]} commits
 * @returns {Promise<void>}
 */
function commit (client, group, commits) {
  return new Promise((resolve, reject) => {
    client.sendOffsetCommitRequest(group, commits, (/** @type {any} */ err, /** @type {any} */ result) => {
      if (err) return reject(err)
      for (const { partition, errorCode } of /** @type {any[]} */ (Object.values(result))) {
        if (errorCode === 0) continue
        const why = errorCode === UNKNOWN_MEMBER_ID ? 'the group has members, stop them first' : errorName(errorCode)
        return reject(new Error(`the broker refuses a commit of group ${group} (partition ${partition}): ${why}`))
      }
      resolve()
    })
  })
}

module.exports = { moveOffsets }
