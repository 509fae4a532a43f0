'use strict'

// npm run test:platforms: the built binaries at work, each on a Node.js of its own platform. Prints a table.
//   npm run test:platforms -- linux-arm64-gnu win32-x64-msvc      these only
//   npm run test:platforms -- --quick                             loading, the article and closing only
//   npm run test:platforms -- --no-kafka                          without a real Kafka
//   npm run test:platforms -- --checks load,TLS                   columns of the table
//   npm run test:platforms -- --binary FILE                       a binary that was built elsewhere
// Binaries that are not built yet are built. Apple's cannot run here: their structure is read by the install tests.

const fs = require('node:fs')
const path = require('node:path')
const { root } = require('../lib/paths')
const { killGroup, run: runCommand } = require('../lib/processes')
const { RUNTIME_CHECKS, runChecks, check, program } = require('../lib/runtime-checks')
const addon = require('../lib/addon')
const tools = require('../lib/tools')
const { run } = require('../../__test__/support/program')
const { buildTargets } = require('./build')
const { RUNTIMES, must } = require('./runtimes')
const { targetOf } = require('./targets')

/** @typedef {import('./runtimes').Runtime} Runtime */
/** @typedef {import('../lib/runtime-checks').Context} Context */

const DEADLINE_MS = 60000
/** For all test files of a check. */
const LAYER_DEADLINE_MS = 600000

/** What is run of the tests on the embedded broker where a processor is emulated, which takes ten times as long. */
const EMBEDDED_SUBSET = ['client', 'producer', 'consumer', 'order']

/**
 * The real brokers of a run, started on first use.
 *
 * @returns {{plain: () => Promise<string>, secure: () => Promise<any>, stop: () => Promise<void>}}
 */
function realBrokers () {
  const { startKafka } = require('../../tools/kafka')
  const { startSecureKafka } = require('../../tools/kafka/listeners')
  /** @type {Promise<any> | undefined} */
  let plain
  /** @type {Promise<any> | undefined} */
  let secure
  return {
    async plain () {
      if (!plain) plain = startKafka({ version: '4' })
      return (await plain).brokers
    },
    async secure () {
      if (!secure) secure = startSecureKafka({ version: '4' })
      const { listeners, certificates, user } = await secure
      return { kafkaHost: listeners.saslssl, ca: fs.readFileSync(certificates.ca, 'utf8'), ...user }
    },
    async stop () {
      for (const starting of [plain, secure]) {
        if (starting) await starting.then((broker) => broker.stop(), () => {})
      }
    }
  }
}

/**
 * @param {Runtime} runtime
 * @param {{quick: boolean, brokers: ReturnType<typeof realBrokers> | null}} options
 */
function checksOf (runtime, { quick, brokers }) {
  const { article, produce, consume, close, exit } = RUNTIME_CHECKS
  const kafka = require('../../__test__/support/kafka')
  const { slowness } = runtime
  const emulated = slowness > 1

  /**
   * @param {string} file
   * @param {Context} context
   * @param {{args: string[], env?: Record<string, string>}} options
   */
  const execute = (file, { node, nodeArgs, env }, options) => run(program(file), {
    node, nodeArgs, args: options.args, env: { ...env, ...options.env }, deadline: DEADLINE_MS * slowness
  })

  /** @type {Record<string, (context: Context) => Promise<void>>} */
  const checks = {
    async load (context) {
      check(await execute('load.js', context, { args: [] }), 0, ['loaded function'])
    },
    article
  }
  if (quick) return { ...checks, close, exit }
  Object.assign(checks, {
    produce,
    consume,
    /** @param {Context} context */
    async codecs (context) {
      const end = await execute('codecs.js', context, { args: [`${context.topic}-codecs`] })
      check(end, 0, ['codecs none gzip snappy lz4 zstd'])
    },
    close,
    exit,
    /** @param {Context} context */
    async embedded ({ node, env }) {
      const folder = path.join(root, '__test__', 'embedded')
      const names = emulated ? EMBEDDED_SUBSET.map((name) => `${name}.test.js`) : fs.readdirSync(folder)
      const files = names.filter((name) => name.endsWith('.test.js')).map((name) => path.join(folder, name))
      await passes(node, files, env, LAYER_DEADLINE_MS * slowness)
    }
  })
  if (!brokers) return checks
  return Object.assign(checks, {
    /** @param {Context} context */
    async 'Kafka 4.3' (context) {
      const KAFKA_BROKERS = await brokers.plain()
      const topic = await kafka.createTopic(KAFKA_BROKERS, kafka.uniqueName('platforms'))
      const env = { KAFKA_BROKERS }
      check(await execute('produce.js', context, { env, args: [topic, '20000'] }), 0, ['sent 20000'])
      check(await execute('consume.js', context, { env, args: [topic, '20000'] }), 0, ['received 20000'])
    },
    /** @param {Context} context */
    async TLS (context) {
      const env = { SECURE_KAFKA: JSON.stringify(await brokers.secure()) }
      const end = await execute('secure.js', context, { env, args: [kafka.uniqueName('platforms')] })
      check(end, 0, ['through none gzip snappy lz4 zstd'])
      if (emulated) return
      const file = path.join(root, '__test__', 'integration', 'security.test.js')
      await passes(context.node, [file], context.env, LAYER_DEADLINE_MS)
    }
  })
}

/**
 * Runs test files.
 *
 * @param {string} node
 * @param {string[]} files
 * @param {NodeJS.ProcessEnv} env
 * @param {number} timeout ms
 */
async function passes (node, files, env, timeout) {
  const { KAFKA_BROKERS, NODE_TEST_CONTEXT, ...clean } = { ...process.env, ...env }
  const args = ['--test', '--test-reporter=spec', '--test-concurrency=1', ...files]
  /** @type {number | undefined} */
  let pid
  let late = false
  const timer = setTimeout(() => {
    late = true
    killGroup(pid)
  }, timeout)
  const { code, output } = await runCommand(node, args, {
    cwd: root, env: clean, detached: true, onStart: (child) => { pid = child.pid }
  })
  clearTimeout(timer)
  if (code === 0) return
  const lines = output.split('\n')
  const summary = lines.findIndex((line) => line.includes('failing tests:'))
  throw new Error(late ? `not done after ${timeout / 1000} s` : lines.slice(summary < 0 ? -40 : summary).join('\n'))
}

/** The name of the target that this process runs on. */
function ownName () {
  const name = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') return `${name}-msvc`
  if (process.platform !== 'linux') return name
  const { header } = /** @type {any} */ (process.report.getReport())
  return `${name}-${header.glibcVersionRuntime ? 'gnu' : 'musl'}`
}

/**
 * What a target's binary runs on: this Node.js if it is of that platform, else one that stands in for it.
 *
 * @param {string} name
 * @param {string} file
 * @returns {Runtime}
 */
function runtimeOf (name, file) {
  const addon = path.resolve(file)
  return name === ownName() ? { node: process.execPath, how: 'natively', addon, slowness: 1 } : RUNTIMES[name](addon)
}

async function main () {
  const args = process.argv.slice(2)
  const at = args.indexOf('--binary')
  const [, binary] = at < 0 ? [] : args.splice(at, 2)
  const list = args.indexOf('--checks')
  const [, columns] = list < 0 ? [] : args.splice(list, 2)
  const names = args.filter((arg) => !arg.startsWith('--'))
  const chosen = binary
    ? [targetOf(path.basename(binary).split('.')[1])]
    : (names.length > 0 ? names : Object.keys(RUNTIMES)).map(targetOf)
  for (const { name } of chosen) {
    if (name === ownName() || RUNTIMES[name]) continue
    throw new Error(`${name} cannot be run here; ${Object.keys(RUNTIMES).join(', ')} can`)
  }
  const quick = args.includes('--quick')
  const without = quick || args.includes('--no-kafka')
  const binaries = binary ? new Map([[chosen[0].name, binary]]) : await buildTargets(chosen)
  // The embedded broker runs on this machine's own Node.js.
  if (binary && chosen[0].name === ownName()) {
    process.env.NAPI_RS_NATIVE_LIBRARY_PATH = path.resolve(binary)
  } else if (addon.addonFiles().length === 0) {
    const own = targetOf('linux-x64-gnu')
    process.env.NAPI_RS_NATIVE_LIBRARY_PATH = (await buildTargets([own])).get(own.name)
  }
  const missing = without ? [] : tools.missingKafkaTools()
  const lacking = missing.map(({ name }) => name).join(', ')
  if (lacking) console.log(`No real Kafka: this machine lacks ${lacking}.`)
  const brokers = without || missing.length > 0 ? null : realBrokers()
  let failed = false
  try {
    /** @type {string | null} */
    let head = null
    for (const target of chosen) {
      const runtime = runtimeOf(target.name, /** @type {string} */ (binaries.get(target.name)))
      const { node, how, slowness } = runtime
      const version = must(node, ['--version']).trim()
      const all = Object.entries(checksOf(runtime, { quick, brokers }))
      const checks = Object.fromEntries(all.filter(([name]) => !columns || columns.split(',').includes(name)))
      const env = { NAPI_RS_NATIVE_LIBRARY_PATH: runtime.addon }
      const onCheck = (/** @type {string} */ name) => console.error(`  ${target.name}: ${name}`)
      const results = await runChecks(checks, { node, env, slowness, onCheck })
      if (runtime.end) runtime.end()
      const titles = [...results.keys()]
      if (!head) {
        head = `| target | Node | how | ${titles.join(' | ')} |\n|${' --- |'.repeat(titles.length + 3)}`
        console.log(head)
      }
      const cells = [...results.values()].map((error) => error ? 'NO' : 'yes')
      console.log(`| ${target.name} | ${version} | ${how} | ${cells.join(' | ')} |`)
      for (const [name, error] of results) {
        if (!error) continue
        failed = true
        console.error(`${target.name}, ${name}: ${error.message}`)
      }
    }
  } finally {
    if (brokers) await brokers.stop()
  }
  return failed ? 1 : 0
}

main().then((code) => process.exit(code), (err) => {
  console.error(err.message)
  process.exit(1)
})
