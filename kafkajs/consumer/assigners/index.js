'use strict'

const roundRobin = require('./roundRobin')

/**
 * @typedef {import('../../../kafkajs').GroupMember} GroupMember
 *
 * @typedef {object} BuiltInAssigner
 * @property {string} name
 * @property {number} version
 * @property {true} isBuiltIn
 * @property {boolean} isCooperative
 *
 * @typedef {object} OwnAssigner KafkaJS's, or the user's
 * @property {string} name
 * @property {number} version
 * @property {false} [isBuiltIn]
 * @property {false} [isCooperative]
 * @property {(group: { members: GroupMember[], topics: string[] }) => Promise<unknown>} assign
 * @property {(subscription: { topics: string[] }) => { metadata: Buffer }} protocol
 *
 * @typedef {BuiltInAssigner | OwnAssigner} Assigner
 * @typedef {import('../../cluster').Cluster} Cluster
 * @typedef {import('../../logger').Logger} Logger
 * @typedef {(config: { cluster: Cluster, groupId: string, logger: Logger }) => Assigner} PartitionAssigner
 */

/**
 * An assignor that librdkafka computes.
 *
 * @param {string} name Kafka's
 * @param {boolean} [isCooperative]
 * @returns {() => Readonly<BuiltInAssigner>}
 */
const builtIn = (name, isCooperative = false) =>
  () => Object.freeze({ name, version: 0, isBuiltIn: true, isCooperative })

module.exports = {
  roundRobin,
  /** Kafka's cooperative-sticky: a rebalance takes and gives only what moves, all the rest goes on meanwhile. */
  cooperativeSticky: builtIn('cooperative-sticky', true)
}
