'use strict'

const assert = require('node:assert/strict')
const { setTimeout: delay } = require('node:timers/promises')

// What the members of a group, running integration/programs/group-member.js, have shown together.

/**
 * @param {import('./processes').Program} member
 * @returns {number[] | null} the partitions that it owns, null while it rebalances or has ended
 */
function owned (member) {
  const last = member.events.findLast(([name]) => name === 'rebalanced' || name === 'rebalancing')
  return last && last[0] === 'rebalanced' ? last[1] : null
}

/**
 * Waits until the group is stable and its members own these numbers of partitions, in any order.
 *
 * @param {import('./processes').Program[]} members
 * @param {number[]} counts
 */
async function steady (members, counts) {
  const wanted = [...counts].sort().join()
  const isSteady = () => {
    return members.map((member) => owned(member)?.length ?? -1).sort().join() === wanted
  }
  await new Promise((resolve, reject) => {
    const checked = () => {
      if (isSteady()) finish(resolve, undefined)
      else if (members.some(({ end }) => end)) finish(reject, new Error(`a member ended: ${members[0].errorOutput}`))
    }
    const finish = (/** @type {(value: any) => void} */ settle, /** @type {any} */ value) => {
      clearTimeout(timer)
      for (const member of members) member.watchers.delete(checked)
      settle(value)
    }
    const timer = setTimeout(() => {
      const last = members.map((member) => member.events.filter(([name]) => name !== 'message').slice(-6))
      finish(reject, new Error(`the group did not become steady: ${JSON.stringify(last)}`))
    }, 60000)
    for (const member of members) member.watchers.add(checked)
    checked()
  })
}

/**
 * Waits until every record of every partition has been seen by some member.
 *
 * @param {import('./processes').Program[]} members all there have ever been
 * @param {number} partitions
 * @param {number} count records in each
 */
async function allSeen (members, partitions, count) {
  for (let i = 0; i < 600; i++) {
    const seen = Array.from({ length: partitions }, () => new Set())
    for (const member of members) {
      for (const [, partition, offset] of member.all('message')) seen[partition].add(offset)
    }
    if (seen.every((offsets) => offsets.size === count)) return
    await delay(100)
  }
  const lacking = Array.from({ length: partitions }, (_, partition) => {
    const offsets = new Set(members.flatMap((member) =>
      member.all('message').filter((event) => event[1] === partition).map((event) => event[2])))
    return Array.from({ length: count }, (_, offset) => offset).filter((offset) => !offsets.has(offset)).slice(0, 10)
  })
  assert.fail(`records that nobody got: ${JSON.stringify(lacking)}`)
}

/**
 * Records that were emitted more than once, as `partition/offset`, with the members that emitted them.
 *
 * @template {import('./processes').Program} T
 * @param {T[]} members
 */
function doubles (members) {
  /** @type {Map<string, T[]>} */
  const seen = new Map()
  for (const member of members) {
    for (const [, partition, offset] of member.all('message')) {
      const key = `${partition}/${offset}`
      seen.set(key, [...(seen.get(key) || []), member])
    }
  }
  return [...seen].filter(([, by]) => by.length > 1)
}

/**
 * A record is emitted only while its partition is owned, from `rebalanced` to the next `rebalancing`.
 *
 * @param {import('./processes').Program} member
 */
function assertOnlyOwned (member) {
  /** @type {Set<number>} */
  let owns = new Set()
  for (const [name, ...args] of member.events) {
    if (name === 'rebalancing') owns = new Set()
    else if (name === 'rebalanced') owns = new Set(args[0])
    else if (name === 'message') {
      const [partition, offset] = args
      assert.ok(owns.has(partition), `partition ${partition} was not owned, but offset ${offset} came`)
    }
  }
}

module.exports = { owned, steady, allSeen, doubles, assertOnlyOwned }
