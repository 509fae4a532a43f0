'use strict'

const { InvalidArgumentError } = require('commander')
const { partitions: partitionList } = require('../arguments')
const { addConnectionOptions, connection, withAdmin } = require('../connection')
const { Failed, UsageError } = require('../failures')
const { describeAll, groupIds, partitionsOf, totalLag } = require('../groupState')
const { Output, printable } = require('../output')
const { FORMS, parsePosition, resolvePosition } = require('../positions')

/**
 * @typedef {import('../connection').ConnectionOptions & { json?: boolean }} Options
 * @typedef {import('../connection').Admin} Admin
 * @typedef {{ topic: string, partitions: number[] | null }} Chosen null: all partitions
 * @typedef {{ topic: string, partition: number, before: string | null, after: string, high: bigint }} Move
 */

/** @param {Options} options */
async function list (options) {
  const output = new Output(options)
  const groups = await withAdmin(await connection(options), async admin =>
    (await describeAll(admin, await groupIds(admin))).map(({ groupId, state, protocolType, members, error }) =>
      ({ groupId, state, protocolType, members: members.length, ...error === undefined ? {} : { error } })))
  output.result(groups, () => output.table(['GROUP', 'STATE', 'TYPE', 'MEMBERS'],
    groups.map(each => [each.groupId, each.state, each.protocolType || null, each.members])))
}

/**
 * @param {string[]} names
 * @param {Options} options
 */
async function describe (names, options) {
  const output = new Output(options)
  await withAdmin(await connection(options), async admin => {
    const described = []
    for (const group of await describeAll(admin, [...new Set(names)])) {
      if (group.error !== undefined) {
        described.push({ ...group, partitions: [], lag: '0' })
        continue
      }
      const partitions = await partitionsOf(admin, group.groupId, group.members)
      described.push({ ...group, partitions, lag: String(totalLag(partitions)) })
    }
    // What Kafka says of a group that it has never heard of.
    const unknown = described.filter(({ state, partitions, error }) =>
      error !== undefined || (state === 'Dead' && partitions.length === 0))
    const known = described.filter(each => !unknown.includes(each))
    output.result(known, () => known.forEach((group, i) => {
      if (i > 0) output.line('')
      describeForPeople(output, group)
    }))
    for (const { groupId, error } of unknown) {
      output.note(`${printable(groupId)}: ${error || 'there is no such group'}`)
    }
    if (unknown.length > 0) throw new Failed()
  })
}

/**
 * @param {Output} output
 * @param {any} group
 */
function describeForPeople (output, { groupId, state, protocol, members, partitions, lag }) {
  output.line(`${printable(groupId)}: ${state}, ${members.length} member${members.length === 1 ? '' : 's'}` +
    `${protocol ? `, ${printable(protocol)}` : ''}, lag ${lag}`)
  if (partitions.length > 0) {
    output.table(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'CLIENT'],
      partitions.map((/** @type {import('../groupState').PartitionState} */ each) =>
        [each.topic, each.partition, each.committed, each.end, each.lag, each.member]))
  }
  if (members.length > 0) {
    output.line('')
    output.table(['MEMBER', 'CLIENT', 'HOST', 'PARTITIONS'],
      members.map((/** @type {import('../groupState').Member} */ { memberId, clientId, host, assignment }) => [
        memberId, clientId, host,
        assignment.map(({ topic, partitions }) => `${topic}:${partitions.join(',')}`).join(' ') || null
      ]))
  }
}

/**
 * @param {string} text `topic` or `topic:0,2,5-7`
 * @param {Chosen[]} [before]
 * @returns {Chosen[]}
 */
function chosenTopics (text, before = []) {
  const colon = text.indexOf(':')
  const topic = colon === -1 ? text : text.slice(0, colon)
  if (topic === '') throw new InvalidArgumentError('It needs a topic, or topic:partitions, such as orders:0,2.')
  return [...before, { topic, partitions: colon === -1 ? null : partitionList(text.slice(colon + 1)) }]
}

/**
 * @param {string} groupId
 * @param {Options & { topic?: Chosen[], allTopics?: boolean, to: import('../positions').Position, execute?: boolean,
 *   yes?: boolean }} options
 */
async function reset (groupId, options) {
  const output = new Output(options)
  const { topic: chosen, allTopics = false, to, execute = false, yes = false } = options
  if ((chosen === undefined) === !allTopics) {
    throw new UsageError('groups reset needs --topic, or --all-topics for those that the group has committed for')
  }
  // before anything is looked up: a script should not find out by chance
  if (execute && !yes && !process.stdin.isTTY) {
    throw new UsageError('nobody can be asked here: add --yes to --execute. Nothing has been changed.')
  }
  await withAdmin(await connection(options), async admin => {
    const moves = await plan(admin, groupId, chosen, to)
    const [{ members }] = await describeAll(admin, [groupId])
    const table = () => output.table(['TOPIC', 'PARTITION', 'COMMITTED', 'NEW', 'LAG THEN'], moves.map(each =>
      [each.topic, each.partition, each.before, each.after, each.high - BigInt(each.after)]))
    const result = (/** @type {boolean} */ executed) => ({
      groupId,
      executed,
      members: members.length,
      moves: moves.map(({ topic, partition, before, after }) => ({ topic, partition, before, after }))
    })
    const stop = members.length === 0
      ? ''
      : `${printable(groupId)} has ${members.length} member${members.length === 1 ? '' : 's'}: stop them first.`
    if (!execute) {
      output.result(result(false), table)
      return output.note(`Nothing has been changed: this is what --execute would do. ${stop}`.trimEnd())
    }
    if (stop !== '') throw new Error(`${stop} Nothing has been changed.`)
    if (!options.json) table()
    if (!await output.confirmed(`Move ${printable(groupId)}?`, yes)) return output.note('Nothing has been changed.')
    await commitMoves(admin, groupId, moves)
    output.result(result(true), () => output.line(`${printable(groupId)}: moved`))
  })
}

/**
 * @param {Admin} admin
 * @param {string} groupId
 * @param {Move[]} moves
 */
async function commitMoves (admin, groupId, moves) {
  for (const topic of new Set(moves.map(({ topic }) => topic))) {
    const partitions = moves.filter(each => each.topic === topic)
      .map(({ partition, after }) => ({ partition, offset: after }))
    await admin.setOffsets({ groupId, topic, partitions })
  }
}

/**
 * @param {Admin} admin
 * @param {string} groupId
 * @param {Chosen[] | undefined} chosen
 * @param {import('../positions').Position} to
 * @returns {Promise<Move[]>}
 */
async function plan (admin, groupId, chosen, to) {
  const committed = await admin.fetchOffsets({ groupId })
  if (chosen === undefined && committed.length === 0) {
    throw new Error(`group ${printable(groupId)} has committed nothing: name topics with --topic`)
  }
  /** @type {Move[]} */
  const moves = []
  for (const { topic, partitions } of chosen || committed.map(({ topic }) => ({ topic, partitions: null }))) {
    const places = await resolvePosition(admin, topic, to)
    const missing = (partitions || []).filter(each => !places.some(({ partition }) => partition === each))
    if (missing.length > 0) throw new UsageError(`${printable(topic)} has no partition ${missing.join(', ')}`)
    const found = committed.find(each => each.topic === topic)
    const before = new Map((found ? found.partitions : []).map(({ partition, offset }) => [partition, offset]))
    for (const { partition, offset, high } of places) {
      if (partitions !== null && !partitions.includes(partition)) continue
      const at = before.get(partition)
      moves.push({
        topic, partition, before: at === undefined || Number(at) < 0 ? null : at, after: String(offset), high
      })
    }
  }
  return moves
}

/**
 * @param {string[]} names
 * @param {Options & { yes?: boolean }} options
 */
async function remove (names, options) {
  const output = new Output(options)
  const ids = [...new Set(names)]
  const question = `Delete ${ids.map(printable).join(', ')}, with all commits?`
  await withAdmin(await connection(options), async admin => {
    if (!await output.confirmed(question, options.yes)) return output.note('Nothing has been deleted.')
    await admin.deleteGroups(ids)
    output.result({ deleted: ids }, () => { for (const id of ids) output.line(`${printable(id)}: deleted`) })
  })
}

/** @param {import('commander').Command} program */
module.exports = program => {
  const groups = program.command('groups').summary('list and describe groups, with their lag; move their offsets')
    .description('Consumer groups: who is in them, how far behind they are, and moving them.')
  const add = (/** @type {import('commander').Command} */ command, /** @type {string[]} */ examples) => {
    addConnectionOptions(command)
      .option('--json', 'print the result as JSON')
      .addHelpText('after', `\nExamples:\n${examples.map(each => `  kafka-node-native groups ${each}`).join('\n')}`)
  }
  add(groups.command('list').description('Lists the groups.').action(list), ['list --brokers localhost:9092'])
  add(groups.command('describe <groups...>').description('Shows members, committed offsets and lag.').action(describe),
    ['describe billing', 'describe billing shipping --json'])
  add(groups.command('reset <group>')
    .description('Moves what a group has committed. Shows what it would do; --execute does it. ' +
      'The group must have no members.')
    .requiredOption('--to <position>', FORMS, text => parsePosition(text))
    .option('--topic <topic[:partitions]>', 'such as orders or orders:0,2-4; may be repeated', chosenTopics)
    .option('--all-topics', 'all topics that the group has committed for')
    .option('--execute', 'do it, after a question')
    .option('-y, --yes', 'do not ask')
    .action(reset), ['reset billing --topic orders --to beginning', 'reset billing --all-topics --to 2h --execute'])
  add(groups.command('delete <groups...>').description('Deletes groups without members, after a question.')
    .option('-y, --yes', 'do not ask')
    .action(remove), ['delete old-billing'])
}
