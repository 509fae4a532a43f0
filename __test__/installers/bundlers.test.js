'use strict'

// What README says about bundlers, with the bundlers themselves: a program that sends and receives, bundled with the
// setting that is written there. Those that take the addon along run in a folder where nothing is installed.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { startDevBroker } = require('../../dev-broker')
const { run } = require('../../scripts/lib/processes')
const { installedApplication } = require('../support/installed')
const { installTools } = require('../support/tools')

const TOOLS = {
  '@oven/bun-linux-x64': '1.4.4',
  '@rollup/plugin-commonjs': '29.0.3',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@vercel/ncc': '0.45.0',
  esbuild: '0.28.2',
  'node-loader': '2.1.0',
  rollup: '4.68.5',
  vite: '8.3.8',
  webpack: '5.112.2',
  'webpack-cli': '7.3.1'
}

const PROGRAM = `
const kafka = require('kafka-node')
const client = new kafka.KafkaClient({ kafkaHost: process.env.KAFKA_BROKERS })
const producer = new kafka.Producer(client)
const topic = process.env.TOPIC
producer.on('ready', () => producer.send([{ topic, messages: 'hi' }], (error) => {
  if (error) throw error
  const consumer = new kafka.Consumer(client, [{ topic }], { fromOffset: true, autoCommit: false })
  consumer.on('message', ({ value }) => consumer.close(() => producer.close(() => console.log('received ' + value))))
}))
`

/**
 * @typedef {object} Bundler
 * @property {string} name
 * @property {string} setting a part of README, which says what this test does
 * @property {string} bin of its package, below node_modules
 * @property {string[]} args the last one is where the bundle goes, below the application's folder
 * @property {Record<string, (modules: string) => string>} [files] its configuration
 * @property {boolean} [complete] the bundle needs no node_modules
 * @property {boolean} [program] it is a program, not a script
 */

const ESBUILD = ['main.js', '--bundle', '--platform=node', '--log-level=error']
/** @param {string} name @param {string} rest */
const webpack = (name, rest) => ({
  [`${name}.js`]: () => 'module.exports = { target: "node", mode: "production", entry: "./main.js", ' +
    `output: { path: __dirname + "/${name}", filename: "out.js" }, ${rest} }`
})

/** @type {Bundler[]} */
const BUNDLERS = [
  {
    name: 'esbuild, which leaves the package where it is',
    setting: '--external:kafka-node',
    bin: 'esbuild/bin/esbuild',
    args: [...ESBUILD, '--external:kafka-node', '--outfile=esbuild-external/out.js']
  },
  {
    name: 'esbuild, which takes the addon along',
    setting: '--loader:.node=copy',
    bin: 'esbuild/bin/esbuild',
    args: [...ESBUILD, '--loader:.node=copy', '--outfile=esbuild-copy/out.js'],
    complete: true
  },
  {
    name: 'webpack, which leaves the package where it is',
    setting: "externals: { 'kafka-node': 'commonjs kafka-node' }",
    bin: 'webpack/bin/webpack.js',
    files: webpack('webpack-external', 'externals: { "kafka-node": "commonjs kafka-node" }'),
    args: ['--config', 'webpack-external.js', 'webpack-external/out.js']
  },
  {
    name: 'webpack, which takes the addon along',
    setting: "{ test: /\\.node$/, loader: 'node-loader' }",
    bin: 'webpack/bin/webpack.js',
    files: {
      'webpack-loader.js': (modules) => webpack('webpack-loader', 'node: { __dirname: false }, module: { rules: [' +
        `{ test: /\\.node$/, loader: ${JSON.stringify(path.join(modules, 'node-loader'))} }] }`)['webpack-loader.js']()
    },
    args: ['--config', 'webpack-loader.js', 'webpack-loader/out.js'],
    complete: true
  },
  {
    name: 'rollup',
    setting: "external: ['kafka-node']",
    bin: 'rollup/dist/bin/rollup',
    files: {
      'rollup.mjs': (modules) => `
        import commonjs from ${JSON.stringify(path.join(modules, '@rollup/plugin-commonjs/dist/es/index.js'))}
        import resolve from ${JSON.stringify(path.join(modules, '@rollup/plugin-node-resolve/dist/es/index.js'))}
        export default {
          input: 'main.js', external: ['kafka-node'], plugins: [resolve(), commonjs()],
          output: { file: 'rollup/out.cjs', format: 'cjs' }
        }`
    },
    args: ['--config', 'rollup.mjs', 'rollup/out.cjs']
  },
  {
    name: 'Vite',
    setting: 'Vite',
    bin: 'vite/bin/vite.js',
    files: { 'vite.mjs': () => 'export default { build: { ssr: "main.js", outDir: "vite" } }' },
    args: ['build', '--config', 'vite.mjs', 'vite/main.mjs']
  },
  {
    name: 'ncc',
    setting: 'ncc',
    bin: '@vercel/ncc/dist/ncc/cli.js',
    args: ['build', 'main.js', '-o', 'ncc', 'ncc/index.js'],
    complete: true
  },
  {
    name: 'bun build',
    setting: '`bun build`',
    bin: '@oven/bun-linux-x64/bin/bun',
    args: ['build', 'main.js', '--target=node', '--outdir=bun', 'bun/main.js'],
    complete: true
  },
  {
    name: 'bun build --compile',
    setting: '`bun build`',
    bin: '@oven/bun-linux-x64/bin/bun',
    args: ['build', 'main.js', '--compile', '--outfile=bun-compile/main', 'bun-compile/main'],
    complete: true,
    program: true
  }
]

describe('bundlers', { timeout: 600000 }, () => {
  const readme = fs.readFileSync(path.join(__dirname, '..', '..', 'README.md'), 'utf8')
  /** @type {Awaited<ReturnType<typeof installedApplication>>} */
  let application
  /** @type {Awaited<ReturnType<typeof startDevBroker>>} */
  let broker
  /** @type {string} */
  let modules

  before(async () => {
    modules = await installTools(TOOLS)
    fs.chmodSync(path.join(modules, '@oven/bun-linux-x64/bin/bun'), 0o755)
    application = await installedApplication('bundlers')
    fs.writeFileSync(path.join(application.folder, 'main.js'), PROGRAM)
    broker = await startDevBroker({ port: 0, quiet: true })
  })

  after(async () => {
    if (broker) await broker.stop()
    if (application) application.remove()
  })

  for (const [index, { name, setting, bin, args, files = {}, complete, program }] of BUNDLERS.entries()) {
    it(name, async (t) => {
      assert.ok(readme.includes(setting), `README says nothing about ${setting}`)
      for (const [file, text] of Object.entries(files)) {
        fs.writeFileSync(path.join(application.folder, file), text(modules))
      }
      const tool = path.join(modules, bin)
      const [command, first] = bin.startsWith('@oven') ? [tool, []] : [process.execPath, [tool]]
      const output = args[args.length - 1].replace('--outfile=', '')
      const own = args.filter((arg, i) => i < args.length - 1 || arg.startsWith('--'))
      const built = await run(command, [...first, ...own], { cwd: application.folder })
      assert.equal(built.code, 0, built.output)

      let bundle = path.join(application.folder, output)
      if (complete) {
        const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-bundle-'))
        t.after(() => fs.rmSync(elsewhere, { recursive: true, force: true }))
        fs.cpSync(path.dirname(bundle), elsewhere, { recursive: true })
        bundle = path.join(elsewhere, path.basename(bundle))
      }
      const topic = `bundle-${index}`
      await broker.createTopic(topic)
      const { NAPI_RS_NATIVE_LIBRARY_PATH: unused, ...env } = process.env
      const [runner, ...rest] = program ? [bundle] : [process.execPath, bundle]
      const result = await run(runner, rest, { env: { ...env, KAFKA_BROKERS: broker.brokers, TOPIC: topic } })
      assert.equal(result.output.trim(), 'received hi')
      assert.equal(result.code, 0)
    })
  }
})
