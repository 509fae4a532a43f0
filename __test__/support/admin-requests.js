'use strict'

const { setTimeout: delay } = require('node:timers/promises')

const { groupMembers } = require('./kafka')
const { Writer, parseAddress, withConnection } = require('../../tools/kafka/wire')

const FIND_COORDINATOR = 10
const OFFSET_COMMIT = 8
const LEAVE_GROUP = 13
const DESCRIBE_GROUPS = 15
const DELETE_RECORDS = 21
const PAUSE_MS = 100
const ATTEMPTS = 100

/** Temporary broker answers: the coordinator is being created or loaded. */
const NOT_YET = new Set([14, 15, 16])

/**
 * @param {() => Promise<number>} ask resolves with the broker's error code
 * @param {string} what
 */
async function retried (ask, what) {
  for (let attempt = 1; ; attempt++) {
    const error = await ask()
    if (error === 0) return
    if (!NOT_YET.has(error) || attempt === ATTEMPTS) throw new Error(`${what}: error ${error}`)
    await delay(PAUSE_MS)
  }
}

/** @param {import('../../tools/kafka/wire').Connection} connection @param {string} groupId */
async function coordinatorFound (connection, groupId) {
  await retried(async () => (await connection.request(FIND_COORDINATOR, 0, new Writer().string(groupId))).int16(),
    `The coordinator of ${groupId} was not found`)
}

/**
 * Waits until the coordinator of these groups answers for them: on a new broker it is being made by the first question,
 * which clients that ask once take for an error. For a cluster of one node.
 *
 * @param {string} brokers
 * @param {string[]} groupIds
 */
async function waitForCoordinator (brokers, groupIds) {
  await withConnection(parseAddress(brokers), async (connection) => {
    for (const groupId of groupIds) {
      await coordinatorFound(connection, groupId)
      await retried(async () => {
        const reader = await connection.request(DESCRIBE_GROUPS, 0, new Writer().int32(1).string(groupId))
        // the number of groups, then the only one's error
        reader.int32()
        return reader.int16()
      }, `The coordinator of ${groupId} is not ready`)
    }
  })
}

/**
 * Commits offsets for a group without members, as a tool or another client would. For a cluster of one node.
 *
 * @param {string} brokers
 * @param {string} groupId
 * @param {string} topic
 * @param {Record<number, number>} offsets by partition
 * @param {string} [metadata]
 */
async function commitOffsets (brokers, groupId, topic, offsets, metadata = 'm') {
  const entries = Object.entries(offsets)
  await withConnection(parseAddress(brokers), async (connection) => {
    await coordinatorFound(connection, groupId)
    await retried(async () => {
      const body = new Writer().string(groupId).int32(-1).string('').int64(-1n).int32(1).string(topic)
      body.array(entries, ([partition, offset]) =>
        body.int32(Number(partition)).int64(BigInt(offset)).string(metadata))
      const reader = await connection.request(OFFSET_COMMIT, 2, body)
      const errors = reader.array(() => {
        reader.string()
        return reader.array(() => (reader.int32(), reader.int16()))
      }).flat()
      return errors.find((error) => error !== 0) || 0
    }, `Offsets of ${groupId} could not be committed`)
  })
}

/**
 * Removes the records of a partition before an offset from the log. For a cluster of one node.
 *
 * @param {string} brokers
 * @param {string} topic
 * @param {number} partition
 * @param {number} offset the first one to keep
 */
async function deleteRecordsBefore (brokers, topic, partition, offset) {
  await withConnection(parseAddress(brokers), async (connection) => {
    const body = new Writer().int32(1).string(topic).int32(1).int32(partition).int64(BigInt(offset)).int32(30000)
    const reader = await connection.request(DELETE_RECORDS, 0, body)
    reader.int32()
    reader.array(() => {
      reader.string()
      reader.array(() => {
        reader.int32()
        reader.int64()
        const error = reader.int16()
        if (error !== 0) throw new Error(`Records of ${topic}/${partition} could not be deleted: error ${error}`)
      })
    })
  })
}

/**
 * Takes members out of a group, as if their sessions had ended: for those that were killed. For a cluster of one node.
 *
 * @param {string} brokers
 * @param {string} groupId
 */
async function evictMembers (brokers, groupId) {
  const { members } = await groupMembers(brokers, groupId)
  await withConnection(parseAddress(brokers), async (connection) => {
    for (const { memberId } of members) {
      await connection.request(LEAVE_GROUP, 0, new Writer().string(groupId).string(memberId))
    }
  })
}

module.exports = { commitOffsets, deleteRecordsBefore, evictMembers, waitForCoordinator }
