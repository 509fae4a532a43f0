'use strict'

const { KafkaJSDeleteGroupsError } = require('../errors')
const { toDescription } = require('../groupDescription')
const { createRetry } = require('../retry')
const { check } = require('./checks')
const { errorOfCode } = require('./context')

/**
 * @typedef {import('./context').AdminContext} AdminContext
 * @typedef {import('../../kafkajs').NativeAdmin} Admin
 * @typedef {import('../../core/protocol').KafkaError} KafkaError
 */

/** @param {AdminContext} context */
module.exports = context => ({
  async listGroups () {
    const groups = await context.request({ op: 'listGroups' }, 'ListGroups')
    return { groups: Object.keys(groups).map(groupId => ({ groupId, protocolType: groups[groupId] })) }
  },

  /** @param {Parameters<Admin['describeGroups']>[0]} groupIds */
  async describeGroups (groupIds) {
    const groups = await Promise.all(groupIds.map(groupId =>
      createRetry(context.retry)(async () => toDescription(
        await context.request({ op: 'describeGroup', group: String(groupId) }, 'DescribeGroups')))))
    return { groups }
  },

  /** @param {Parameters<Admin['deleteGroups']>[0]} groupIds */
  async deleteGroups (groupIds) {
    check(Boolean(groupIds) && Array.isArray(groupIds), `Invalid groupIds array ${groupIds}`)
    const isInvalid = groupIds.some(groupId => typeof groupId !== 'string')
    check(!isInvalid, `Invalid groupId name: ${isInvalid}`)
    if (groupIds.length === 0) return []
    const groups = [...new Set(groupIds)]
    const outcomes = await context.request({ op: 'deleteGroups', groups }, 'DeleteGroups')
    const failed = /** @type {Array<{ group: string, error: KafkaError }>} */ (outcomes.filter(({ error }) =>
      error !== null))
    if (failed.length > 0) {
      throw new KafkaJSDeleteGroupsError('Error in DeleteGroups', failed.map(({ group, error }) =>
        ({ groupId: group, errorCode: error.code, error: errorOfCode(error.code, error.message) })))
    }
    return outcomes.map(({ group }) => ({ groupId: group, errorCode: 0 }))
  }
})
