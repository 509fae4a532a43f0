'use strict'

const { KafkaJSTimeout } = require('../errors')

/**
 * Asks until there is an answer: what tests of programs wait with.
 *
 * @template T
 * @param {(waited: number) => T | Promise<T>} condition gets the time that has been waited, ms
 * @param {{ delay?: number, maxWait?: number, timeoutMessage?: string, ignoreTimeout?: boolean }} [options] `delay`
 *   before each question, and `maxWait` for all of them, in ms
 * @returns {Promise<T>} the first result that is not falsy
 * @throws {KafkaJSTimeout} after `maxWait`
 */
module.exports = (condition, options = {}) => new Promise((resolve, reject) => {
  const { delay = 50, maxWait = 10000, timeoutMessage = 'Timeout', ignoreTimeout = false } = options
  let waited = 0
  let pause = null
  let limit = null
  const end = (settle, value) => {
    clearTimeout(pause)
    clearTimeout(limit)
    settle(value)
  }
  const ask = async () => {
    try {
      const result = await condition(waited)
      if (result) end(resolve, result)
      else wait()
    } catch (error) {
      end(reject, error)
    }
  }
  let isOver = false
  const wait = () => {
    if (isOver) return
    waited += delay
    pause = setTimeout(ask, delay)
  }
  wait()
  if (ignoreTimeout) return
  limit = setTimeout(() => {
    isOver = true
    end(reject, new KafkaJSTimeout(timeoutMessage))
  }, maxWait)
})
