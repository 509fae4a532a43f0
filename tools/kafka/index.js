'use strict'

const { Cluster } = require('./cluster')
const { missingForJars, fetchJars } = require('./jars')
const { DockerKafka } = require('./docker')
const { LocalKafka } = require('./local')
const { freePort, isFree } = require('./ports')
const { release: releaseOf } = require('./properties')
const { hasDocker } = require('./tools')
const { parseAddress } = require('./wire')
const { waitUntilReady } = require('./ready')

const EXTERNAL_TIMEOUT_MS = 15000
/** Somebody else may take a random port between choosing it and starting the broker. */
const PORT_ATTEMPTS = 3

/**
 * A running Kafka.
 *
 * @typedef {object} Kafka
 * @property {string} brokers `host:port`, or a comma-separated list if it is not ours
 * @property {string} version such as `4.3.1`; `unknown` for one that KAFKA_BROKERS names without KAFKA_VERSION
 * @property {boolean} external whether KAFKA_BROKERS named it; then it cannot be killed, paused or restarted
 * @property {() => number[]} pids the processes on this machine that belong to it; none when it is not ours
 * @property {() => Promise<void>} kill SIGKILL; resolves when the broker's process is gone
 * @property {() => Promise<void>} pause SIGSTOP; resolves when it has stopped
 * @property {() => Promise<void>} resume SIGCONT
 * @property {() => Promise<void>} terminate SIGTERM, a clean end; resolves when the broker's process is gone
 * @property {() => Promise<void>} restart starts it again on the same port with its data, after a clean stop if it is
 *   running; resolves when it answers metadata with a leader for every partition
 * @property {() => Promise<void>} stop ends everything and removes the data; may be called twice
 */

/**
 * Where a broker would come from, determined before anything slow begins.
 *
 * @param {'4' | '3.9'} [version]
 * @returns {{ source: 'external' | 'jars' | 'docker' } | { source: 'none', message: string }} `message` names what is
 *   missing and the commands that install it
 */
function findKafka (version) {
  if (process.env.KAFKA_BROKERS) return { source: 'external' }
  const message = missingForJars(releaseOf(version))
  if (message === null) return { source: 'jars' }
  return hasDocker() ? { source: 'docker' } : { source: 'none', message }
}

/**
 * @param {string} wanted
 * @returns {Promise<Kafka>}
 */
async function connectExternal (wanted) {
  const brokers = String(process.env.KAFKA_BROKERS)
  const version = process.env.KAFKA_VERSION || 'unknown'
  if (version !== 'unknown' && version !== wanted && !version.startsWith(`${wanted}.`)) {
    throw new Error(`Kafka ${wanted} was asked for, but KAFKA_VERSION says that KAFKA_BROKERS (${brokers}) is ` +
      `${version}. Unset KAFKA_BROKERS to have one started.`)
  }
  try {
    await waitUntilReady({ ...parseAddress(brokers), timeout: EXTERNAL_TIMEOUT_MS, alive: () => true })
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    const text = `KAFKA_BROKERS names ${brokers}, which cannot be used: ${message}`
    throw Object.assign(new Error(text), { cause: error })
  }
  const refuse = (/** @type {string} */ what) => async () => {
    throw new Error(`Cannot ${what} the Kafka at ${brokers}: KAFKA_BROKERS named it, so it is not ours. ` +
      'Unset KAFKA_BROKERS to have one started.')
  }
  return {
    brokers,
    version,
    external: true,
    pids: () => [],
    kill: refuse('kill'),
    terminate: refuse('terminate'),
    pause: refuse('pause'),
    resume: refuse('resume'),
    restart: refuse('restart'),
    stop: async () => {}
  }
}

/**
 * Starts a real Kafka with one node and waits until it answers. It comes from KAFKA_BROKERS (a running one, not to be
 * stopped), from Kafka's own jars through Maven, or from Docker, in this order. It ends with `stop()`, or with this
 * process, however that ends.
 *
 * @param {object} [options]
 * @param {'4' | '3.9'} [options.version] `4` (default) runs in KRaft mode, `3.9` on ZooKeeper with broker id 1001
 * @param {number} [options.port] on 127.0.0.1; default: a random free one
 * @param {import('./properties').MoreProperties} [options.properties] broker properties on top of or instead of ours;
 *   only for the broker from jars
 * @param {string[]} [options.jvmOptions] only for the broker from jars
 * @param {(line: string) => void} [options.log] called with progress messages; default: nobody
 * @returns {Promise<Kafka>}
 * @throws {Error} when a tool is missing (with the command that installs it), the port is in use (`code` is
 *   `EADDRINUSE`) or the broker does not start (with the end of its log)
 */
async function startKafka ({ version = '4', port, properties, jvmOptions, log = () => {} } = {}) {
  const release = releaseOf(version)
  const found = findKafka(version)
  if (found.source === 'external') return connectExternal(version)
  if (found.source === 'none') throw new Error(found.message)
  if (port !== undefined && !await isFree(port)) {
    const message = `Port ${port} of 127.0.0.1 is in use: end the process that listens there, or choose another port`
    throw Object.assign(new Error(message), { code: 'EADDRINUSE' })
  }
  const jars = found.source === 'jars' ? await fetchJars(release, log) : ''
  for (let attempt = 1; ; attempt++) {
    const chosen = port === undefined ? await freePort() : port
    const kafka = found.source === 'jars'
      ? new LocalKafka({ release, jars, port: chosen, properties, jvmOptions })
      : new DockerKafka({ release, port: chosen })
    try {
      await kafka.start()
    } catch (error) {
      await kafka.stop()
      const { code } = /** @type {NodeJS.ErrnoException} */ (error)
      if (code === 'EADDRINUSE' && port === undefined && attempt < PORT_ATTEMPTS) continue
      throw error
    }
    return {
      brokers: `127.0.0.1:${chosen}`,
      version: release.version,
      external: false,
      pids: () => kafka.supervised.runningPids(),
      kill: () => kafka.kill(),
      terminate: () => kafka.terminate(),
      pause: () => kafka.signal('SIGSTOP'),
      resume: () => kafka.signal('SIGCONT'),
      restart: () => kafka.restart(),
      stop: () => kafka.stop()
    }
  }
}

/**
 * Starts a real Kafka of several nodes in KRaft mode, from Kafka's own jars, and waits until each knows the others.
 * It ends with `stop()`, or with this process, however that ends. Internal topics are on every node, and so are
 * new ones that do not specify a replication factor.
 *
 * @param {object} [options]
 * @param {'4' | '3.9'} [options.version] default: `4`
 * @param {number} [options.nodes] default: 3. Each is a broker and a controller: more than half must be up for anything
 *   to change, such as a leader
 * @param {import('./properties').MoreProperties} [options.properties] broker properties besides or instead of ours; a
 *   function is asked for each node
 * @param {string[]} [options.jvmOptions]
 * @param {number} [options.heapMb] of each node; default: 256
 * @param {(line: string) => void} [options.log] called with progress messages; default: nobody
 * @returns {Promise<Cluster>}
 * @throws {Error} when a tool is missing (with the command that installs it) or a node does not start (with the end of
 *   its log)
 */
async function startCluster ({ version = '4', nodes = 3, properties, jvmOptions, heapMb, log = () => {} } = {}) {
  const release = releaseOf(version)
  const missing = missingForJars(release)
  if (missing !== null) throw new Error(missing)
  const jars = await fetchJars(release, log)
  for (let attempt = 1; ; attempt++) {
    const cluster = await Cluster.create({ release, jars, nodes, properties, jvmOptions, heapMb })
    try {
      await cluster.start()
      return cluster
    } catch (error) {
      await cluster.stop()
      const { code } = /** @type {NodeJS.ErrnoException} */ (error)
      if (code !== 'EADDRINUSE' || attempt === PORT_ATTEMPTS) throw error
    }
  }
}

module.exports = { startKafka, startCluster, findKafka }
