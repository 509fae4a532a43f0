'use strict'

const { callable } = require('../internal/callable')
const KafkaError = require('../internal/errors/KafkaError')

/** One or more topics do not exist; `topics` holds the missing names as they were given. */
class TopicsNotExistError extends KafkaError {
  /** @param {string | string[]} topics */
  constructor (topics) {
    // not join alone: an invalid name may be a symbol
    const names = Array.isArray(topics)
      ? topics.map(topic => typeof topic === 'symbol' ? String(topic) : topic)
      : topics
    super(`The topic(s) ${names} do not exist`)
    this.topics = topics
  }
}
TopicsNotExistError.prototype.name = 'TopicsNotExistError'

module.exports = callable(TopicsNotExistError)
