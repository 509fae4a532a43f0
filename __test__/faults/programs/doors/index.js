'use strict'

const { config } = require('../say')

/**
 * @typedef {object} ProducerEvents
 * @property {() => void} ready
 * @property {(error: any, event?: string) => void} error
 * @property {(event: string, ...args: any[]) => void} said what else there is to say
 *
 * @typedef {object} OpenProducer
 * @property {(topic: string, partition: number, value: string, done: (error: any, offset?: number) => void) => void}
 *   send
 * @property {(done: (error: any) => void) => void} close
 *
 * @typedef {object} ReaderEvents
 * @property {(message: { topic: string, partition: number, offset: number, value: any }) => void} message
 * @property {(memberId: string) => void} joined a group
 * @property {(error: any, event?: string) => void} error
 * @property {(event: string, ...args: any[]) => void} said
 *
 * @typedef {object} OpenReader
 * @property {() => void} pause
 * @property {() => void} resume
 * @property {(force: boolean, done: (error: any) => void) => void} close `force`: with a commit
 */

/** The API that this program uses is what the row asks for. */
const { openProducer, openConsumer, openMember } = config.door === 'kafkajs'
  ? require('./kafkajs')
  : require('./kafka-node')

module.exports = { openProducer, openConsumer, openMember }
