'use strict'

const { callable } = require('../callable')
const KafkaError = require('./KafkaError')

/** One or more topics do not exist; `topics` holds the missing names as they were given. */
class TopicsNotExistError extends KafkaError {
  /** @param {string | string[]} topics */
  constructor (topics) {
    super(`The topic(s) ${topics} do not exist`)
    this.topics = topics
  }
}
TopicsNotExistError.prototype.name = 'TopicsNotExistError'

module.exports = callable(TopicsNotExistError)
