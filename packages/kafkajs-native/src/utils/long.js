'use strict'

/**
 * A 64 bit integer with the methods of KafkaJS's, over a BigInt. It does not wrap around.
 */
class Long {
  constructor (value) {
    this.value = value
  }

  static isLong (candidate) {
    return typeof candidate.value === 'bigint'
  }

  static fromBits (value) {
    return new Long(BigInt(value))
  }

  static fromInt (value) {
    return isNaN(value) ? Long.ZERO : new Long(BigInt.asIntN(64, BigInt(value)))
  }

  static fromNumber (value) {
    return isNaN(value) ? Long.ZERO : new Long(BigInt(value))
  }

  static fromString (text) {
    if (text.length === 0) throw Error('empty string')
    return /^(NaN|[+-]?Infinity)$/.test(text) ? Long.ZERO : new Long(BigInt(text))
  }

  static fromValue (value) {
    switch (typeof value) {
      case 'number': return this.fromNumber(value)
      case 'string': return this.fromString(value)
      case 'bigint': return new Long(value)
    }
    return new Long(BigInt(this.isLong(value) ? value.value : value))
  }

  isZero () {
    return this.value === BigInt(0)
  }

  isNegative () {
    return this.value < BigInt(0)
  }

  toString () {
    return String(this.value)
  }

  toNumber () {
    return Number(this.value)
  }

  toInt () {
    return this.getLowBits()
  }

  toJSON () {
    return this.toString()
  }

  getLowBits () {
    return Number(BigInt.asIntN(32, this.value))
  }

  getHighBits () {
    return Number(BigInt.asIntN(32, this.value >> BigInt(32)))
  }

  shiftLeft (bits) {
    return new Long(this.value << BigInt(bits))
  }

  shiftRight (bits) {
    return new Long(this.value >> BigInt(bits))
  }

  shiftRightUnsigned (bits) {
    return new Long(this.value >> BigInt.asUintN(64, BigInt(bits)))
  }

  not () {
    return new Long(~this.value)
  }

  or (other) {
    return new Long(this.value | bigIntOf(other))
  }

  xor (other) {
    return new Long(this.value ^ bigIntOf(other))
  }

  and (other) {
    return new Long(this.value & bigIntOf(other))
  }

  equals (other) {
    return this.value === bigIntOf(other)
  }

  notEquals (other) {
    return !this.equals(other)
  }

  greaterThanOrEqual (other) {
    return this.value >= bigIntOf(other)
  }

  gte (other) {
    return this.greaterThanOrEqual(other)
  }

  lessThan (other) {
    return this.value < bigIntOf(other)
  }

  compare (other) {
    const value = bigIntOf(other)
    return this.value === value ? 0 : this.value > value ? 1 : -1
  }

  add (other) {
    return new Long(this.value + bigIntOf(other))
  }

  subtract (other) {
    return this.add(Long.fromValue(other).negate())
  }

  multiply (other) {
    return this.isZero() ? Long.ZERO : new Long(this.value * bigIntOf(other))
  }

  divide (other) {
    const divisor = bigIntOf(other)
    if (divisor === BigInt(0)) throw Error('division by zero')
    return new Long(this.value / divisor)
  }

  negate () {
    return this.equals(Long.MIN_VALUE) ? Long.MIN_VALUE : new Long(-this.value)
  }
}

/** @returns {bigint} */
function bigIntOf (value) {
  return Long.isLong(value) ? value.value : Long.fromValue(value).value
}

Long.MIN_VALUE = new Long(BigInt('-9223372036854775808'))
Long.MAX_VALUE = new Long(BigInt('9223372036854775807'))
Long.ZERO = Long.fromInt(0)
Long.ONE = Long.fromInt(1)

module.exports = Long
