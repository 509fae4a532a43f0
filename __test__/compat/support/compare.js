'use strict'

/** @typedef {import('./section').Scenario} Scenario */
/** @typedef {import('./sides').Outcome} Outcome */
/**
 * @typedef {object} Row
 * @property {string} track
 * @property {'same' | 'meant' | 'different'} verdict
 * @property {string[]} original
 * @property {string[]} ours
 * @property {string} [id] of the difference that is meant
 * @property {string} [why] it is different
 */

/** @param {string[]} lines @param {(string | RegExp)[]} wanted */
function matches (lines, wanted) {
  return lines.length === wanted.length && lines.every((line, i) => {
    const pattern = wanted[i]
    return typeof pattern === 'string' ? line === pattern : pattern.test(line)
  })
}

/**
 * @param {Scenario} scenario
 * @param {Outcome} original
 * @param {Outcome} ours
 * @param {Map<string, import('./differences').Difference>} differences
 * @returns {Row[]} by track
 */
function compare (scenario, original, ours, differences) {
  const tracks = new Set([...original.tracks.keys(), ...ours.tracks.keys(), ...Object.keys(scenario.meant)])
  return [...tracks].map((track) => {
    const theirs = original.tracks.get(track) || []
    const own = ours.tracks.get(track) || []
    const row = { track, original: theirs, ours: own }
    const meant = scenario.meant[track]
    const same = matches(own, theirs)
    if (!meant && same && track === 'waited in vain') {
      return { ...row, verdict: 'different', why: 'neither side did this' }
    }
    if (!meant) return { ...row, verdict: same ? 'same' : 'different', why: same ? undefined : 'not listed as meant' }
    const wrong = (/** @type {string} */ why) =>
      ({ ...row, verdict: /** @type {const} */ ('different'), id: meant.id, why })
    if (!differences.has(meant.id)) return wrong(`${meant.id} is not in docs/differences.md`)
    if (meant.original !== 'varies') {
      if (same) return wrong(`${meant.id} says that they differ here, but they do not`)
      if (!matches(theirs, meant.original)) return wrong(`the original is not as ${meant.id} is pinned`)
    }
    if (!matches(own, meant.ours)) return wrong(`ours is not as ${meant.id} is pinned`)
    return { ...row, verdict: 'meant', id: meant.id }
  })
}

/** Where a line shows a broker's id: that of `tools/kafka` is 1001 in ZooKeeper mode, otherwise 1. */
const BROKER_IDS = new RegExp([
  "((?:leader|nodeId|(?:controller|coordinator|broker)Id): '?|(?:replicas|isr): \\[)(?:1001|1)\\b",
  '\\b(?:1001|1)(?=: { nodeId)'
].join('|'), 'g')

/** @param {string[]} [lines] */
function withoutIds (lines = []) {
  return lines.map((line) => line.replace(BROKER_IDS, '$1<id>'))
}

/**
 * What ours did on two brokers.
 *
 * @param {Scenario} scenario
 * @param {Outcome} before on Kafka 3.9
 * @param {Outcome} now on Kafka 4
 * @returns {Row[]} by track
 */
function compareVersions (scenario, before, now) {
  const tracks = new Set([...before.tracks.keys(), ...now.tracks.keys(), ...Object.keys(scenario.modern)])
  return [...tracks].map((track) => {
    const original = withoutIds(before.tracks.get(track))
    const ours = withoutIds(now.tracks.get(track))
    const { modern: { [track]: pinned }, meant: { [track]: meant } } = scenario
    const row = (/** @type {Row['verdict']} */ verdict, /** @type {string} */ why = '') =>
      ({ track, original, ours, verdict, why })
    if (pinned) {
      if (matches(ours, original)) return row('different', 'pinned as different on Kafka 4, but it is not')
      return matches(ours, pinned) ? row('meant') : row('different', 'not as it is pinned for Kafka 4')
    }
    return matches(ours, meant ? meant.ours : original) ? row('same') : row('different', 'not pinned as different')
  })
}

/** @param {Row} row @param {[string, string]} [sides] @returns {string} */
function explain ({ track, original, ours, why }, [first, second] = ['original', 'ours']) {
  const list = (/** @type {string[]} */ lines) => lines.map((line, i) =>
    `\n      ${original[i] === ours[i] ? ' ' : '!'} ${line}`).join('') || '\n      ! nothing'
  return `  ${track}: ${why}\n    ${first}:${list(original)}\n    ${second}:${list(ours)}`
}

module.exports = { compare, compareVersions, explain }
