'use strict'

// The second door as users get it: kafkajs-native and what it depends on, packed, served by a registry, installed under
// the name `kafkajs`, loaded in every way, and put to work on a real Kafka.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const ts = require('typescript')

const kafka = require('../support/kafka')
const { startRegistry } = require('../support/registry')
const { runtimeDependencies } = require('../../scripts/lib/dependencies')
const { packAll } = require('../../scripts/package')
const { npmCommand, run } = require('../../scripts/lib/processes')

const root = path.join(__dirname, '..', '..')

/** A dependent that asks for KafkaJS as packages do. */
const DEPENDENT = { name: 'with-kafkajs', version: '1.0.0', main: 'index.js', peerDependencies: { kafkajs: '>=2' } }

describe('kafkajs-native, installed as kafkajs', { timeout: 300000 }, () => {
  /** @type {string} */
  let folder
  /** @type {string} */
  let application
  /** @type {NodeJS.ProcessEnv} */
  let env
  /** @type {{ name: string, version: string }[]} */
  let packed

  /** @param {string[]} args @param {string} cwd */
  async function npm (args, cwd) {
    const { command, args: first, shell } = npmCommand()
    const { code, output } = await run(command, [...first, ...args], { cwd, shell, env })
    assert.equal(code, 0, output)
  }

  /** @param {string} source @returns {Promise<Buffer>} */
  async function pack (source) {
    const out = fs.mkdtempSync(path.join(folder, 'tarball-'))
    await npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', out], source)
    return fs.readFileSync(path.join(out, fs.readdirSync(out)[0]))
  }

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafkajs-native-install-'))
    env = { ...process.env, no_proxy: [process.env.no_proxy, '127.0.0.1'].filter(Boolean).join(',') }
    const all = await packAll({ out: path.join(folder, 'dist') })
    packed = all
    const dependent = path.join(folder, DEPENDENT.name)
    fs.mkdirSync(dependent)
    fs.writeFileSync(path.join(dependent, 'package.json'), JSON.stringify(DEPENDENT))
    fs.writeFileSync(path.join(dependent, 'index.js'), "module.exports = require('kafkajs')\n")
    const others = [...runtimeDependencies().keys()].map(name => path.join(root, 'node_modules', name))
    const tarballs = await Promise.all([...others, dependent].map(pack))
    const registry = await startRegistry([...all.map(({ file }) => fs.readFileSync(file)), ...tarballs])
    try {
      application = path.join(folder, 'application')
      fs.mkdirSync(application)
      fs.writeFileSync(path.join(application, 'package.json'), JSON.stringify({
        name: 'application',
        private: true,
        dependencies: { kafkajs: 'npm:kafkajs-native@^2.2.4', [DEPENDENT.name]: '1.0.0' }
      }))
      Object.assign(env, { npm_config_registry: registry.url, npm_config_cache: path.join(folder, 'cache') })
      await npm(['install', '--no-audit', '--no-fund'], application)
    } finally {
      await registry.close()
    }
  })

  after(async () => {
    await kafka.releaseAll()
    if (folder) fs.rmSync(folder, { recursive: true, force: true })
  })

  /**
   * @param {string} program
   * @param {string} [name]
   * @param {Record<string, string>} [more] environment
   * @returns {Promise<any>} what it prints, which is JSON
   */
  async function output (program, name = 'program.cjs', more = {}) {
    const file = path.join(application, name)
    fs.writeFileSync(file, program)
    const { code, output: text } = await run(process.execPath, [file], { cwd: application, env: { ...env, ...more } })
    assert.equal(code, 0, text)
    return JSON.parse(text.trim().split('\n').pop() || '')
  }

  it('is one package on exactly this version of the main one, without development\'s fields', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(application, 'node_modules/kafkajs/package.json'), 'utf8'))
    assert.equal(manifest.name, 'kafkajs-native')
    assert.match(manifest.version, /^2\.([3-9]|\d\d)\./)
    assert.deepEqual(manifest.dependencies, { [packed[0].name]: packed[0].version })
    for (const field of ['scripts', 'devDependencies', 'private']) assert.equal(manifest[field], undefined)
    assert.ok(fs.existsSync(path.join(application, 'node_modules/kafkajs/LICENSE')))
  })

  it('serves a dependent with the peer range >=2', async () => {
    assert.equal(await output('console.log(require("with-kafkajs") === require("kafkajs"))'), true)
  })

  it('gives CommonJS and ES modules all names, and does not load the other door', async () => {
    const names = await output('console.log(JSON.stringify(Object.keys(require("kafkajs"))))')
    assert.deepEqual(names.sort(), Object.keys(require('kafkajs')).sort())
    const imported = await output(`
      import * as all from 'kafkajs'
      import { Kafka, logLevel, AssignerProtocol, KafkaJSProtocolError } from 'kafkajs'
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      const same = require('kafkajs').Kafka === Kafka && all.default.logLevel === logLevel && AssignerProtocol
      const loaded = Object.keys(require.cache).some(file => /kafka-node-native.(lib|index\\.js)/.test(file))
      const type = typeof KafkaJSProtocolError
      console.log(JSON.stringify({ names: Object.keys(all), same: Boolean(same), loaded, type }))
    `, 'program.mjs')
    const own = imported.names.filter((/** @type {string} */ name) => !['default', 'module.exports'].includes(name))
    assert.deepEqual(own.sort(), names)
    assert.deepEqual([imported.same, imported.loaded, imported.type], [true, false, 'function'])
  })

  it('has the deep paths, with and without .js', async () => {
    const files = fs.readdirSync(path.join(root, 'packages/kafkajs-native/src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js')).map((name) => name.split(path.sep).join('/'))
    const paths = [...files, ...files.map((name) => name.slice(0, -3)), 'protocol/message/compression']
      .map((name) => `kafkajs/src/${name}`)
    paths.push('kafkajs/src', 'kafkajs/package.json', 'kafkajs/index.js')
    const failed = await output(`
      console.log(JSON.stringify(${JSON.stringify(paths)}.filter(name => {
        try {
          require(name)
        } catch (error) {
          console.error(error.message)
          return true
        }
      })))`)
    assert.deepEqual(failed, [])
  })

  it('is found at kafka-node-native/kafkajs as well', async () => {
    assert.deepEqual(await output(`
      const { Kafka } = require('kafka-node-native/kafkajs')
      console.log(JSON.stringify([typeof Kafka, new (require('kafkajs').Kafka)({ brokers: [] }) instanceof Kafka]))`),
    ['function', true])
  })

  for (const [name, options] of /** @type {[string, ts.CompilerOptions][]} */ ([
    ['today\'s', { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 }],
    ['an older project\'s', { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 }]
  ])) {
    it(`has typings that TypeScript finds with ${name} options`, () => {
      const file = path.join(application, 'service.ts')
      fs.copyFileSync(path.join(root, '__test__/types/kafkajs/service.ts'), file)
      fs.appendFileSync(file, "\nexport type Deep = import('kafkajs/types').KafkaMessage\n")
      const program = ts.createProgram([file], {
        ...options,
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        target: ts.ScriptTarget.ES2020,
        types: ['node'],
        typeRoots: [path.join(root, 'node_modules/@types')]
      })
      const complaints = ts.getPreEmitDiagnostics(program).map(({ messageText }) =>
        ts.flattenDiagnosticMessageText(messageText, '\n'))
      assert.deepEqual(complaints, [])
    })
  }

  it('makes a topic, sends, consumes, and ends by itself', async () => {
    const brokers = await kafka.brokers('4')
    const topic = kafka.uniqueName('installed')
    const result = await output(`
      const { Kafka, logLevel, CompressionTypes } = require('kafkajs')
      const { BROKERS, TOPIC } = process.env
      const kafka = new Kafka({ clientId: 'application', brokers: [BROKERS], logLevel: logLevel.NOTHING })
      async function main () {
        const admin = kafka.admin()
        await admin.connect()
        const created = await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 2 }] })
        const producer = kafka.producer()
        await producer.connect()
        const sent = await producer.send({
          topic: TOPIC,
          compression: CompressionTypes.ZSTD,
          messages: [
            { key: 'a', value: '1', partition: 0 },
            { key: 'b', value: '2', partition: 1, headers: { h: 'x' } }
          ]
        })
        const consumer = kafka.consumer({ groupId: TOPIC })
        await consumer.connect()
        await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
        const got = []
        await new Promise(resolve => consumer.run({
          eachMessage: async ({ partition, message }) => {
            got.push([partition, String(message.key), String(message.value), String(message.headers.h)])
            if (got.length === 2) resolve()
          }
        }))
        await consumer.disconnect()
        const lag = await admin.fetchGroupLag(TOPIC)
        await producer.disconnect()
        await admin.deleteTopics({ topics: [TOPIC] })
        await admin.disconnect()
        const lags = lag[0].partitions.map(({ lag }) => lag)
        console.log(JSON.stringify({
          created, sent: sent.map(({ baseOffset }) => baseOffset), got: got.sort(), lag: lags
        }))
      }
      main().catch(error => { console.error(error); process.exitCode = 1 })
    `, 'work.cjs', { BROKERS: brokers, TOPIC: topic, KAFKAJS_NO_PARTITIONER_WARNING: '1' })
    assert.deepEqual(result, {
      created: true,
      sent: ['0', '0'],
      got: [[0, 'a', '1', 'undefined'], [1, 'b', '2', 'x']],
      lag: ['0', '0']
    })
  })
})
