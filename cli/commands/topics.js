'use strict'

const { integer, many, pairs } = require('../arguments')
const { addConnectionOptions, connection, withAdmin } = require('../connection')
const { Failed, UsageError } = require('../failures')
const { Output, printable } = require('../output')

/**
 * @typedef {import('../connection').ConnectionOptions & { json?: boolean }} Options
 * @typedef {import('../connection').Admin} Admin
 * @typedef {import('../../kafkajs').TopicDescription} TopicDescription
 */

/** @param {string} name */
const isInternal = name => name.startsWith('__')

/** @param {TopicDescription} topic */
function health ({ partitions }) {
  return {
    offline: partitions.filter(({ leader }) => leader < 0).length,
    underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length
  }
}

/** @param {Options & { internal?: boolean }} options */
async function list (options) {
  const output = new Output(options)
  const { topics } = await withAdmin(await connection(options), admin => admin.describeTopics({ topics: [] }))
  const shown = topics.filter(({ name }) => options.internal || !isInternal(name))
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .map(topic => ({
      name: topic.name,
      partitions: topic.partitions.length,
      replicas: Math.max(0, ...topic.partitions.map(({ replicas }) => replicas.length)),
      ...health(topic)
    }))
  output.result(shown, () => output.table(
    ['TOPIC', 'PARTITIONS', 'REPLICAS', 'UNDER-REPLICATED', 'OFFLINE'],
    shown.map(each => [each.name, each.partitions, each.replicas, each.underReplicated, each.offline])))
}

/**
 * What a broker that keeps its settings to itself (no right to read them, or the embedded one) leaves out.
 *
 * @param {Admin} admin
 * @param {string[]} names
 * @returns {Promise<{ configs: Map<string, Array<{ name: string, value: string, isDefault: boolean }>>,
 *   why: string | null }>}
 */
async function configsOf (admin, names) {
  const { ConfigResourceTypes } = require('../../kafkajs')
  /** @type {Map<string, Array<{ name: string, value: string, isDefault: boolean }>>} */
  const configs = new Map()
  try {
    const { resources } = await admin.describeConfigs({
      resources: names.map(name => ({ type: ConfigResourceTypes.TOPIC, name }))
    })
    for (const { resourceName, configEntries } of resources) {
      configs.set(resourceName, configEntries.map(({ configName, configValue, isDefault, isSensitive }) =>
        ({ name: configName, value: isSensitive ? '[hidden]' : configValue, isDefault })))
    }
    return { configs, why: null }
  } catch (error) {
    return { configs, why: /** @type {Error} */ (error).message }
  }
}

/**
 * @param {Admin} admin
 * @param {string} name
 * @returns {Promise<Map<number, { low: string, high: string }>>} without partitions if it cannot be told
 */
async function offsetsOf (admin, name) {
  try {
    const offsets = await admin.fetchTopicOffsets(name)
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low, high }]))
  } catch {
    return new Map()
  }
}

/**
 * @param {string[]} names
 * @param {Options & { allConfig?: boolean }} options
 */
async function describe (names, options) {
  const output = new Output(options)
  await withAdmin(await connection(options), async admin => {
    const { topics } = await admin.describeTopics({ topics: names })
    const found = topics.filter(({ errorCode }) => errorCode === 0)
    const { configs, why } = found.length > 0
      ? await configsOf(admin, found.map(({ name }) => name))
      : { configs: new Map(), why: null }
    /** @type {any[]} */
    const described = []
    for (const topic of found) {
      const offsets = await offsetsOf(admin, topic.name)
      described.push({
        name: topic.name,
        ...health(topic),
        partitions: topic.partitions.map(({ partitionId, leader, replicas, isr, offlineReplicas }) => {
          const { low = null, high = null } = offsets.get(partitionId) || {}
          return { partition: partitionId, leader, replicas, isr, offlineReplicas, low, high }
        }),
        config: configs.has(topic.name)
          ? configs.get(topic.name).filter((/** @type {any} */ each) => options.allConfig || !each.isDefault)
          : null
      })
    }
    output.result(described, () => describeForPeople(output, described, why))
    const failed = topics.filter(({ errorCode }) => errorCode !== 0)
    for (const { name, error } of failed) {
      output.note(`${printable(name)}: ${error ? error.message : 'cannot be described'}`)
    }
    if (failed.length > 0) throw new Failed()
  })
}

/**
 * @param {Output} output
 * @param {any[]} described
 * @param {string | null} why settings are missing
 */
function describeForPeople (output, described, why) {
  described.forEach(({ name, partitions, config }, i) => {
    if (i > 0) output.line('')
    output.line(`${printable(name)}: ${partitions.length} partition${partitions.length === 1 ? '' : 's'}`)
    const head = ['PARTITION', 'LEADER', 'REPLICAS', 'ISR', 'BEGIN', 'END', '']
    output.table(head, partitions.map((/** @type {any} */ each) => [
      each.partition, each.leader < 0 ? null : each.leader, each.replicas.join(','), each.isr.join(','),
      each.low, each.high,
      each.leader < 0 ? 'no leader' : each.isr.length < each.replicas.length ? 'under-replicated' : ''
    ]))
    if (config === null) return output.note(`Its settings cannot be read: ${why}`)
    for (const { name: key, value, isDefault } of config) {
      output.line(`  ${printable(key)}=${printable(value)}${isDefault ? ' (default)' : ''}`)
    }
  })
}

/**
 * @param {string[]} names
 * @param {Options & { partitions?: number, replicationFactor?: number, set?: Array<[string, string]>,
 *   ifNotExists?: boolean, dryRun?: boolean }} options
 */
async function create (names, options) {
  const output = new Output(options)
  const { partitions, replicationFactor, set = [], ifNotExists = false, dryRun = false } = options
  const configEntries = set.map(([name, value]) => ({ name, value }))
  const wanted = [...new Set(names)]
  await withAdmin(await connection(options), async admin => {
    const known = new Set(ifNotExists ? await admin.listTopics() : [])
    const topics = wanted.filter(name => !known.has(name))
    if (topics.length > 0) {
      const made = await admin.createTopics({
        validateOnly: dryRun,
        timeout: 30000,
        topics: topics.map(topic => ({ topic, numPartitions: partitions, replicationFactor, configEntries }))
      })
      // KafkaJS's answer to topics that all exist
      if (!made) {
        throw new Error(`${topics.map(printable).join(', ')} exists already (--if-not-exists leaves it as it is)`)
      }
    }
    output.result({ created: dryRun ? [] : topics, dryRun, existing: wanted.filter(name => known.has(name)) }, () => {
      for (const name of wanted) {
        const outcome = known.has(name) ? 'exists already' : dryRun ? 'could be created' : 'created'
        output.line(`${printable(name)}: ${outcome}`)
      }
    })
  })
}

/**
 * @param {string[]} names
 * @param {Options & { yes?: boolean }} options
 */
async function remove (names, options) {
  const output = new Output(options)
  const topics = [...new Set(names)]
  await withAdmin(await connection(options), async admin => {
    const known = new Set(await admin.listTopics())
    const missing = topics.filter(name => !known.has(name))
    if (missing.length > 0) {
      throw new Error(`there is no topic ${missing.map(printable).join(', ')}. Nothing has been deleted.`)
    }
    const question = `Delete ${topics.map(printable).join(', ')}, with all messages?`
    if (!await output.confirmed(question, options.yes)) return output.note('Nothing has been deleted.')
    await admin.deleteTopics({ topics, timeout: 30000 })
    output.result({ deleted: topics }, () => { for (const name of topics) output.line(`${printable(name)}: deleted`) })
  })
}

/**
 * @param {string} name
 * @param {Options & { partitions?: number, set?: Array<[string, string]>, unset?: string[], yes?: boolean }} options
 */
async function alter (name, options) {
  const output = new Output(options)
  const { partitions, set = [], unset = [] } = options
  if (partitions === undefined && set.length + unset.length === 0) {
    throw new UsageError('topics alter needs --partitions, --set or --unset')
  }
  const { ConfigResourceTypes } = require('../../kafkajs')
  await withAdmin(await connection(options), async admin => {
    if (partitions !== undefined) {
      const question = `Give ${printable(name)} ${partitions} partitions? It cannot have fewer again, and keys move.`
      if (!await output.confirmed(question, options.yes)) return output.note('Nothing has been changed.')
      await admin.createPartitions({ topicPartitions: [{ topic: name, count: partitions }] })
    }
    if (set.length + unset.length > 0) {
      const { resources } = await admin.incrementalAlterConfigs({
        resources: [{
          type: ConfigResourceTypes.TOPIC,
          name,
          configEntries: [
            ...set.map(([key, value]) => ({ name: key, value })),
            ...unset.map(key => ({ name: key, operation: /** @type {const} */ ('delete') }))
          ]
        }]
      })
      const failed = resources.find(({ errorCode }) => errorCode !== 0)
      if (failed) throw new Error(failed.errorMessage || `error ${failed.errorCode}`)
    }
    const changed = { topic: name, partitions, set: Object.fromEntries(set), unset }
    output.result(changed, () => output.line(`${printable(name)}: changed`))
  })
}

/** @param {import('commander').Command} program */
module.exports = program => {
  const topics = program.command('topics').summary('list, describe, create, alter and delete topics')
    .description('Topics: what there is, how it is doing, and changes of it.')
  const add = (/** @type {import('commander').Command} */ command, /** @type {string[]} */ examples) => {
    addConnectionOptions(command)
      .option('--json', 'print the result as JSON')
      .addHelpText('after', `\nExamples:\n${examples.map(each => `  kafka-node-native topics ${each}`).join('\n')}`)
  }
  add(topics.command('list').description('Lists the topics, with partitions that are not well.')
    .option('--internal', "also Kafka's own, which begin with __")
    .action(list), ['list --brokers localhost:9092', 'list --internal --json'])
  add(topics.command('describe <topics...>')
    .description('Shows partitions with leaders, replicas, those in sync (ISR) and offsets, and settings of the topic.')
    .option('--all-config', 'also settings that have their defaults')
    .action(describe), ['describe orders', 'describe orders payments --all-config'])
  add(topics.command('create <topics...>').description('Creates topics.')
    .option('-p, --partitions <n>', "default: the broker's", integer({ min: 1 }))
    .option('-r, --replication-factor <n>', "default: the broker's", integer({ min: 1, max: 32767 }))
    .option('--set <name=value>', 'a setting of the topic, such as retention.ms=3600000; may be repeated', pairs)
    .option('--if-not-exists', 'leave a topic alone that exists')
    .option('--dry-run', 'only let the broker check it')
    .action(create), ['create orders --partitions 6 --replication-factor 3', 'create log --set cleanup.policy=compact'])
  add(topics.command('alter <topic>').description('Adds partitions, and changes settings.')
    .option('-p, --partitions <n>', 'how many it shall have', integer({ min: 1 }))
    .option('--set <name=value>', 'a setting; may be repeated', pairs)
    .option('--unset <name>', 'a setting that gets its default back; may be repeated', many)
    .option('-y, --yes', 'do not ask')
    .action(alter), ['alter orders --set retention.ms=3600000', 'alter orders --partitions 12'])
  add(topics.command('delete <topics...>').description('Deletes topics, after a question.')
    .option('-y, --yes', 'do not ask')
    .action(remove), ['delete orders', 'delete orders-test payments-test --yes'])
}
