'use strict'

const { adminEvents, createOn } = require('../instrumentation')
const { AdminContext } = require('./context')
const createAcls = require('./acls')
const createConfigs = require('./configs')
const createExtensions = require('./extensions')
const createGroups = require('./groups')
const { offsets: createOffsets } = require('./offsets')
const createReassignments = require('./reassignments')
const createTopics = require('./topics')

/**
 * An admin: a plain object of functions that need no `this`.
 *
 * @param {ReturnType<typeof import('../kafka').clientParams>} params
 */
function createAdmin ({ cluster, instrumentationEmitter, logger: rootLogger, retry }) {
  const logger = rootLogger.namespace('Admin')
  const state = { disconnects: 0 }
  cluster.watchRequests(adminEvents)
  const topics = methods(createTopics)
  const offsets = methods(createOffsets)
  const { incrementalAlterConfigs, describeConfigs, alterConfigs } = methods(createConfigs)
  const { listGroups, describeGroups, deleteGroups } = methods(createGroups)
  const acls = methods(createAcls)
  const reassignments = methods(createReassignments)

  /**
   * @template {Record<string, (...args: never[]) => Promise<unknown>>} Methods
   * @param {(context: AdminContext) => Methods} create
   * @returns {Methods} each call has a context of its own
   */
  function methods (create) {
    const begin = () => create(new AdminContext({ cluster, logger, retry, state }))
    return /** @type {Methods} */ (Object.fromEntries(Object.keys(begin()).map(name =>
      [name, (/** @type {never[]} */ ...args) => begin()[name](...args)])))
  }

  // the order of KafkaJS's own keys
  const admin = {
    connect: async () => {
      await cluster.connect()
      instrumentationEmitter.emit(adminEvents.CONNECT)
    },
    disconnect: async () => {
      state.disconnects++
      await cluster.disconnect()
      instrumentationEmitter.emit(adminEvents.DISCONNECT)
    },
    listTopics: topics.listTopics,
    createTopics: topics.createTopics,
    deleteTopics: topics.deleteTopics,
    createPartitions: topics.createPartitions,
    fetchTopicMetadata: topics.fetchTopicMetadata,
    describeCluster: topics.describeCluster,
    events: adminEvents,
    fetchOffsets: offsets.fetchOffsets,
    fetchTopicOffsets: offsets.fetchTopicOffsets,
    fetchTopicOffsetsByTimestamp: offsets.fetchTopicOffsetsByTimestamp,
    setOffsets: offsets.setOffsets,
    resetOffsets: offsets.resetOffsets,
    describeConfigs,
    alterConfigs,
    on: createOn(instrumentationEmitter, 'admin', adminEvents, logger),
    logger: () => logger,
    listGroups,
    describeGroups,
    deleteGroups,
    describeAcls: acls.describeAcls,
    deleteAcls: acls.deleteAcls,
    createAcls: acls.createAcls,
    deleteTopicRecords: topics.deleteTopicRecords,
    alterPartitionReassignments: reassignments.alterPartitionReassignments,
    listPartitionReassignments: reassignments.listPartitionReassignments
  }

  // what goes beyond KafkaJS is not listed: programs that go through the keys find those they know
  const more = { incrementalAlterConfigs, ...methods(createExtensions) }
  for (const [name, value] of Object.entries(more)) {
    Object.defineProperty(admin, name, { value, enumerable: false, writable: true, configurable: true })
  }
  return admin
}

module.exports = createAdmin
