'use strict'

const { ask, noLeader } = require('./ask')
const { lastOfEach } = require('./payloads')
const { brokerError } = require('../nativeErrors')
const { recordOf, valueOf } = require('../../../core/keyed')
const { setImmediate } = require('../../../core/scheduling/timers')

/**
 * @typedef {Record<string, Record<string, number[]>>} FoundOffsets by topic and partition
 * @typedef {import('./ask').Callback<FoundOffsets>} Callback
 * @typedef {(err: Error) => void} Failed
 * @typedef {import('../client/connector').KafkaClient} KafkaClient
 * @typedef {import('./payloads').Payload} Payload
 */

/** As times in a look-up of offsets */
const LATEST = -1
const EARLIEST = -2

/** librdkafka's: it knows a leader for none of the partitions (rdkafka.h) */
const NO_LEADERS = -156

/**
 * @param {KafkaClient} client
 * @param {Payload[]} payloads
 * @param {Callback} callback the newest first
 */
function fetchOffsets (client, payloads, callback) {
  /** @type {Payload[]} */
  let wanted
  try {
    wanted = lastOfEach(payloads)
  } catch (error) {
    setImmediate(callback, /** @type {Error} */ (error))
    return
  }
  if (wanted.length === 0) {
    setImmediate(callback, null, {})
    return
  }
  ensureLeaders(client, wanted, err => {
    if (err) return callback(err)
    const now = Date.now()
    const first = wanted.map(payload => ({ ...payload, time: timeOf(payload, now) }))
    const starts = first.filter(({ time, maxNum }) => /** @type {number} */ (maxNum) >= 2 && time !== EARLIEST)
    lookUp(client, first, (failure, offsets) => {
      if (failure) return callback(failure)
      // every record is older: the end, as for a time in the future
      const ends = first.filter(({ topic, partition }) => offsets[topic][Number(partition || 0)][0] < 0)
      const more = [
        ...ends.map(payload => ({ ...payload, time: LATEST })),
        ...starts.map(payload => ({ ...payload, time: EARLIEST }))
      ]
      let left = 2
      /** @type {Error | null} */
      let failed = null
      const merge = (/** @type {Payload[]} */ part, /** @type {(list: number[], offset: number) => void} */ use) => {
        lookUp(client, part, (problem, answers) => {
          failed = failed || problem
          for (const { topic, partition } of problem ? [] : part) {
            const id = Number(partition || 0)
            use(offsets[topic][id], answers[topic][id][0])
          }
          if (--left > 0) return
          if (failed) callback(failed)
          else callback(null, distinct(offsets))
        })
      }
      merge(more.filter(({ time }) => time === LATEST), (list, offset) => { list[0] = offset })
      merge(more.filter(({ time }) => time === EARLIEST), (list, offset) => { list[1] = offset })
    })
  })
}

/**
 * @param {Payload} payload
 * @param {number} now ms
 */
function timeOf ({ time }, now) {
  const number = typeof time === 'symbol' ? NaN : Math.trunc(Number(time))
  if (number === EARLIEST) return EARLIEST
  return number < 0 || !(number < now) ? LATEST : number
}

/** @param {FoundOffsets} offsets */
function distinct (offsets) {
  for (const partitions of Object.values(offsets)) {
    for (const id of Object.keys(partitions)) partitions[id] = [...new Set(partitions[id])]
  }
  return offsets
}

/**
 * @param {KafkaClient} client
 * @param {Payload[]} payloads one per partition, `time` as librdkafka takes it
 * @param {(err: Error | null, offsets: FoundOffsets) => void} callback
 */
function lookUp (client, payloads, callback) {
  if (payloads.length === 0) return callback(null, {})
  const partitions = payloads.map(({ topic, partition, time }) =>
    ({ topic: String(topic), partition: Number(partition || 0), offset: time }))
  ask(client, { op: 'listOffsets', partitions }, (err, answers) => {
    if (err) return /** @type {Failed} */ (callback)(err.native && err.native.code === NO_LEADERS ? noLeader() : err)
    const refused = answers.find(({ error }) => error !== 0)
    if (refused) {
      const { topic, partition, error } = refused
      // no broker leads it: our metadata was out of date
      const failure = error < 0
        ? noLeader()
        : Object.assign(brokerError(error), { topic, partition })
      return /** @type {Failed} */ (callback)(failure)
    }
    /** @type {FoundOffsets} */
    const offsets = {}
    for (const { topic, partition, offset } of answers) recordOf(offsets, topic)[partition] = [offset]
    callback(null, offsets)
  })
}

/**
 * @param {KafkaClient} client
 * @param {Payload[]} payloads
 * @param {(err: Error | null) => void} callback
 */
function ensureLeaders (client, payloads, callback) {
  const missing = () => payloads.filter(({ topic, partition }) => {
    const partitions = valueOf(client.topicMetadata, topic)
    return !partitions || !partitions[Number(partition || 0)]
  })
  const unknown = missing()
  if (unknown.length === 0) return callback(null)
  const topics = [...new Set(unknown.map(({ topic }) => topic))]
  client.loadMetadataForTopics(topics, (err, result) => {
    if (err) return callback(err)
    if (result[1].error) return callback(new Error([...new Set(result[1].error)].join(',')))
    client.updateMetadatas(result)
    callback(missing().length > 0 ? noLeader() : null)
  })
}

module.exports = { fetchOffsets }
