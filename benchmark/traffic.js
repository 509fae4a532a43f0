'use strict'

// Writes numbered records to every partition in turn, at a steady rate, until it is killed, using this package:
// `node traffic.js JOB`, where JOB is JSON with brokers, topic, partitions and rate. The values are `partition number`.

const { KafkaClient, Producer } = require('..')

const TICK_MS = 5

const { brokers, topic, partitions, rate } = JSON.parse(process.argv[2])
const producer = new Producer(new KafkaClient({ kafkaHost: brokers }), { requireAcks: 1 })
/** @param {any} error */
const fail = (error) => {
  console.error(error.message)
  process.exit(1)
}
producer.on('error', fail)
producer.on('ready', () => {
  const started = performance.now()
  let sent = 0
  setInterval(() => {
    const due = Math.floor((performance.now() - started) / 1000 * rate)
    for (; sent < due; sent++) {
      const partition = sent % partitions
      const messages = `${partition} ${Math.floor(sent / partitions)}`
      producer.send([{ topic, partition, messages }], (/** @type {any} */ error) => { if (error) fail(error) })
    }
  }, TICK_MS)
})
