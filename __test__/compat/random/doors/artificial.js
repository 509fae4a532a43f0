'use strict'

// No API of ours: a counter that one side counts wrong with, to see that the machinery finds it and shows it in short.

/** @typedef {import('../generate').Step} Step */

/** @param {string} method @param {...any} args @returns {Step} */
const ask = (method, ...args) => ({ do: 'call', on: 'counter', method, args, callback: true, wait: true })

class Counter {
  /** @param {boolean} isWrong */
  constructor (isWrong) {
    this.isWrong = isWrong
    this.count = 0
    this.isTurned = false
  }

  /** @param {number} number @param {() => void} callback */
  add (number, callback) {
    this.count += this.isTurned && this.isWrong ? 0 : number
    callback()
  }

  /** @param {() => void} callback */
  turn (callback) {
    this.isTurned = true
    callback()
  }

  /** @param {(error: null, count: number) => void} callback */
  read (callback) {
    callback(null, this.count)
  }
}

/** @type {import('../generate').Door} */
module.exports = {
  name: 'artificial',
  topics: {},
  casts: [{
    name: 'a counter',
    weight: 1,
    length: 6,
    open: () => [{ do: 'new', name: 'counter', kind: 'Counter', args: [] }],
    moves: [
      { weight: 3, make: (random) => ask('add', 1 + random.below(3)) },
      { weight: 1, make: () => ask('turn') },
      { weight: 2, make: () => ask('read') }
    ],
    close: [ask('turn'), ask('add', 5), ask('read')]
  }],
  load: (folder) => folder,
  create: (folder) => new Counter(folder === 'wrong'),
  events: [],
  meant: []
}
