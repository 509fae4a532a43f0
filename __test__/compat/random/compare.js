'use strict'

/**
 * @typedef {object} Run what a side did
 * @property {Map<string, string[]>} tracks
 * @property {number[]} settled how many messages had come, each time that a program waited for them
 * @property {number} crashed the step of the first exception that nobody caught; 0 for none
 * @property {string} end of the process
 *
 * @typedef {object} Row a track that differs
 * @property {string} label
 * @property {string} kind the label without the number of the step: the same in a shorter program
 * @property {string[]} original
 * @property {string[]} ours
 * @property {string} [id] of the difference that is meant
 */

/**
 * @param {Run} original
 * @param {Run} ours
 * @returns {Row[]}
 */
function compareRuns (original, ours) {
  /** @type {Row[]} */
  const rows = []
  // what comes after a crash of the original proves nothing
  const last = original.crashed || Infinity
  const labels = new Set([...original.tracks.keys(), ...ours.tracks.keys()])
  for (const label of labels) {
    const step = Number(/^\d+/.exec(label)?.[0] || 0)
    if (step >= last || (step === 0 && original.crashed > 0)) continue
    const [theirs, own] = [original, ours].map(({ tracks }) => tracks.get(label) || [])
    const areEvents = !/^\d/.test(label) && !/ (message|data) /.test(label)
    // events of different causes may come in any order
    const same = areEvents
      ? [...theirs].sort().join('\n') === [...own].sort().join('\n')
      : theirs.join('\n') === own.join('\n')
    if (!same) rows.push({ label, kind: label.replace(/^\d+ /, ''), original: theirs, ours: own })
  }
  if (ours.end !== 'by itself') rows.push({ label: 'the process ends', kind: 'end', original: [], ours: [ours.end] })
  return rows
}

/**
 * @param {Row[]} rows
 * @param {import('./generate').Door} door
 * @param {import('./generate').Program} program
 * @returns {Row[]} the same, with the numbers of the differences that are meant
 */
function explainRows (rows, door, program) {
  return rows.map((row) => ({ ...row, id: door.meant.find(({ is }) => is(row, program))?.id }))
}

/** @param {Row} row @returns {string} */
function showRow ({ label, original, ours }) {
  const list = (/** @type {string[]} */ lines) => lines.length > 0 ? lines.join('\n      ') : 'nothing'
  return `  ${label}\n    the original:\n      ${list(original)}\n    ours:\n      ${list(ours)}`
}

module.exports = { compareRuns, explainRows, showRow }
