'use strict'

const { setTimeout: delay } = require('node:timers/promises')

const { LocalKafka, newClusterId } = require('./local')
const { freePort } = require('./ports')
const { metadata, withConnection } = require('./wire')

const HEAP_MB = 256
const PATIENCE_MS = 60000
const POLL_MS = 50
const ANSWER_TIMEOUT_MS = 5000

/** Longer than for a single node: three JVMs starting on a few cores would miss heartbeats, and leaders would move. */
const SESSION = { 'broker.session.timeout.ms': 4000, 'broker.heartbeat.interval.ms': 500 }

/** One node of a cluster: broker and controller in one process. */
class ClusterNode {
  /** @param {Cluster} cluster @param {LocalKafka} kafka */
  constructor (cluster, kafka) {
    this.cluster = cluster
    this.kafka = kafka
    this.id = Number(kafka.member?.id)
    this.address = `127.0.0.1:${kafka.port}`
  }

  /** Whether its process exists, paused or not. */
  get running () {
    return this.kafka.running
  }

  /** SIGKILL; resolves when the process is gone. */
  kill () {
    return this.kafka.kill()
  }

  /** SIGSTOP; resolves when every thread has stopped. */
  pause () {
    return this.kafka.signal('SIGSTOP')
  }

  /** SIGCONT. */
  resume () {
    return this.kafka.signal('SIGCONT')
  }

  /** SIGTERM: it hands its partitions over and ends; resolves when the process is gone. */
  terminate () {
    return this.kafka.terminate()
  }

  /**
   * Starts it again with its data, after a clean end if it is running. Resolves when it answers metadata, names itself
   * and, if all nodes are up, has a leader for every partition.
   */
  async restart () {
    await this.kafka.terminate()
    await this.kafka.spawnBroker()
    await this.ready()
  }

  /** Resolves when it can be used, as after `restart`. */
  ready () {
    const isComplete = this.cluster.nodes.every((node) => node.running)
    return isComplete ? this.kafka.ready(this.kafka.topicsOnDisk(), [this.id]) : this.cluster.untilNamed(this)
  }
}

/** A running Kafka of several nodes. */
class Cluster {
  /**
   * Nothing has been started yet, but the ports are chosen.
   *
   * @param {object} options
   * @param {import('./properties').Release} options.release
   * @param {string} options.jars
   * @param {number} options.nodes
   * @param {import('./properties').MoreProperties} [options.properties] a function is asked for each node
   * @param {string[]} [options.jvmOptions]
   * @param {number} [options.heapMb]
   * @returns {Promise<Cluster>}
   */
  static async create ({ release, jars, nodes, properties, jvmOptions, heapMb = HEAP_MB }) {
    /** @type {Set<number>} */
    const taken = new Set()
    const port = async () => {
      const chosen = await freePort(taken)
      taken.add(chosen)
      return chosen
    }
    const voters = []
    for (let id = 1; id <= nodes; id++) voters.push({ id, controllerPort: await port() })
    const clusterId = newClusterId()
    /** @type {import('./properties').MoreProperties} */
    const all = typeof properties === 'function'
      ? (base, dir) => properties({ ...base, ...SESSION }, dir)
      : { ...SESSION, ...properties }
    const brokers = []
    for (const voter of voters) {
      brokers.push(new LocalKafka({
        release,
        jars,
        port: await port(),
        properties: all,
        jvmOptions,
        heapMb,
        member: { ...voter, clusterId, voters }
      }))
    }
    return new Cluster(release.version, brokers)
  }

  /** @param {string} version @param {LocalKafka[]} brokers */
  constructor (version, brokers) {
    /** such as `4.3.1` */
    this.version = version
    this.external = false
    this.nodes = brokers.map((kafka) => new ClusterNode(this, kafka))
    /** `host:port` of every node, with commas */
    this.brokers = this.nodes.map(({ address }) => address).join(',')
  }

  async start () {
    await Promise.all(this.nodes.map(({ kafka }) => kafka.prepare()))
    await Promise.all(this.nodes.map(({ kafka }) => kafka.spawnBroker()))
    const ids = this.nodes.map(({ id }) => id)
    await Promise.all(this.nodes.map(({ kafka }) => kafka.ready([], ids)))
  }

  /** @returns {number[]} the processes on this machine that belong to it */
  pids () {
    return this.nodes.flatMap(({ kafka }) => kafka.supervised.runningPids())
  }

  /**
   * Asks the nodes that are up, one after another, until one gives the expected answer.
   *
   * @template T
   * @param {string} what for the error's text
   * @param {(answer: import('./wire').Metadata, node: ClusterNode) => T | undefined} look undefined: not yet
   * @param {string[]} [topics] default: all
   * @param {ClusterNode[]} [nodes] whom to ask; default: all
   * @returns {Promise<T>}
   */
  async until (what, look, topics, nodes = this.nodes) {
    const deadline = Date.now() + PATIENCE_MS
    let last = 'no node is up'
    while (Date.now() < deadline) {
      for (const node of nodes.filter(({ running }) => running)) {
        const address = { host: '127.0.0.1', port: node.kafka.port, timeout: ANSWER_TIMEOUT_MS }
        try {
          const answer = await withConnection(address, (connection) => metadata(connection, topics))
          const found = look(answer, node)
          if (found !== undefined) return found
          last = JSON.stringify(answer)
        } catch (error) {
          last = /** @type {Error} */ (error).message
        }
      }
      await delay(POLL_MS)
    }
    throw new Error(`${what}: not so after ${PATIENCE_MS} ms. The last answer: ${last}`)
  }

  /** @param {ClusterNode} wanted @returns {Promise<void>} resolves when it answers and names itself */
  async untilNamed (wanted) {
    const look = (/** @type {import('./wire').Metadata} */ { brokers }) => brokers.some(({ id }) => id === wanted.id)
    await this.until(`node ${wanted.id} is in the cluster`, (answer) => look(answer) || undefined, [], [wanted])
  }

  /**
   * The node that leads a partition, as soon as a node that is up claims to.
   *
   * @param {string} topic
   * @param {number} [partition]
   * @returns {Promise<ClusterNode>}
   */
  leaderOf (topic, partition = 0) {
    return this.until(`${topic}/${partition} has a leader`, ({ topics: [found] }, node) => {
      const leader = found.partitions.find(({ id }) => id === partition)?.leader
      return leader === node.id ? node : undefined
    }, [topic])
  }

  /**
   * Resolves when every node that is up considers every replica of a topic in sync.
   *
   * @param {string} topic
   * @returns {Promise<void>}
   */
  async untilInSync (topic) {
    for (const node of this.nodes.filter(({ running }) => running)) {
      await this.until(`${topic} is in sync`, ({ topics: [{ error, partitions }] }) => {
        const isComplete = error === 0 && partitions.length > 0 &&
          partitions.every(({ leader, isr, replicas }) => leader >= 0 && isr.length === replicas.length)
        return isComplete || undefined
      }, [topic], [node])
    }
  }

  /** Starts every node again with its data, all at once; resolves when each has a leader for every partition. */
  async restart () {
    await Promise.all(this.nodes.map(({ kafka }) => kafka.terminate()))
    await Promise.all(this.nodes.map(({ kafka }) => kafka.spawnBroker()))
    await Promise.all(this.nodes.map((node) => node.ready()))
  }

  /** Starts what is down and wakes what is paused; resolves as `restart` does. */
  async heal () {
    for (const { kafka } of this.nodes) {
      if (kafka.running) await kafka.signal('SIGCONT')
      else await kafka.spawnBroker()
    }
    await Promise.all(this.nodes.map((node) => node.ready()))
  }

  /** Ends everything and removes the data; may be called twice. */
  async stop () {
    await Promise.all(this.nodes.map(({ kafka }) => kafka.stop()))
  }
}

module.exports = { Cluster, ClusterNode }
