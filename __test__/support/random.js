'use strict'

/** Numbers that look random and are the same for the same seed (mulberry32). */
class Random {
  /** @param {number} seed */
  constructor (seed) {
    this.state = seed >>> 0
  }

  /**
   * The numbers of one of many that share a seed, each with a sequence of its own (the name's FNV-1a is mixed in).
   *
   * @param {number} seed
   * @param {string} name
   */
  static named (seed, name) {
    let hash = 0x811c9dc5
    for (const byte of Buffer.from(`${seed}/${name}`)) hash = Math.imul(hash ^ byte, 0x01000193)
    return new Random(hash)
  }

  /** @returns {number} from 0 up to 1, without 1 */
  next () {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000
  }

  /** @param {number} count @returns {number} a whole number from 0 up to `count`, without `count` */
  below (count) {
    return Math.floor(this.next() * count)
  }

  /** @template T @param {T[]} list @returns {T} */
  pick (list) {
    return list[this.below(list.length)]
  }

  /** @param {number} probability */
  chance (probability) {
    return this.next() < probability
  }
}

module.exports = { Random }
