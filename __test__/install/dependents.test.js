'use strict'

// Packages from npm that depend on kafka-node, installed with ours in its place, doing their work on a real Kafka: the
// programs in dependents/, and the packages' own tests if they have any that run outside their repository.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')

const kafka = require('../support/kafka')
const { describe: tell, run } = require('../support/program')
const { startRegistry } = require('../support/registry')
const { packAll } = require('../../scripts/package')
const { npmCommand, run: runCommand } = require('../../scripts/lib/processes')

const PROGRAMS = path.join(__dirname, 'dependents')
/** With the version of kafka-node that each asks for. */
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
  /** @type {string} */
  let folder
  /** @type {string} */
  let application

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-dependents-'))
    const packed = await packAll({ out: path.join(folder, 'dist') })
    const [{ file: main, name: mainName }] = packed
    // Serves our packages; all others come from npm.
    const registry = await startRegistry(packed.map(({ file }) => fs.readFileSync(file)))
    try {
      application = path.join(folder, 'application')
      fs.mkdirSync(application)
      fs.writeFileSync(path.join(application, '.npmrc'), `@${mainName}:registry=${registry.url}\n`)
      fs.writeFileSync(path.join(application, 'package.json'), JSON.stringify({
        name: 'application',
        private: true,
        dependencies: { 'kafka-node': `file:${main}`, ...DEPENDENTS, ...TEST_TOOLS },
        overrides: { 'kafka-node': '$kafka-node' }
      }))
      const npm = npmCommand()
      const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
      const env = { ...process.env, no_proxy: [process.env.no_proxy, '127.0.0.1'].filter(Boolean).join(',') }
      const options = { cwd: application, shell: npm.shell, env }
      const { code, output } = await runCommand(npm.command, [...npm.args, ...args], options)
      assert.equal(code, 0, output)
    } finally {
      await registry.close()
    }
    fs.cpSync(PROGRAMS, application, { recursive: true })
  })

  after(async () => {
    await kafka.releaseAll()
    if (folder) fs.rmSync(folder, { recursive: true, force: true })
  })

  it('all get the one copy of ours, whatever version they ask for', () => {
    const modules = path.join(application, 'node_modules')
    const found = fs.readdirSync(modules, { recursive: true, encoding: 'utf8' })
      .filter((name) => /(^|\/)node_modules\/kafka-node$|^kafka-node$/.test(name.split(path.sep).join('/')))
    assert.deepEqual(found, ['kafka-node'])
    const { name } = JSON.parse(fs.readFileSync(path.join(modules, 'kafka-node', 'package.json'), 'utf8'))
    assert.equal(name, 'kafka-node-native')
  })

  const programs = fs.readdirSync(PROGRAMS).map((file) => path.basename(file, '.js'))
    .filter((name) => !['support', 'promisify-client'].includes(name))
  for (const version of /** @type {const} */ (['4', '3.9'])) {
    for (const name of programs) {
      it(`${name} does its work on Kafka ${version}`, async () => {
        const end = await run(path.join(application, `${name}.js`), {
          cwd: application,
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
      const modules = path.join(application, 'node_modules')
      const end = await run(path.join(modules, 'mocha', 'bin', '_mocha'), { args, cwd: path.join(modules, name) })
      assert.equal(end.code, 0, tell(end))
      assert.match(end.lines.join('\n'), /[1-9]\d* passing/)
    })
  }
})
