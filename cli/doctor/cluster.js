'use strict'

const net = require('net')
const { describeFailure } = require('../failures')
const { describeAll, forEachOf, groupIds, partitionsOf, totalLag } = require('../groupState')
const { addressOf, probe, show } = require('./probe')

// A whole cluster: every address, then what the client itself sees.

/** Of how many topics or groups names are given; the rest is counted. */
const NAMED = 10

/**
 * @typedef {import('./report').Report} Report
 * @typedef {import('../connection').Admin} Admin
 */

/** @param {string[]} names */
function some (names) {
  const more = names.length - NAMED
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

/** @param {string} host */
const isLoopback = host => host === 'localhost' || host === '::1' || /^127\./.test(host)

/**
 * @param {Report} report
 * @param {import('../connection').Config} config
 * @param {import('../../kafkajs').Kafka} kafka
 */
async function checkCluster (report, config, kafka) {
  const mechanism = config.sasl ? String(/** @type {any} */ (config.sasl).mechanism) : null
  const options = { ssl: config.ssl, mechanism, timeout: config.connectionTimeout || 5000 }
  const bootstrap = config.brokers.map(addressOf)
  /** @type {Set<string>} */
  const reached = new Set()
  for (const address of bootstrap) {
    report.begin(`Broker ${show(address)}`)
    if (await probe(report, address, options)) reached.add(show(address))
  }
  if (reached.size === 0) return
  report.begin('Cluster')
  const admin = /** @type {Admin} */ (kafka.admin())
  try {
    await admin.connect()
    if (mechanism !== null) report.add('ok', `logged in with ${mechanism.toUpperCase()}`)
    const { brokers, controller, clusterId } = await admin.describeCluster()
    report.add('ok', `${clusterId || 'a cluster without an id'}: ${brokers.length} ` +
      `broker${brokers.length === 1 ? '' : 's'}, controller ${controller === null ? 'unknown' : controller}`)
    await checkAdvertised(report, brokers, bootstrap, reached, options)
    await checkTopics(report, admin)
    await checkGroups(report, admin)
  } catch (error) {
    const [text, ...fix] = describeFailure(error).split('\n')
    const isLogin = /** @type {Error} */ (error).name === 'KafkaJSSASLAuthenticationError'
    report.add('failure', text, isLogin
      ? 'The broker knows the mechanism, but not these credentials: check the user name and the password.'
      : fix.filter(line => !line.includes('doctor')).join(' ') || undefined)
  } finally {
    await admin.disconnect()
  }
}

/**
 * @param {Report} report
 * @param {Array<{ nodeId: number, host: string, port: number }>} brokers
 * @param {Array<{ host: string, port: number }>} bootstrap
 * @param {Set<string>} reached
 * @param {{ ssl: any, mechanism: string | null, timeout: number }} options
 */
async function checkAdvertised (report, brokers, bootstrap, reached, options) {
  for (const { nodeId, host, port } of brokers) {
    const address = { host, port }
    report.begin(`Broker ${nodeId} advertises ${show(address)}`)
    if (reached.has(show(address))) {
      report.add('ok', 'reached above')
      continue
    }
    if (isLoopback(host) && !bootstrap.some(each => isLoopback(each.host))) {
      report.add('failure', 'it tells clients to look for it on their own machine',
        'Set advertised.listeners of the broker to a name that clients can reach.')
      continue
    }
    await probe(report, { host: net.isIP(host) ? host : host.replace(/^\[|\]$/g, ''), port }, options,
      'Clients are sent to this address: make it reachable from here, or set advertised.listeners of the broker.')
  }
}

/**
 * @param {Report} report
 * @param {Admin} admin
 */
async function checkTopics (report, admin) {
  report.begin('Topics')
  const { topics } = await admin.describeTopics({ topics: [] })
  report.add('ok', `${topics.length} topic${topics.length === 1 ? '' : 's'}`)
  const offline = topics.filter(({ partitions }) => partitions.some(({ leader }) => leader < 0))
  const behind = topics.filter(({ partitions }) =>
    partitions.some(({ leader, isr, replicas }) => leader >= 0 && isr.length < replicas.length))
  if (offline.length > 0) {
    report.add('failure', `partitions without a leader: ${some(offline.map(({ name }) => name))}`,
      'Start the brokers that have their replicas; `topics describe` names them.')
  }
  if (behind.length > 0) {
    report.add('warning', `partitions with replicas that are not in sync: ${some(behind.map(({ name }) => name))}`,
      'A broker is down or slow; `topics describe` shows which.')
  }
  const denied = topics.filter(({ errorCode }) => errorCode !== 0)
  if (denied.length > 0) report.add('warning', `topics with errors: ${some(denied.map(({ name }) => name))}`)
}

/**
 * @param {Report} report
 * @param {Admin} admin
 */
async function checkGroups (report, admin) {
  report.begin('Groups')
  let ids
  try {
    ids = await groupIds(admin)
  } catch (error) {
    return report.add('note', `groups cannot be listed: ${/** @type {Error} */ (error).message}`)
  }
  report.add('ok', `${ids.length} group${ids.length === 1 ? '' : 's'}`)
  const groups = await describeAll(admin, ids)
  const rebalancing = groups.filter(({ state }) => /Rebalanc|Reconciling|Assigning/.test(state))
  if (rebalancing.length > 0) {
    report.add('warning', `rebalancing at the moment: ${some(rebalancing.map(({ groupId }) => groupId))}`,
      'If it lasts, members come and go, or take longer than their rebalance timeout.')
  }
  const empty = groups.filter(({ state }) => state === 'Empty')
  const left = await forEachOf(empty, async ({ groupId }) => {
    try {
      return totalLag(await partitionsOf(admin, groupId, [])) > 0n ? groupId : null
    } catch {
      return null
    }
  })
  const abandoned = /** @type {string[]} */ (left.filter(each => each !== null))
  if (abandoned.length > 0) {
    report.add('warning', `nobody reads for these, though there are messages: ${some(abandoned)}`,
      'Start their services, or delete groups that are not used any more (`groups delete`).')
  }
}

module.exports = { checkCluster }
