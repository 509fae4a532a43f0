'use strict'

const { EventEmitter } = require('events')
const { Readable } = require('stream')

/** @type {WeakMap<Function, object>} objects that a class is being called on, by the `new.target` of that call */
const adopted = new WeakMap()

/**
 * The base of classes for `callable`: what its constructor returns is `this` in theirs, so it hands them the object
 * that they are called on.
 *
 * @template {Function} T
 * @param {T} Base
 * @param {(object: object, args: unknown[]) => void} [initialize] does to an object what the constructor of `Base`
 *   would
 * @returns {T}
 */
function adoptable (Base, initialize = (object, args) => Base.apply(object, args)) {
  /** @param {unknown[]} args */
  function Root (...args) {
    const object = adopted.get(/** @type {Function} */ (new.target))
    if (object === undefined) return Reflect.construct(Base, args, /** @type {Function} */ (new.target))
    initialize(object, args)
    return object
  }
  Root.prototype = Base.prototype
  return Object.setPrototypeOf(Root, Base)
}

/**
 * @param {unknown} object
 * @param {Function} Class that has been called on it
 */
function requireNew (object, Class) {
  if (object instanceof Class) return
  throw new TypeError(`${Class.name} must be called with new, or on an object that inherits from it`)
}

/**
 * kafka-node's constructors are functions, and services inherit from them in every possible way: with `class`, with
 * `util.inherits` and a call on their own object, or with what compilers generate for `extends` in ES5. A class
 * throws when it is called; the function that this returns does not.
 *
 * @template {Function} T
 * @param {T} Class whose outermost base is made by `adoptable`
 * @returns {T} the same as a function: it may be called on an object that inherits from its prototype, and its methods
 *   can be enumerated
 */
function callable (Class) {
  /**
   * @this {object}
   * @param {unknown[]} args
   */
  function Callable (...args) {
    if (new.target !== undefined) return Reflect.construct(Class, args, new.target)
    requireNew(this, Callable)
    const target = function () {}
    adopted.set(target, this)
    Reflect.construct(Class, args, target)
  }
  const { prototype } = Class
  const { prototype: _, ...statics } = Object.getOwnPropertyDescriptors(Class)
  Object.defineProperties(Callable, statics)
  Callable.prototype = prototype
  for (const name of Object.getOwnPropertyNames(prototype)) {
    if (name !== 'constructor') Object.defineProperty(prototype, name, { enumerable: true })
  }
  Object.defineProperty(prototype, 'constructor', { value: Callable })
  const Base = Object.getPrototypeOf(Class.prototype).constructor
  Object.defineProperty(Callable, 'super_', { value: Base, writable: true, configurable: true })
  return Object.setPrototypeOf(Callable, Base)
}

/** @param {object} error @param {unknown[]} args */
function initializeError (error, [message]) {
  if (message !== undefined) {
    Object.defineProperty(error, 'message', { value: String(message), writable: true, configurable: true })
  }
  Error.captureStackTrace(error)
}

module.exports = {
  callable,
  AdoptableEmitter: adoptable(EventEmitter),
  AdoptableError: adoptable(Error, initializeError),
  AdoptableObject: adoptable(Object),
  AdoptableReadable: adoptable(Readable),
  requireNew
}
