'use strict'

const { BrokerNotAvailableError, InvalidConfigError, InvalidRequestError } = require('../errors')
const { checkArray, checkObject, offsetOf, textOf, wrongType } = require('./arguments')
const { toCommitResult } = require('./commitResult')
const { errorName } = require('./errorCodes')
const { commitOutcome } = require('../../core/group/commitOutcome')
const { decodeAssignment, decodeSubscription } = require('../../core/group/memberMetadata')
const NotControllerError = require('../errors/NotControllerError')
const TimeoutError = require('../errors/TimeoutError')
const { toGroupError } = require('./nativeErrors')
const { listOf, recordOf, setValue, valueOf } = require('../../core/keyed')
const { setImmediate } = require('../../core/scheduling/timers')

/**
 * KafkaClient's requests about groups, offsets and configurations (`src/requests/admin.rs` answers them).
 *
 * @typedef {(err: any, result?: any) => void} Callback
 * @typedef {{ topic: string, partition?: any, offset?: number, metadata?: string, time?: any, maxNum?: any }} Payload
 */

/** kafka-node's numbers for kinds of resources (Kafka protocol, DescribeConfigs). */
const RESOURCE_NUMBERS = new Map([['topic', '2'], ['broker', '4']])

/** As times in a look-up of offsets */
const LATEST = -1
const EARLIEST = -2

/** librdkafka's: none of the partitions has a leader that it knows (rdkafka.h) */
const NO_LEADERS = -156
const INVALID_TOPIC = 17
const UNKNOWN_MEMBER_ID = 25
const NOT_CONTROLLER = 41
const INVALID_REQUEST = 42
/** Loading, not available, moved: what is left of these after all attempts */
const COORDINATOR_ERRORS = new Set([14, 15, 16])

/**
 * @param {any} client
 * @param {object} request
 * @param {Callback} callback
 */
function ask (client, request, callback) {
  if (client._isConnectingFirst()) {
    client._whenReady((/** @type {any} */ error) => { error ? callback(error) : ask(client, request, callback) })
    return
  }
  if (!client._primary || client.closing) {
    setImmediate(callback, new BrokerNotAvailableError('Broker not available'))
    return
  }
  client._request(client._primary, { ...request, timeout: client._requestTimeout() }, callback)
}

/**
 * kafka-node's error for a broker's answer about groups and configurations.
 *
 * @param {any} client
 * @param {any} error of a request
 */
function groupError (client, error) {
  return error.native ? toGroupError(error.native, client.options.requestTimeout) : error
}

/**
 * kafka-node reports every failure of the coordinator as this one.
 *
 * @param {any} client
 * @param {any} error
 */
function coordinatorError (client, error) {
  const away = error instanceof TimeoutError || error instanceof BrokerNotAvailableError ||
    (error.native !== undefined && COORDINATOR_ERRORS.has(error.native.code))
  return away ? new BrokerNotAvailableError('Broker not available') : groupError(client, error)
}

/**
 * kafka-node's error for what a broker says about one part of a request.
 *
 * @param {number} code
 * @param {string} [message] the broker's
 * @returns {any}
 */
function brokerError (code, message) {
  if (code === INVALID_REQUEST) return new InvalidRequestError(message || errorName(code))
  const error = code === NOT_CONTROLLER
    ? new NotControllerError(`Kafka Error Code: ${code}`)
    : new Error(errorName(code))
  return Object.assign(error, { errorCode: code })
}

/**
 * Runs tasks, `limit` at a time; the first error wins, and no further task is started.
 *
 * @template T
 * @param {Array<(callback: (err: any, result?: any) => void) => void>} tasks
 * @param {number} limit
 * @param {(err: any, results: T[]) => void} callback
 */
function parallel (tasks, limit, callback) {
  /** @type {any[]} */
  const results = new Array(tasks.length)
  let started = 0
  let done = 0
  let failed = false
  if (tasks.length === 0) {
    setImmediate(callback, null, results)
    return
  }
  const start = () => {
    const index = started++
    tasks[index]((err, result) => {
      if (failed) return
      if (err) {
        failed = true
        return callback(err, [])
      }
      results[index] = result
      if (++done === tasks.length) return callback(null, results)
      if (started < tasks.length) start()
    })
  }
  const first = Math.min(tasks.length, Math.max(1, Number(limit) || 1))
  for (let i = 0; i < first && !failed; i++) start()
}

/**
 * The last payload of each partition, in the order of the first ones.
 *
 * @param {Payload[]} payloads
 * @returns {Payload[]}
 */
function lastOfEach (payloads) {
  /** @type {Map<string, Payload>} */
  const last = new Map()
  for (const payload of payloads) checkObject('each of payloads', payload)
  for (const payload of payloads) last.set(`${String(payload.topic)}/${partitionOf(payload)}`, payload)
  return [...last.values()]
}

/**
 * @param {Payload} payload
 * @returns {number}
 * @throws {InvalidConfigError} if it is no number, or one in text
 */
function partitionOf ({ topic, partition }) {
  const number = typeof partition === 'string' && partition !== '' ? Number(partition) : partition || 0
  if (Number.isInteger(number) && Math.abs(number) <= 0x7fffffff) return number
  throw new InvalidConfigError(`partition ${textOf(partition)} of topic ${textOf(topic)} is illegal, ` +
    'must be a whole number')
}

/** @param {Payload[]} payloads */
function toPartitions (payloads) {
  return lastOfEach(payloads).map(payload => ({ topic: String(payload.topic), partition: partitionOf(payload) }))
}

/**
 * @param {Payload[]} payloads
 * @throws {InvalidConfigError} for an invalid offset: it must not become a commit of 0
 */
function toCommits (payloads) {
  return lastOfEach(payloads).map(payload => {
    const { topic, partition, offset, metadata } = payload
    const number = offsetOf(offset)
    if (number === null) {
      throw new InvalidConfigError(`offset ${textOf(offset)} to commit for topic ${textOf(topic)}, partition ` +
        `${textOf(partition || 0)} is illegal, must be a whole number of at least 0`)
    }
    return {
      topic: String(topic),
      partition: partitionOf(payload),
      offset: number,
      metadata: metadata === undefined || metadata === null ? 'm' : String(metadata)
    }
  })
}

/**
 * @param {Payload[]} payloads
 * @param {Callback} callback gets the error if a payload is wrong
 * @returns {any[] | null} null when there is nothing to commit, and the callback has been called
 */
function commitsOrCallback (payloads, callback) {
  try {
    const commits = toCommits(payloads)
    if (commits.length > 0) return commits
    setImmediate(callback, null, {})
  } catch (error) {
    setImmediate(callback, error)
  }
  return null
}

// ---- groups ----

/**
 * @param {any} client
 * @param {Callback} callback result: the protocol type of each group
 */
function listGroups (client, callback) {
  ask(client, { op: 'listGroups' }, (err, groups) => {
    if (err) callback(groupError(client, err))
    else callback(null, groups)
  })
}

/**
 * @param {any} client
 * @param {string[]} groups
 * @param {Callback} callback result: a description of each group
 */
function describeGroups (client, groups, callback) {
  const tasks = groups.map(group => (/** @type {Callback} */ done) => {
    ask(client, { op: 'describeGroup', group: String(group) }, done)
  })
  parallel(tasks, client.options.maxAsyncRequests, (err, found) => {
    if (err) return callback(groupError(client, err))
    /** @type {Record<string, any>} */
    const descriptions = {}
    for (const info of /** @type {any[]} */ (found)) setValue(descriptions, info.group, toDescription(info))
    callback(null, descriptions)
  })
}

/** @param {any} info a group as `src/requests/admin.rs` describes it */
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

/** @param {any} member */
function toMember ({ id, clientId, host, metadata, assignment, partitions }) {
  const member = { memberId: id, clientId, clientHost: host }
  if (partitions === undefined) {
    return {
      ...member,
      memberMetadata: { ...decodeSubscription(Buffer.from(metadata, 'hex')), id },
      memberAssignment: decodeAssignment(Buffer.from(assignment, 'hex'))
    }
  }
  // a member of the newer protocol: its coordinator does not say what it has subscribed to
  /** @type {Record<string, number[]>} */
  const assigned = {}
  for (const { topic, partition } of partitions) listOf(assigned, topic).push(partition)
  return {
    ...member,
    memberMetadata: { subscription: Object.keys(assigned), version: 0, userData: undefined, id },
    memberAssignment: { partitions: assigned, version: 0 }
  }
}

/**
 * @param {any} client
 * @param {string} group
 * @param {Callback} callback
 */
function groupCoordinator (client, group, callback) {
  ask(client, { op: 'describeGroup', group: String(group) }, (err, info) => {
    if (err) return callback(coordinatorError(client, err))
    const { id, host, port } = info.coordinator
    if (id < 0) return callback(new BrokerNotAvailableError('Broker not available'))
    client.coordinatorId = String(id)
    callback(null, { coordinatorHost: host, coordinatorPort: port, coordinatorId: id })
  })
}

// ---- offsets of groups ----

/**
 * @param {any} client
 * @param {string} group
 * @param {Payload[]} payloads
 * @param {Callback} callback result: `{ topic: { partition: offset } }`, -1 where nothing is committed
 */
function fetchCommits (client, group, payloads, callback) {
  /** @type {Array<{ topic: string, partition: number }>} */
  let partitions
  try {
    partitions = toPartitions(payloads)
  } catch (error) {
    setImmediate(callback, error)
    return
  }
  if (partitions.length === 0) {
    setImmediate(callback, null, {})
    return
  }
  ask(client, { op: 'groupOffsets', group: String(group), partitions }, (err, answers) => {
    if (err) return callback(coordinatorError(client, err))
    /** @type {Record<string, Record<string, number>>} */
    const offsets = {}
    for (const { topic, partition, offset, error } of answers) {
      recordOf(offsets, topic)[partition] = error !== 0 || offset < 0 ? -1 : offset
    }
    callback(null, offsets)
  })
}

/**
 * Commits without membership. What the broker refuses is part of the result, as in kafka-node.
 *
 * @param {any} client
 * @param {string} group
 * @param {Payload[]} payloads
 * @param {Callback} callback result: `{ topic: { partition, errorCode } }`, of the topic's last partition
 */
function commit (client, group, payloads, callback) {
  const partitions = commitsOrCallback(payloads, callback)
  if (!partitions) return
  ask(client, { op: 'commitGroupOffsets', group: String(group), partitions }, (err, answers) => {
    if (err) callback(groupError(client, err))
    else callback(null, toCommitResult(commitOutcome({ partitions: answers })))
  })
}

/**
 * @param {any} client
 * @param {any} member the member's ConsumerHandle, if there is one
 * @param {number} generationId one that is not the group's present one is refused, as the broker would
 * @param {Payload[]} payloads
 * @param {Callback} callback as for `commit`
 */
function commitAsMember (client, member, generationId, payloads, callback) {
  const partitions = commitsOrCallback(payloads, callback)
  if (!partitions) return
  if (!member) {
    setImmediate(callback, null, toCommitResult(partitions.map(each => ({ ...each, error: UNKNOWN_MEMBER_ID }))))
    return
  }
  member.commit(partitions, (/** @type {any} */ { error, partitions: answers }) => {
    if (error && error.code < 0) return callback(toGroupError(error, client.options.requestTimeout))
    callback(null, toCommitResult(commitOutcome({ error, partitions: answers })))
  }, { generationId: Number(generationId) | 0 })
}

// ---- offsets of partitions ----

/**
 * @param {any} client
 * @param {Payload[]} payloads
 * @param {Callback} callback result: `{ topic: { partition: [offset, ...] } }`, the newest first
 */
function fetchOffsets (client, payloads, callback) {
  /** @type {Payload[]} */
  let wanted
  try {
    wanted = lastOfEach(payloads)
  } catch (error) {
    setImmediate(callback, error)
    return
  }
  if (wanted.length === 0) {
    setImmediate(callback, null, {})
    return
  }
  ensureLeaders(client, wanted, (/** @type {any} */ err) => {
    if (err) return callback(err)
    const now = Date.now()
    const first = wanted.map(payload => ({ ...payload, time: timeOf(payload, now) }))
    const starts = first.filter(({ time, maxNum }) => maxNum >= 2 && time !== EARLIEST)
    lookUp(client, first, (failure, offsets) => {
      if (failure) return callback(failure)
      // every record is older: the end, as for a time in the future
      const ends = first.filter(({ topic, partition }) => offsets[topic][Number(partition || 0)][0] < 0)
      const more = [
        ...ends.map(payload => ({ ...payload, time: LATEST })),
        ...starts.map(payload => ({ ...payload, time: EARLIEST }))
      ]
      let left = 2
      /** @type {any} */
      let failed = null
      const merge = (/** @type {Payload[]} */ part, /** @type {(list: number[], offset: number) => void} */ use) => {
        lookUp(client, part, (problem, answers) => {
          failed = failed || problem
          for (const { topic, partition } of problem ? [] : part) {
            const id = Number(partition || 0)
            use(offsets[topic][id], answers[topic][id][0])
          }
          if (--left > 0) return
          if (failed) callback(failed)
          else callback(null, distinct(offsets))
        })
      }
      merge(more.filter(({ time }) => time === LATEST), (list, offset) => { list[0] = offset })
      merge(more.filter(({ time }) => time === EARLIEST), (list, offset) => { list[1] = offset })
    })
  })
}

/**
 * @param {Payload} payload
 * @param {number} now ms
 */
function timeOf ({ time }, now) {
  const number = typeof time === 'symbol' ? NaN : Math.trunc(Number(time))
  if (number === EARLIEST) return EARLIEST
  return number < 0 || !(number < now) ? LATEST : number
}

/** @param {Record<string, Record<string, number[]>>} offsets */
function distinct (offsets) {
  for (const partitions of Object.values(offsets)) {
    for (const id of Object.keys(partitions)) partitions[id] = [...new Set(partitions[id])]
  }
  return offsets
}

/**
 * @param {any} client
 * @param {Payload[]} payloads one a partition, `time` as librdkafka takes it
 * @param {Callback} callback
 */
function lookUp (client, payloads, callback) {
  if (payloads.length === 0) return callback(null, {})
  const partitions = payloads.map(({ topic, partition, time }) =>
    ({ topic: String(topic), partition: Number(partition || 0), offset: time }))
  ask(client, { op: 'listOffsets', partitions }, (err, answers) => {
    if (err) return callback(err.native && err.native.code === NO_LEADERS ? noLeader() : err)
    const refused = answers.find((/** @type {any} */ { error }) => error !== 0)
    if (refused) {
      const { topic, partition, error } = refused
      // no broker leads it: its metadata was out of date
      const failure = error < 0
        ? noLeader()
        : Object.assign(new Error(errorName(error)), { topic, partition })
      return callback(failure)
    }
    /** @type {Record<string, Record<string, number[]>>} */
    const offsets = {}
    for (const { topic, partition, offset } of answers) recordOf(offsets, topic)[partition] = [offset]
    callback(null, offsets)
  })
}

/**
 * @param {any} client
 * @param {Payload[]} payloads
 * @param {(err: any) => void} callback
 */
function ensureLeaders (client, payloads, callback) {
  const missing = () => payloads.filter(({ topic, partition }) => {
    const partitions = valueOf(client.topicMetadata, topic)
    return !partitions || !partitions[Number(partition || 0)]
  })
  const unknown = missing()
  if (unknown.length === 0) return callback(null)
  const topics = [...new Set(unknown.map(({ topic }) => topic))]
  client.loadMetadataForTopics(topics, (/** @type {any} */ err, /** @type {any} */ result) => {
    if (err) return callback(err)
    if (result[1].error) return callback(new Error([...new Set(result[1].error)].join(',')))
    client.updateMetadatas(result)
    callback(missing().length > 0 ? noLeader() : null)
  })
}

function noLeader () {
  return new BrokerNotAvailableError('Could not find the leader')
}

// ---- configurations ----

/**
 * @param {any} client
 * @param {{ resources: any[], includeSynonyms?: any }} payload
 * @param {Callback} callback
 */
function describeConfigs (client, { resources, includeSynonyms }, callback) {
  resources = resources || []
  checkArray('resources', resources)
  for (const { resourceType, resourceName, configNames } of resources) {
    if (configNames && typeof configNames === 'object' && !Array.isArray(configNames)) {
      throw wrongType('configNames', 'an array of names', configNames)
    }
    if (resourceName !== null && ['object', 'function'].includes(typeof resourceName)) {
      throw wrongType('resourceName', 'a string', resourceName)
    }
    if (!RESOURCE_NUMBERS.has(resourceType)) {
      return callback(
        new Error(`Unexpected resource type ${String(resourceType)} for resource ${String(resourceName)}`))
    }
  }
  const topics = resources.filter(({ resourceType }) => resourceType === 'topic')
  const brokers = resources.filter(({ resourceType }) => resourceType === 'broker')
  const tasks = brokers.map(broker => (/** @type {Callback} */ done) => {
    if (valueOf(client.brokerMetadata, broker.resourceName) === undefined) {
      return done(new Error(`No broker with id ${broker.resourceName}`))
    }
    describeResources(client, 'broker', [broker], includeSynonyms, done)
  })
  if (topics.length > 0) {
    tasks.unshift(done => describeResources(client, 'topic', topics, includeSynonyms, done))
  }
  parallel(tasks, client.options.maxAsyncRequests, (err, results) => {
    if (err) callback(err)
    else callback(null, [].concat(.../** @type {any[]} */ (results)))
  })
}

/**
 * @param {any} client
 * @param {string} kind `topic` or `broker`
 * @param {any[]} resources
 * @param {any} includeSynonyms
 * @param {Callback} callback
 */
function describeResources (client, kind, resources, includeSynonyms, callback) {
  /** @type {Map<string, string[]>} entries by name; none stand for all. A resource can be asked for only once. */
  const wanted = new Map()
  for (const { resourceName, configNames } of resources) {
    const others = wanted.get(String(resourceName))
    const all = !configNames || configNames.length === 0 || (others && others.length === 0)
    wanted.set(String(resourceName), all ? [] : [...(others || []), ...configNames.map(String)])
  }
  // the broker's own answer, which librdkafka would keep it from giving
  if (wanted.has('')) return callback(brokerError(INVALID_TOPIC))
  const list = [...wanted].map(([name, entries]) => ({ name, entries }))
  ask(client, { op: 'describeConfigs', kind, wanted: list }, (err, configs) => {
    if (err) return callback(groupError(client, err))
    /** @type {Map<string, any>} */
    const byName = new Map(configs.map((/** @type {any} */ config) => [config.name, config]))
    const failed = configs.find((/** @type {any} */ { code }) => code !== 0)
    if (failed) return callback(brokerError(failed.code, failed.error))
    callback(null, resources.map(resource => {
      const { entries } = byName.get(String(resource.resourceName)) || { entries: [] }
      return toConfig(resource, entries, includeSynonyms)
    }))
  })
}

/**
 * @param {any} resource
 * @param {any[]} entries
 * @param {any} includeSynonyms
 */
function toConfig ({ resourceType, resourceName, configNames }, entries, includeSynonyms) {
  const wanted = configNames && configNames.length > 0 ? new Set(configNames) : null
  return {
    configEntries: entries.filter(({ name }) => !wanted || wanted.has(name)).map(entry => ({
      synonyms: includeSynonyms ? entry.synonyms.map(toSynonym) : [],
      configName: entry.name,
      configValue: entry.value,
      readOnly: entry.readOnly,
      configSource: entry.source,
      isSensitive: entry.sensitive
    })),
    resourceType: RESOURCE_NUMBERS.get(resourceType),
    resourceName: String(resourceName)
  }
}

/** @param {{ name: string, value: string, source: number }} synonym */
function toSynonym ({ name, value, source }) {
  return { configSynonymName: name, configSynonymValue: value, configSynonymSource: String(source) }
}

module.exports = {
  brokerError,
  commit,
  commitsOrCallback,
  commitAsMember,
  describeConfigs,
  describeGroups,
  fetchCommits,
  fetchOffsets,
  groupCoordinator,
  listGroups,
  partitionOf
}
