'use strict'

const { spawn } = require('node:child_process')
const readline = require('node:readline')

const kafka = require('../support/kafka')
const { jarsFolder } = require('../../tools/kafka/jars')
const { release } = require('../../tools/kafka/properties')
const { javaCommand } = require('../../tools/kafka/tools')

/** How long Java's consumer waits for another record before it ends. */
const JAVA_PATIENCE_MS = 5000

/**
 * A record in the log, as text.
 *
 * @typedef {{ partition: number, offset: number, value: string | null }} Entry
 */

/**
 * Reads a topic with the console consumer of Kafka's own jars.
 *
 * @param {string} brokers
 * @param {'4' | '3.9'} version
 * @param {string} topic
 * @param {'read_uncommitted' | 'read_committed'} [isolation]
 * @returns {Promise<Entry[]>} by partition and offset
 */
async function readWithJava (brokers, version, topic, isolation = 'read_uncommitted') {
  const args = [
    '-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${jarsFolder(release(version))}/*`,
    'org.apache.kafka.tools.consumer.ConsoleConsumer', '--bootstrap-server', brokers, '--topic', topic,
    '--from-beginning', '--isolation-level', isolation, '--timeout-ms', String(JAVA_PATIENCE_MS),
    '--property', 'print.partition=true', '--property', 'print.offset=true', '--property', 'null.literal=\\0'
  ]
  const child = spawn(javaCommand(), args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text) => { complaints += text })
  const ended = new Promise((resolve) => child.once('close', resolve))
  /** @type {Entry[]} */
  const entries = []
  for await (const line of readline.createInterface({ input: child.stdout })) {
    const match = /^Partition:(\d+)\tOffset:(\d+)\t(.*)$/.exec(line)
    if (!match) continue
    entries.push({ partition: Number(match[1]), offset: Number(match[2]), value: match[3] === '\\0' ? null : match[3] })
  }
  await ended
  if (!/Processed a total of/.test(complaints)) throw new Error(`Java's console consumer failed: ${complaints}`)
  return entries.sort((a, b) => a.partition - b.partition || a.offset - b.offset)
}

/**
 * Reads a topic with the tests' own reader of the bare protocol.
 *
 * @param {string} brokers
 * @param {string} topic
 * @returns {Promise<Entry[]>}
 */
async function readWire (brokers, topic) {
  const records = await kafka.readAll(brokers, topic)
  return records.map(({ partition, offset, value }) =>
    ({ partition, offset, value: value === null ? null : String(value) }))
}

/**
 * What is in a topic's log. Java's console consumer reads it and has to see as much as the reader of the bare protocol;
 * the short version uses only the latter, since a JVM is slow to start.
 *
 * @param {{ brokers: string, version: '4' | '3.9', topic: string, quick: boolean }} options
 * @returns {Promise<Entry[]>}
 */
async function readLog ({ brokers, version, topic, quick }) {
  const wire = await readWire(brokers, topic)
  if (quick) return wire
  const java = await readWithJava(brokers, version, topic)
  if (JSON.stringify(java) !== JSON.stringify(wire)) {
    throw new Error(`Two readers of ${topic} do not agree: Java's console consumer sees ${java.length} records, the ` +
      `reader of the bare protocol ${wire.length}`)
  }
  return java
}

/**
 * What a reader of committed transactions sees of a topic, once none is open: KafkaJS's own consumer, and in the long
 * version Java's has to see the same.
 *
 * @param {{ brokers: string, version: '4' | '3.9', topic: string, partitions: number, quick: boolean }} options
 * @returns {Promise<string[]>} the values
 */
async function readCommitted ({ brokers, version, topic, partitions, quick }) {
  const texts = await kafka.visibleTexts(brokers, topic, { partitions })
  if (quick) return texts
  const java = (await readWithJava(brokers, version, topic, 'read_committed')).map(({ value }) => value)
  // Java's also sees the marks that the first reader has written to know where it ends
  const missing = new Set(texts)
  for (const value of java) missing.delete(String(value))
  if (missing.size > 0 || java.length !== texts.length + partitions) {
    throw new Error(`Two readers of ${topic} do not agree: Java's console consumer sees ${java.length} values, ` +
      `KafkaJS's ${texts.length}`)
  }
  return texts
}

module.exports = { readCommitted, readLog, readWithJava }
