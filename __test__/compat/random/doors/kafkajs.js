'use strict'

// KafkaJS's API. Generator, traces and comparison know nothing about either door.

const { text } = require('../../../compat-kafkajs/support/show')
const { createClient } = require('./kafkajs/clients')
const { meant } = require('./kafkajs/meant')
const { TOPICS, casts } = require('./kafkajs/programs')

/** What lists are sorted by: brokers answer in any order. */
const KEYS = ['topic', 'topicName', 'name', 'configName', 'groupId', 'partition', 'partitionId', 'brokerId']

/** @param {any} entry @returns {string} */
const orderOf = (entry) => KEYS.filter((key) => key in entry).map((key) => String(entry[key])).join('\n')

/** @param {any} value @returns {any} with its lists of objects in order */
function tidy (value) {
  if (Array.isArray(value)) {
    const list = value.map(tidy)
    const areObjects = list.every((entry) => entry && Object.getPrototypeOf(entry) === Object.prototype)
    return areObjects ? list.sort((a, b) => orderOf(a) < orderOf(b) ? -1 : 1) : list
  }
  if (!value || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, tidy(inner)]))
}

/**
 * A user's own partitioner.
 *
 * @param {{ topic: string, partitionMetadata: any[], message: any }} call
 * @returns {number}
 */
const byLength = ({ partitionMetadata, message: { partition, value } }) =>
  partition === undefined || partition === null ? String(value).length % partitionMetadata.length : partition

/** @param {import('../generate').Program} program @returns {any[][]} the messages of its sends, a list for a topic */
const sent = ({ steps }) => steps.flatMap((step) => {
  const [options] = step.do === 'call' && /^send(Batch)?$/.test(step.method) ? step.args : []
  const parts = options && Array.isArray(options.topicMessages) ? options.topicMessages : [options]
  return parts.filter((part) => part && part.topic === '$b' && Array.isArray(part.messages))
    .map(({ messages }) => messages)
})

/** @param {import('../generate').Program} program */
const scatters = (program) => sent(program).some((messages) => messages.some((message) => message &&
  [null, undefined].includes(message.key) && [null, undefined].includes(message.partition)))

/** @type {import('../generate').Door} */
module.exports = {
  name: 'kafkajs',
  topics: TOPICS,
  casts,
  load: (folder) => {
    // ours loads the main package by its name, as if both were installed
    require('../../../support/kafkajs-native')
    return require(folder)
  },
  create: createClient,
  events: ['message', 'connect', 'disconnect', 'stop', 'crash', 'groupJoin'],
  message: (event, argument) => event === 'message' ? argument : null,
  close: (object) => object.disconnect && object.disconnect(),
  // KafkaJS's `setOffsets` takes 5 s
  answer: 15000,
  show: text,
  tidy,
  revive: function (value, revive) {
    if ('$buffer' in value) return Buffer.from(value.$buffer)
    if ('$match' in value) return new RegExp(revive(value.$match))
    if ('$partitioner' in value) {
      return value.$partitioner === 'own' ? () => byLength : /** @type {any} */ (this).Partitioners[value.$partitioner]
    }
  },
  scatters,
  normalise: (line, label, program) => {
    // which of the two a call gets beside `disconnect` depends on how far the socket has got
    line = line.replace(
      /\[KafkaJSConnection(Closed)?Error '(Connection error: write after end|Closed connection)' \{[^}]*\}\]/,
      '[closed connection]')
    return scatters(program) && /\.send(Batch)?$/.test(label) ? line.replace(/resolves \[\{.*/, 'resolves') : line
  },
  meant
}
