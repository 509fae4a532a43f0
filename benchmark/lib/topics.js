'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const wire = require('../../tools/kafka/wire')
const { waitUntilReady } = require('../../tools/kafka/ready')

const READY_TIMEOUT_MS = 30000
const DELETE_TOPICS = 20

/** Creates and deletes topics. */
class Topics {
  /** @param {string} brokers */
  constructor (brokers) {
    this.address = wire.parseAddress(brokers)
    this.prefix = `benchmark-${Date.now().toString(36)}-${process.pid}`
    this.serial = 0
    /** @type {Set<string>} */
    this.names = new Set()
  }

  /**
   * @template T
   * @param {(connection: import('../../tools/kafka/wire').Connection) => Promise<T>} use
   * @returns {Promise<T>}
   */
  async controller (use) {
    const { brokers, controllerId } = await wire.withConnection(this.address, (connection) => wire.metadata(connection))
    const node = brokers.find(({ id }) => id === controllerId) || this.address
    return wire.withConnection({ ...node, timeout: READY_TIMEOUT_MS }, use)
  }

  /** @param {number} partitions @returns {Promise<string>} the topic's name */
  async create (partitions) {
    const name = `${this.prefix}-${++this.serial}`
    const [result] = await this.controller((connection) => wire.createTopics(connection, [{ name, partitions }]))
    if (result.error !== 0) throw new Error(`topic ${name} was not created: ${result.message || result.error}`)
    this.names.add(name)
    await waitUntilReady({ ...this.address, topics: [name], timeout: READY_TIMEOUT_MS, alive: () => true })
    return name
  }

  /** @param {string} name */
  async remove (name) {
    this.names.delete(name)
    const body = new wire.Writer()
    body.array([name], (topic) => body.string(topic))
    body.int32(10000)
    await this.controller((connection) => connection.request(DELETE_TOPICS, 1, body))
    // The broker unlinks the log in the background, which should not load the next measurement.
    await sleep(300)
  }

  async removeAll () {
    for (const name of this.names) await this.remove(name)
  }
}

module.exports = { Topics }
