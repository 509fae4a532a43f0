'use strict'

// Packages from npm that depend on kafka-node, installed with ours in its place, doing their work on a real Kafka: the
// programs in dependents/, and the packages' own tests if they have any that run outside their repository.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')

const { Application } = require('../support/application')
const kafka = require('../support/kafka')
const { describe: tell, run } = require('../support/program')

const PROGRAMS = path.join(__dirname, 'dependents')
/** Each with the version of kafka-node that it asks for. */
const DEPENDENTS = {
  '@fluidframework/server-services-ordering-kafkanode': '7.0.1', // ^5.0.0
  'kafka-node-avro': '4.3.0', // peer ^5.0.0
  'log4js-kafka-appender': '1.3.1', // ^1.0.2
  moleculer: '0.14.35', // any, optional
  'node-red-contrib-kafka-client': '0.1.0', // ^5.0.0
  'wait-for-kafka': '1.0.6', // ^3.0.1
  'winston-kafka-transport': '0.1.6', // ^0.2.25
  'zipkin-transport-kafka': '0.22.0' // ^2.6.1
}
/** What their own tests need. */
const TEST_TOOLS = { chai: '4.5.0', 'expect.js': '0.3.1', mocha: '5.2.0', nock: '10.0.6' }

describe('packages that depend on kafka-node, with ours in its place', { timeout: 400000 }, () => {
  const application = new Application()

  before(async () => {
    await application.install(({ file }) => ({
      dependencies: { 'kafka-node': `file:${file}`, ...DEPENDENTS, ...TEST_TOOLS },
      overrides: { 'kafka-node': '$kafka-node' }
    }))
    fs.cpSync(PROGRAMS, application.root, { recursive: true })
  })

  after(async () => {
    await kafka.releaseAll()
    application.remove()
  })

  it('all get our single copy, whatever version they ask for', () => {
    application.assertSingleCopy('kafka-node', 'kafka-node-native')
  })

  const programs = fs.readdirSync(PROGRAMS).map((file) => path.basename(file, '.js'))
    .filter((name) => !['support', 'promisify-client'].includes(name))
  for (const version of /** @type {const} */ (['4', '3.9'])) {
    for (const name of programs) {
      it(`${name} does its work on Kafka ${version}`, async () => {
        const end = await run(path.join(application.root, `${name}.js`), {
          cwd: application.root,
          env: { KAFKA_BROKERS: await kafka.brokers(version) },
          deadline: 60000
        })
        assert.equal(end.code, 0, tell(end))
      })
    }
  }

  for (const [name, args] of /** @type {[string, string[]][]} */ ([
    ['kafka-node-avro', ['--recursive', 'test']],
    ['zipkin-transport-kafka', ['--exit', '--require', 'chai/register-expect.js', 'test/KafkaLogger.test.js']]
  ])) {
    it(`${name} passes its own tests`, async () => {
      const { modules } = application
      const end = await run(path.join(modules, 'mocha', 'bin', '_mocha'), { args, cwd: path.join(modules, name) })
      assert.equal(end.code, 0, tell(end))
      assert.match(end.lines.join('\n'), /[1-9]\d* passing/)
    })
  }
})
