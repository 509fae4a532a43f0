'use strict'

const { KafkaJSNonRetriableError } = require('../errors')

/**
 * Checks of arguments, with KafkaJS's texts.
 */

/**
 * @param {boolean} isRight
 * @param {string} message
 */
function check (isRight, message) {
  if (!isRight) throw new KafkaJSNonRetriableError(message)
}

/**
 * @param {Array<{ topic: unknown }>} topics
 * @param {string} [name] of the array
 */
function checkTopicEntries (topics, name = 'topics') {
  check(Boolean(topics) && Array.isArray(topics), `Invalid ${name} array ${topics}`)
  check(topics.every(({ topic }) => typeof topic === 'string'),
    `Invalid ${name} array, the topic names have to be a valid string`)
  check(new Set(topics.map(({ topic }) => topic)).size === topics.length,
    `Invalid ${name} array, it cannot have multiple entries for the same topic`)
}

/** @param {unknown} topic */
function checkTopic (topic) {
  check(Boolean(topic) && typeof topic === 'string', `Invalid topic ${topic}`)
}

/** @param {unknown} groupId */
function checkGroup (groupId) {
  check(Boolean(groupId), `Invalid groupId ${groupId}`)
}

module.exports = { check, checkGroup, checkTopic, checkTopicEntries }
