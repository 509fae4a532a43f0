'use strict'

// A service that answers each message it gets, with the README's own lines for its shutdown.
// config: { kafkaHost, groupId, requests: topic, answers: topic, exitCode, door? }
// says: started | answering | message partition offset | answered partition offset error | exit code

const { codeBlocks } = require('../../support/document')
const { config, say, sayError } = require('./say')

const { kafkaHost, groupId, requests, answers, exitCode, door } = config
// not `process.exitCode = `: at the top level of a file, tsc takes that for a declaration, and allows one in a program
Object.assign(process, { exitCode })

let answered = 0

/** @param {number} partition @param {number} offset @param {Error | null} error */
function hasAnswered (partition, offset, error) {
  say('answered', partition, offset, error ? error.message : null)
  if (++answered === 100) say('answering')
}

/** @returns {object} by their names in the README */
function serveKafkaNode () {
  const { ConsumerGroup, KafkaClient, Producer } = require('../../..')
  const group = new ConsumerGroup({ kafkaHost, groupId, fromOffset: 'earliest' }, requests)
  const producer = new Producer(new KafkaClient({ kafkaHost }), { requireAcks: -1 })
  for (const emitter of /** @type {any[]} */ ([group, producer])) emitter.on('error', sayError)
  group.on('message', (/** @type {any} */ { partition, offset, value }) => {
    say('message', partition, offset)
    producer.send([{ topic: answers, messages: value }], (/** @type {any} */ error) =>
      hasAnswered(partition, offset, error))
  })
  return { group, producer }
}

/** @type {typeof serveKafkaNode} */
function serveKafkaJs () {
  const kafka = require('./doors/kafkajs').kafkaOf(config, { said () {} })
  const consumer = kafka.consumer({ groupId })
  const producer = kafka.producer()
  const serve = async () => {
    await producer.connect()
    await consumer.connect()
    await consumer.subscribe({ topic: requests, fromBeginning: true })
    await consumer.run({
      partitionsConsumedConcurrently: 3,
      async eachMessage ({ partition, message }) {
        const offset = Number(message.offset)
        say('message', partition, offset)
        await producer.send({ topic: answers, messages: [{ value: message.value }] })
        hasAnswered(partition, offset, null)
      }
    })
  }
  serve().catch(sayError)
  return { consumer, producer }
}

process.on('exit', (code) => say('exit', code))
const clients = door === 'kafkajs' ? serveKafkaJs() : serveKafkaNode()
const shutdown = codeBlocks('README.md').filter(({ code }) =>
  code.includes('SIGTERM') && Object.keys(clients).every((name) => code.includes(`${name}.`)))
if (shutdown.length !== 1) throw new Error(`README.md shows ${shutdown.length} ways to shut down, not one`)
new Function('process', ...Object.keys(clients), shutdown[0].code)(process, ...Object.values(clients))
say('started')
