'use strict'

// For the programs in this folder. They run in an application that has the package they drive and, as its
// `kafka-node`, ours: `require('kafka-node')` here is what that package gets.

const crypto = require('node:crypto')
const kafka = require('kafka-node')

const brokers = String(process.env.KAFKA_BROKERS)

/** @param {string} prefix */
const uniqueName = (prefix) => `${prefix}-${crypto.randomBytes(6).toString('hex')}`

/**
 * Creates a topic with one partition.
 *
 * @param {string} topic
 * @returns {Promise<string>} its name
 */
function createTopic (topic) {
  const client = new kafka.KafkaClient({ kafkaHost: brokers })
  return new Promise((resolve, reject) => {
    client.on('error', reject)
    client.once('ready', () => client.createTopics([{ topic, partitions: 1, replicationFactor: 1 }], (err, failed) => {
      if (err || failed.length) return reject(err || new Error(failed[0].error))
      client.close(() => resolve(topic))
    }))
  })
}

/**
 * The first messages of partition 0, from its start.
 *
 * @param {string} topic
 * @param {number} count
 * @param {object} [options] of the Consumer
 * @returns {Promise<any[]>} when that many have come
 */
function readTopic (topic, count, options = {}) {
  const client = new kafka.KafkaClient({ kafkaHost: brokers })
  const consumer = new kafka.Consumer(client, [{ topic, offset: 0 }],
    { fromOffset: true, autoCommit: false, groupId: uniqueName('reader'), ...options })
  const messages = []
  return new Promise((resolve, reject) => {
    consumer.on('error', reject)
    consumer.on('message', (message) => {
      if (messages.push(message) === count) consumer.close(() => resolve(messages))
    })
  })
}

/** @param {import('node:events').EventEmitter} emitter @param {string} event @returns {Promise<any>} */
function once (emitter, event) {
  return new Promise((resolve) => emitter.once(event, resolve))
}

/** Runs a program: the process ends with it, cleanly or with its error. */
function main (program) {
  process.on('uncaughtException', fail)
  program().then(() => process.exit(0), fail)
}

function fail (error) {
  console.error(error)
  process.exit(1)
}

/**
 * Stands in for as much of Node-RED's runtime as these nodes use: they are created from their settings, get messages
 * through `emit('input')` and pass theirs to `sent`.
 */
class NodeRed {
  constructor () {
    const { EventEmitter } = require('node:events')
    this.types = {}
    this.byId = {}
    const red = this
    this.RED = {
      nodes: {
        registerType: (name, type) => { red.types[name] = type },
        getNode: (id) => red.byId[id],
        createNode (node, { id }) {
          Object.assign(node, new EventEmitter(), { id, statuses: [], errors: [], sent: new EventEmitter() })
          red.byId[id] = node
          node.status = (status) => {
            node.statuses.push(status)
            node.sent.emit(status.text)
          }
          node.error = (error) => node.errors.push(error)
          node.send = (message) => node.sent.emit('message', message)
        }
      }
    }
  }

  /** @param {(RED: object) => void} module of a package of nodes */
  load (module) {
    module(this.RED)
    for (const type of Object.values(this.types)) {
      Object.setPrototypeOf(type.prototype, require('node:events').EventEmitter.prototype)
    }
  }

  /** @param {string} type @param {{ id: string }} settings */
  create (type, settings) {
    return new this.types[type](settings)
  }
}

/**
 * Packages written for a kafka-node before 4 construct a `kafka.Client`, for ZooKeeper, which kafka-node 5 no longer
 * has. This gives them one that takes brokers instead: the few lines that such a service needs with either package.
 */
function bringBackClient () {
  kafka.Client = class Client extends kafka.KafkaClient {
    constructor (connectionString, clientId) {
      super({ kafkaHost: connectionString, ...clientId && { clientId } })
    }
  }
}

module.exports = { brokers, uniqueName, createTopic, readTopic, once, main, NodeRed, bringBackClient }
