'use strict'

const { BrokerNotAvailableError } = require('../errors')
const { ask, coordinatorError, groupError, parallel } = require('./ask')
const { decodeAssignment, decodeSubscription } = require('../../../core/group/memberMetadata')
const { listOf, setValue } = require('../../../core/keyed')

/**
 * @typedef {import('../../../core/protocol').GroupDescription} GroupDescription
 * @typedef {import('../client/connector').KafkaClient} KafkaClient
 */

/**
 * @param {KafkaClient} client
 * @param {import('./ask').Callback<Record<string, string>>} callback result: the protocol type of each group
 */
function listGroups (client, callback) {
  ask(client, { op: 'listGroups' }, (err, groups) => {
    if (err) callback(groupError(client, err))
    else callback(null, groups)
  })
}

/**
 * @param {KafkaClient} client
 * @param {string[]} groups
 * @param {import('./ask').Callback<Record<string, ReturnType<typeof toDescription>>>} callback result: a description of
 *   each group
 */
function describeGroups (client, groups, callback) {
  const tasks = groups.map(group => (/** @type {import('./ask').Callback<GroupDescription>} */ done) => {
    ask(client, { op: 'describeGroup', group: String(group) }, done)
  })
  /** @type {(err: Error | null, found: GroupDescription[]) => void} */
  const described = (err, found) => {
    if (err) return callback(groupError(client, err))
    /** @type {Record<string, ReturnType<typeof toDescription>>} */
    const descriptions = {}
    for (const info of found) setValue(descriptions, info.group, toDescription(info))
    callback(null, descriptions)
  }
  parallel(tasks, client.options.maxAsyncRequests, described)
}

/** @param {GroupDescription} info */
function toDescription ({ group, state, protocolType, protocol, coordinator, members }) {
  return {
    members: members.map(toMember),
    groupId: group,
    state,
    protocolType,
    protocol,
    brokerId: String(coordinator.id)
  }
}

/** @param {import('../../../core/protocol').MemberDescription} member */
function toMember ({ id, clientId, host, metadata, assignment, partitions }) {
  const member = { memberId: id, clientId, clientHost: host }
  if (metadata !== undefined && assignment !== undefined) {
    return {
      ...member,
      memberMetadata: { ...decodeSubscription(Buffer.from(metadata, 'hex')), id },
      memberAssignment: decodeAssignment(Buffer.from(assignment, 'hex'))
    }
  }
  // a member that uses the newer protocol: its coordinator does not say what it has subscribed to
  /** @type {Record<string, number[]>} */
  const assigned = {}
  for (const { topic, partition } of partitions || []) listOf(assigned, topic).push(partition)
  return {
    ...member,
    memberMetadata: { subscription: Object.keys(assigned), version: 0, userData: undefined, id },
    memberAssignment: { partitions: assigned, version: 0 }
  }
}

/**
 * @typedef {{ coordinatorHost: string, coordinatorPort: number, coordinatorId: number }} Coordinator
 *
 * @param {KafkaClient} client
 * @param {string} group
 * @param {import('./ask').Callback<Coordinator>} callback
 */
function groupCoordinator (client, group, callback) {
  ask(client, { op: 'describeGroup', group: String(group) }, (err, info) => {
    if (err) return callback(coordinatorError(client, err))
    const { id, host, port } = info.coordinator
    if (id < 0) return callback(new BrokerNotAvailableError('Broker not available'))
    Object.assign(client, { coordinatorId: String(id) })
    callback(null, { coordinatorHost: host, coordinatorPort: port, coordinatorId: id })
  })
}

module.exports = { describeGroups, groupCoordinator, listGroups }
