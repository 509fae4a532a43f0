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

/** @param {Row} row @returns {string} */
function explain ({ track, original, ours, why }) {
  const list = (/** @type {string[]} */ lines) => lines.map((line, i) =>
    `\n      ${original[i] === ours[i] ? ' ' : '!'} ${line}`).join('') || '\n      ! nothing'
  return `  ${track}: ${why}\n    original:${list(original)}\n    ours:${list(ours)}`
}

module.exports = { compare, explain }
