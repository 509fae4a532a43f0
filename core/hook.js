'use strict'

/**
 * What stands around sends and handlers, such as spans. Unlike a subscriber of the diagnostics channels it gives the
 * records of a send headers, sees those of what is handled, and makes the calls of handlers itself.
 *
 * It is null unless somebody has registered, so that it costs a look for each send, and for each slice or batch of
 * records. Nothing of a hook may throw but what the call of a handler throws.
 *
 * @typedef {object} Hook
 * @property {(clientId: string, describe: () => Array<{ topic: string, count: number }>) => Sending} send a call of
 *   `send` begins; `describe` throws if its arguments are none
 * @property {<T>(work: Work, call: () => T) => T} handle makes the call of a handler, exactly once, and returns or
 *   throws what it does; a promise, if it returns one
 *
 * @typedef {object} Sending
 * @property {(batches: import('./handles/producerHandle').ProduceBatch[]) => void} chosen the partitions are known; it
 *   may change the headers of the records
 * @property {(error: unknown) => void} settled the send has ended: null if it has succeeded. Later calls say nothing
 *
 * @typedef {object} Work what a handler is called with
 * @property {string} clientId
 * @property {string | null} groupId
 * @property {string} topic
 * @property {number} partition
 * @property {number | null} offset of a record; null for a batch
 * @property {Array<{ headers?: import('./wire/records').Headers }>} messages the record, or those of the batch
 * @property {string} encoding of texts in their headers
 */

/** @type {{ current: Hook | null }} */
const hook = { current: null }

module.exports = { hook }
