'use strict'

const { AdoptableEmitter, callable } = require('./internal/callable')
const { emitAll } = require('./internal/emitAll')
const { callbackOf } = require('./internal/arguments')
const KafkaClient = require('./kafkaClient')

/**
 * Topics, configurations and groups of the cluster. Calls before `ready` wait for it.
 */
class Admin extends AdoptableEmitter {
  /** @param {any} kafkaClient a KafkaClient */
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

  /** @param {(err: any, groups?: any) => void} [callback] groups: the protocol type of each, mostly `consumer` */
  listGroups (callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.getListGroups(callback))
  }

  /** @param {(err: any, metadata?: any) => void} [callback] metadata: as `loadMetadataForTopics` gives it */
  listTopics (callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.loadMetadataForTopics([], callback))
  }

  /**
   * @param {string[]} consumerGroups
   * @param {(err: any, descriptions?: any) => void} [callback] descriptions by group; one that does not exist has the
   *   state `Dead`
   */
  describeGroups (consumerGroups, callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.getDescribeGroups(consumerGroups, callback))
  }

  /**
   * @param {any[]} topics `{ topic, partitions, replicationFactor, configEntries?, replicaAssignment? }`
   * @param {(err: any, failed?: Array<{ topic: string, error: string }>) => void} [callback] failed: the topics that
   *   could not be created, with the broker's text
   */
  createTopics (topics, callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.createTopics(topics, callback))
  }

  /**
   * @param {{ resources: any[], includeSynonyms?: boolean }} payload resources:
   *   `{ resourceType: 'topic' | 'broker', resourceName, configNames? }`, all names by default
   * @param {(err: any, configs?: any[]) => void} [callback]
   */
  describeConfigs (payload, callback) {
    callback = callbackOf(callback)
    this._whenReady(callback, () => this.client.describeConfigs(payload, callback))
  }
}

module.exports = callable(Admin)
