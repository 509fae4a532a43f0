'use strict'

// A service that answers each message it gets, with the README's own lines for its shutdown.
// config: { kafkaHost, groupId, requests: topic, answers: topic, exitCode }
// says: started | answering | message partition offset | answered partition offset error | exit code

const { ConsumerGroup, KafkaClient, Producer } = require('../../..')
const { codeBlocks } = require('../../support/document')
const { config, say, sayError } = require('./say')

const { kafkaHost, groupId, requests, answers, exitCode } = config
const shutdown = codeBlocks('README.md').filter(({ code }) => code.includes('SIGTERM'))
if (shutdown.length !== 1) throw new Error(`README.md shows ${shutdown.length} ways to shut down, not one`)
// not `process.exitCode = `: at the top level of a file, tsc takes that for a declaration, and allows one in a program
Object.assign(process, { exitCode })

const group = new ConsumerGroup({ kafkaHost, groupId, fromOffset: 'earliest' }, requests)
const producer = new Producer(new KafkaClient({ kafkaHost }), { requireAcks: -1 })
for (const emitter of /** @type {any[]} */ ([group, producer])) emitter.on('error', sayError)
let answered = 0
group.on('message', (/** @type {any} */ { partition, offset, value }) => {
  say('message', partition, offset)
  producer.send([{ topic: answers, messages: value }], (/** @type {any} */ error) => {
    say('answered', partition, offset, error ? error.message : null)
    if (++answered === 100) say('answering')
  })
})
process.on('exit', (code) => say('exit', code))
new Function('process', 'group', 'producer', shutdown[0].code)(process, group, producer)
say('started')
