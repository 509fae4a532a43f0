'use strict'

// How a command ends, and what it says then.

const EXIT = Object.freeze({ ok: 0, failure: 1, usage: 2, interrupted: 130 })

/** The command line, the configuration or the input is wrong: nothing has been done. */
class UsageError extends Error {}

/** Has said what is wrong already; only the exit code is left. */
class Failed extends Error {}

/** What helps, by the broker's error. */
const REMEDIES = new Map([
  ['UNKNOWN_TOPIC_OR_PARTITION', '`topics list` shows which topics there are, `topics create` makes one.'],
  ['TOPIC_AUTHORIZATION_FAILED', 'Ask for an ACL on the topic for this user.'],
  ['GROUP_AUTHORIZATION_FAILED', 'Ask for an ACL on the group for this user.'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'Ask for an ACL on the cluster for this user.'],
  ['INVALID_REPLICATION_FACTOR', 'The cluster has fewer brokers than that: `doctor` counts them.'],
  ['MESSAGE_TOO_LARGE', "The topic's max.message.bytes is the limit: `topics describe` shows it."],
  ['INVALID_CONFIG', 'Topics have no such setting, or not with this value: `topics describe --all-config` shows them.'],
  ['INVALID_RECORD', 'A topic with cleanup.policy=compact takes no messages without a key.'],
  ['UNSUPPORTED_VERSION', 'The brokers are too old for this.']
])

const CONNECTION_REMEDY = '`kafka-node-native doctor` with the same options finds out why, step by step.'

const CONNECTION_ERRORS = new Set(['KafkaJSConnectionError', 'KafkaJSConnectionClosedError',
  'KafkaJSSASLAuthenticationError', 'KafkaJSRequestTimeoutError', 'KafkaJSTimeout'])

/**
 * @param {any} error
 * @returns {any[]} the error and what it was caused by, the outermost first
 */
function causes (error) {
  /** @type {any[]} */
  const chain = []
  for (let each = error; each && !chain.includes(each); each = each.cause) chain.push(each)
  return chain
}

/** @param {any} part */
function describePart (part) {
  const { topic, partition, groupId, error = part } = part
  return [topic, partition, groupId, error.message || error].filter(each => each !== undefined).join(' ')
}

/**
 * @param {any} error anything that was thrown
 * @returns {string} what happened, and on a second line what helps, if that is known
 */
function describeFailure (error) {
  const chain = causes(error)
  const root = chain[chain.length - 1]
  if (!root) return String(error)
  // lists of what failed: of partitions, of groups
  const listed = [...root.errors || [], ...root.groups || []].filter(Boolean)
  const text = [root.message || String(root), ...listed.map(describePart)].join('\n  ')
  const types = [...chain, ...listed].map(each => each.type)
  const known = types.find(type => REMEDIES.has(type))
  if (known !== undefined) return `${text}\n${REMEDIES.get(known)}`
  if (chain.some(({ name }) => CONNECTION_ERRORS.has(name))) return `${text}\n${CONNECTION_REMEDY}`
  return text
}

module.exports = { EXIT, Failed, UsageError, describeFailure }
