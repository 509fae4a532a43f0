'use strict'

const { section } = require('../support/section')

module.exports = section('Logging', (scenario) => {
  scenario('kafka-node/logging and lib/logging', { contract: '13' }, (t) => {
    t.log('logging', Object.keys(t.require('logging')))
    const getLogger = t.require('lib/logging')
    t.log('lib/logging', typeof getLogger, Object.keys(getLogger))
    t.log('same function', t.require('logging').setLoggerProvider === getLogger.setLoggerProvider)
    const logger = getLogger('kafka-node:Test')
    t.log('a logger', ['debug', 'info', 'warn', 'error'].map((level) => typeof logger[level]))
  })

  scenario('a provider that is set first is asked by name for every logger', {
    contract: '13', isolated: true
  }, (t) => {
    /** @type {string[]} */
    const names = []
    t.require('logging').setLoggerProvider((/** @type {string} */ name) => {
      names.push(name)
      return { debug () {}, info () {}, warn () {}, error () {} }
    })
    void t.kafka
    for (const name of ['kafka-node:KafkaClient', 'kafka-node:Consumer', 'kafka-node:ConsumerGroup']) {
      t.log('asked for', name, names.includes(name))
    }
    t.log('all of', names.every((name) => name.startsWith('kafka-node:')))
  })

  scenario('a provider that is set after loading gets the loggers that are made later', { contract: '13' }, (t) => {
    const getLogger = t.require('lib/logging')
    const early = getLogger('kafka-node:Early')
    /** @type {any[][]} */
    const lines = []
    const write = (/** @type {any[]} */ ...args) => lines.push(args)
    t.require('logging').setLoggerProvider(() => ({ debug: write, info: write, warn: write, error: write }))
    early.info('not seen')
    getLogger('kafka-node:Late').info('seen %s', 1)
    t.log('lines', lines)
  })

  scenario('log lines of a client go to the provider, with printf-style arguments', {
    contract: '13', isolated: true
  }, async (t) => {
    const kinds = new Set()
    const write = (/** @type {any} */ first) => kinds.add(typeof first)
    t.require('logging').setLoggerProvider(() => ({ debug: write, info: write, warn: write, error: write }))
    const client = await t.readyClient()
    await t.call('closed', (cb) => client.close(cb))
    t.log('first arguments', [...kinds])
  })

  scenario('nothing is printed unless DEBUG asks for it', { contract: '13', isolated: true }, async (t) => {
    let printed = ''
    const kept = [process.stdout.write, process.stderr.write]
    const catcher = (/** @type {any} */ chunk) => { printed += chunk; return true }
    process.stdout.write = process.stderr.write = /** @type {any} */ (catcher)
    const client = t.client({ kafkaHost: '127.0.0.1:1', connectRetryOptions: { retries: 0 } })
    await t.event(client, 'error')
    await t.call('closed', (cb) => client.close(cb))
    ;[process.stdout.write, process.stderr.write] = kept
    t.log('printed', printed)
  })
})
