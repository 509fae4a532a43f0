'use strict'

const POOL = 1024

/**
 * A pool of JSON texts of one length. They differ, so that a codec has something to do, and are the same in every
 * run: the digits come from a linear congruential generator.
 *
 * @param {number} size in bytes; all are ASCII
 * @returns {string[]}
 */
function makeValues (size) {
  let state = 1
  const digits = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state.toString(36)
  }
  return Array.from({ length: POOL }, (_, index) => {
    let text = `{"id":${100000 + index},"user":"user-${index % 50}","status":"active","trace":"`
    while (text.length < size - 2) text += digits()
    return `${text.slice(0, size - 2)}"}`
  })
}

module.exports = { makeValues }
