'use strict'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = require('../enums')
const { check } = require('./checks')
const { errorOfCode } = require('./context')

/**
 * @typedef {import('./context').AdminContext} AdminContext
 * @typedef {import('../../kafkajs').NativeAdmin} Admin
 * @typedef {import('../../kafkajs').AclFilter} AclFilter
 * @typedef {import('../../kafkajs').DescribeAclResource} DescribeAclResource
 */

const OPERATIONS = new Set(Object.values(AclOperationTypes))
const PERMISSIONS = new Set(Object.values(AclPermissionTypes))
const RESOURCES = new Set(Object.values(AclResourceTypes))
const PATTERNS = new Set(Object.values(ResourcePatternTypes))

/** @param {unknown} value */
const isString = value => typeof value === 'string'
/** @param {unknown} value */
const isStringOrNone = value => typeof value === 'string' || value === undefined

/** @param {AdminContext} context */
module.exports = context => ({
  /** @param {Parameters<Admin['createAcls']>[0]} options */
  async createAcls ({ acl }) {
    check(Boolean(acl) && Array.isArray(acl), `Invalid ACL array ${acl}`)
    check(acl.length > 0, 'Empty ACL array')
    checkTexts(acl, isString, 'Invalid ACL array')
    checkNumbers(acl)
    return context.retried('Could not create ACL', async () => {
      const acls = /** @type {import('../../core/protocol').Acl[]} */ (acl.map(toNative))
      const errors = await context.request({ op: 'createAcls', acls }, 'CreateAcls')
      throwFirst(errors)
      return true
    })
  },

  /** @param {Parameters<Admin['describeAcls']>[0]} filter */
  async describeAcls (filter) {
    const { principal, host, resourceName, operation, resourcePatternType, permissionType, resourceType } = filter
    check(isStringOrNone(principal), 'Invalid principal, the principal have to be a valid string')
    check(isStringOrNone(host), 'Invalid host, the host have to be a valid string')
    check(isStringOrNone(resourceName), 'Invalid resourceName, the resourceName have to be a valid string')
    check(OPERATIONS.has(operation), `Invalid operation type ${operation}`)
    check(PATTERNS.has(resourcePatternType), `Invalid resource pattern filter type ${resourcePatternType}`)
    check(PERMISSIONS.has(permissionType), `Invalid permission type ${permissionType}`)
    check(RESOURCES.has(resourceType), `Invalid resource type ${resourceType}`)
    return context.retried('Could not describe ACL', async () => {
      const acls = await context.request({ op: 'describeAcls', filter: toNative(filter) }, 'DescribeAcls')
      /** @type {Map<string, DescribeAclResource>} */
      const resources = new Map()
      for (const { resourceType, resourceName, patternType, principal, host, operation, permission } of acls) {
        const key = `${resourceType} ${patternType} ${resourceName}`
        if (!resources.has(key)) {
          resources.set(key, { resourceType, resourceName, resourcePatternType: patternType, acls: [] })
        }
        const { acls } = /** @type {DescribeAclResource} */ (resources.get(key))
        acls.push({ principal, host, operation, permissionType: permission })
      }
      return { resources: [...resources.values()] }
    })
  },

  /** @param {Parameters<Admin['deleteAcls']>[0]} options */
  async deleteAcls ({ filters }) {
    check(Boolean(filters) && Array.isArray(filters), `Invalid ACL Filter array ${filters}`)
    check(filters.length > 0, 'Empty ACL Filter array')
    checkTexts(filters, isStringOrNone, 'Invalid ACL Filter array')
    checkNumbers(filters)
    return context.retried('Could not delete ACL', async () => {
      const answers = await context.request({ op: 'deleteAcls', filters: filters.map(toNative) }, 'DeleteAcls')
      throwFirst(answers.map(({ error }) => error))
      for (const { matching } of answers) throwFirst(matching.map(({ error }) => error))
      return {
        filterResponses: answers.map(({ matching }) => ({
          errorCode: 0,
          errorMessage: null,
          matchingAcls: matching.map(toMatching)
        }))
      }
    })
  }
})

/**
 * @param {AclFilter[]} entries
 * @param {(value: unknown) => boolean} isValid
 * @param {string} invalid
 */
function checkTexts (entries, isValid, invalid) {
  for (const name of /** @type {const} */ (['principal', 'host', 'resourceName'])) {
    check(entries.every(entry => isValid(entry[name])), `${invalid}, the ${name}s have to be a valid string`)
  }
}

/** @param {AclFilter[]} entries */
function checkNumbers (entries) {
  const fields = /** @type {Array<[keyof AclFilter, Set<unknown>, string]>} */ ([
    ['operation', OPERATIONS, 'operation type'],
    ['resourcePatternType', PATTERNS, 'resource pattern type'],
    ['permissionType', PERMISSIONS, 'permission type'],
    ['resourceType', RESOURCES, 'resource type']
  ])
  for (const [name, values, text] of fields) {
    const invalid = entries.find(entry => !values.has(entry[name]))
    check(invalid === undefined, `Invalid ${text} ${invalid && invalid[name]}: ${JSON.stringify(invalid)}`)
  }
}

/** @param {AclFilter} acl or a filter, in which texts may be missing */
function toNative ({ resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType }) {
  return {
    resourceType, resourceName, patternType: resourcePatternType, principal, host, operation, permission: permissionType
  }
}

/** @param {import('../../core/protocol').MatchingAcl} matching */
function toMatching ({ acl: { resourceType, resourceName, patternType, principal, host, operation, permission } }) {
  return {
    errorCode: 0,
    errorMessage: null,
    resourceType,
    resourceName,
    resourcePatternType: patternType,
    principal,
    host,
    operation,
    permissionType: permission
  }
}

/** @param {Array<import('../../core/errors').ErrorData | null>} errors */
function throwFirst (errors) {
  const first = errors.find(error => error !== null)
  if (first !== undefined) throw errorOfCode(first.code, first.message)
}
