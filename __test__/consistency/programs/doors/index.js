'use strict'

const { config } = require('../history')

/**
 * @typedef {object} OpenProducer
 * @property {(writes: [partition: number, value: string][]) => Promise<[partition: number, offset: number][]>} send
 *   fulfilled with the offset of the first write in each partition
 * @property {() => Promise<unknown>} close
 *
 * @typedef {[partition: number, offset: number, value: string]} MemberRecord
 *
 * @typedef {object} MemberEvents
 * @property {(partitions: number[]) => void} assigned
 * @property {(partitions: number[]) => void} revoked
 * @property {() => boolean} commitsAtRevoke whether to commit by itself when partitions are taken
 * @property {(records: MemberRecord[], steps: Steps) => Promise<void>} handle
 * @property {(records: MemberRecord[]) => void} handleAtOnce the same for a handler that cannot be waited for
 * @property {(error: any) => void} error
 *
 * @typedef {object} Steps
 * @property {(offset: number) => void} finished
 * @property {() => boolean} isOver whether the rest is not wanted any more
 *
 * @typedef {object} OpenMember
 * @property {(partition: number, offset: number) => void} seek
 * @property {(partition: number) => void} pause
 * @property {(partition: number) => void} resume
 * @property {(offsets: [partition: number, offset: number][]) => Promise<unknown>} commit
 * @property {() => Promise<unknown>} leave
 */

/** The API that this process uses is what the configuration asks for. */
const { openProducer, openMember } = config.door === 'kafkajs'
  ? require('./kafkajs')
  : require('./kafka-node')

module.exports = { openProducer, openMember }
