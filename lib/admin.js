'use strict'

const { AdoptableEmitter, callable } = require('./internal/callable')
const { emitAll } = require('./internal/emitAll')
const { callbackOf } = require('./internal/arguments')
const KafkaClient = require('./kafkaClient')

/**
 * Topics, configurations and groups of the cluster. Calls before `ready` wait for it.
 *
 * @typedef {InstanceType<typeof import('./kafkaClient')>} Client
 */
class Admin extends AdoptableEmitter {
  /** @param {Client} kafkaClient */
  constructor (kafkaClient) {
    super()
    if (!(kafkaClient instanceof KafkaClient)) {
      throw new Error("'Admin' only accepts 'KafkaClient' for its kafka client.")
    }
    this.client = kafkaClient
    this.RESOURCE_TYPES = { topic: 'topic', broker: 'broker' }
    this.ready = kafkaClient.ready
    kafkaClient.on('ready', () => {
      this.ready = true
      emitAll(this, 'ready')
    })
    kafkaClient.once('connect', () => emitAll(this, 'connect'))
    kafkaClient.on('error', (/** @type {Error} */ error) => emitAll(this, 'error', error))
  }

  /**
   * @param {(err: Error) => void} callback
   * @param {() => void} call
   */
  _whenReady (callback, call) {
    if (this.ready) call()
    else this.client._onceReady(callback, call)
  }

  /**
   * @param {(err: Error | null, groups?: Record<string, string>) => void} [callback] groups: the protocol type of each,
   *   usually `consumer`
   */
  listGroups (callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.getListGroups(callback))
  }

  /** @param {(err: Error | null, metadata?: import('./internal/client/metadata').Metadata) => void} [callback] */
  listTopics (callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.loadMetadataForTopics([], callback))
  }

  /**
   * @param {string[]} consumerGroups
   * @param {Parameters<Client['getDescribeGroups']>[1]} [callback] by group; one that does not exist has the state
   *   `Dead`
   */
  describeGroups (consumerGroups, callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.getDescribeGroups(consumerGroups, callback))
  }

  /**
   * @param {import('../index').CreateTopicRequest[]} topics
   * @param {import('./internal/requests/topics').CreateTopicsCallback} [callback] failed: the topics that
   *   could not be created, with the broker's text
   */
  createTopics (topics, callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.createTopics(topics, callback))
  }

  /**
   * @param {import('../index').DescribeConfigsRequest} payload
   * @param {Parameters<Client['describeConfigs']>[1]} [callback]
   */
  describeConfigs (payload, callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.describeConfigs(payload, callback))
  }
}

module.exports = callable(Admin)
