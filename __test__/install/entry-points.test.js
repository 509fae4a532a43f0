'use strict'

// What can be loaded from the installed package, from CommonJS and from ES modules, and what the error says if the
// native addon cannot.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { installedApplication } = require('../support/installed')

const root = path.join(__dirname, '..', '..')

describe('the installed package', { timeout: 120000 }, () => {
  /** @type {Awaited<ReturnType<typeof installedApplication>>} */
  let application

  before(async () => {
    application = await installedApplication('entries')
  })

  after(() => application.remove())

  /** Runs a program in the application. */
  function execute (program, { type = 'commonjs', args = [] } = {}) {
    const file = path.join(application.folder, type === 'module' ? 'program.mjs' : 'program.cjs')
    fs.writeFileSync(file, program)
    const { status, stdout, stderr } = spawnSync(process.execPath, [...args, file], {
      cwd: application.folder, encoding: 'utf8'
    })
    return { status, stdout: stdout.trim(), stderr }
  }

  it('gives ES modules its classes by name, the logger and the embedded broker', () => {
    const { stdout, stderr } = execute(`
      import kafka, { KafkaClient, Producer, ConsumerGroup, KeyedMessage } from 'kafka-node'
      import { startDevBroker } from 'kafka-node/dev-broker'
      import { setLoggerProvider } from 'kafka-node/logging'
      import { HighLevelProducer } from 'kafka-node/kafka'
      import errors from 'kafka-node/lib/errors'
      import Offset from 'kafka-node/lib/offset.js'
      const same = kafka.KafkaClient === KafkaClient && kafka.Offset === Offset
      console.log(same, [Producer, ConsumerGroup, KeyedMessage, startDevBroker, setLoggerProvider, HighLevelProducer,
        errors.InvalidConfigError].map(each => typeof each).join())
    `, { type: 'module' })
    assert.equal(stdout, `true ${Array(7).fill('function').join()}`, stderr)
  })

  it('keeps every path that kafka-node has, with and without .js', () => {
    const folder = path.join(root, 'lib')
    const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => name.split(path.sep).join('/'))
      .filter((name) => name.endsWith('.js') && !name.startsWith('internal/'))
    const paths = files.flatMap((name) => [`lib/${name}`, `lib/${name.slice(0, -3)}`])
    paths.push('lib/errors', 'lib/protocol', 'lib/assignment', 'kafka', 'kafka.js', 'logging', 'logging.js', 'index',
      'index.js', 'dev-broker', 'dev-broker.js', 'metrics', 'metrics.js', 'opentelemetry', 'opentelemetry.js',
      'package.json')
    const { stdout, stderr } = execute(`
      const failed = ${JSON.stringify(paths)}.filter((name) => {
        try {
          require('kafka-node/' + name)
        } catch (error) {
          console.error(error.message)
          return true
        }
      })
      const kafka = require('kafka-node')
      console.log(JSON.stringify([failed, require('kafka-node/lib/consumer') === kafka.Consumer,
        require('kafka-node/lib/errors') === require('kafka-node/lib/errors/index.js'),
        require('kafka-node/kafka') === kafka]))
    `)
    assert.deepEqual(JSON.parse(stdout), [[], true, true, true], stderr)
  })

  describe('without an addon that loads', () => {
    /** The message of the error that require('kafka-node') throws. */
    function refusal (before = '') {
      const { stdout, stderr } = execute(`${before}
        try {
          require('kafka-node')
        } catch (error) {
          console.log(error.code + ': ' + error.message)
        }
      `)
      assert.match(stdout, /^ERR_NATIVE_ADDON: /, stderr)
      return stdout
    }

    /** Puts something in place of the platform's package while `action` runs. */
    function withAddon (replace, action) {
      const kept = `${application.addon}-kept`
      fs.renameSync(application.addon, kept)
      try {
        replace(application.addon)
        return action()
      } finally {
        fs.rmSync(application.addon, { recursive: true, force: true })
        fs.renameSync(kept, application.addon)
      }
    }

    it('names the missing package, why that happens and the command that fixes it', () => {
      const message = withAddon(() => {}, () => refusal())
      assert.match(message, new RegExp(`The package @kafka-node-native/${path.basename(application.addon)} is missing`))
      assert.match(message, /--omit=optional/)
      assert.match(message, /lock file was made on another platform/)
      assert.match(message, /npm install --include=optional/)
    })

    it('lists the available platforms to all others', () => {
      const message = refusal("Object.defineProperty(process, 'arch', { value: 'mips' })")
      assert.match(message, /no native addon for linux-mips .*There are addons for: @kafka-node-native\/binding-/)
    })

    it('passes on what the system says about a file that does not load', () => {
      const message = withAddon((folder) => {
        fs.cpSync(`${folder}-kept`, folder, { recursive: true })
        const [file] = fs.readdirSync(folder).filter((name) => name.endsWith('.node'))
        fs.writeFileSync(path.join(folder, file), 'no library')
      }, () => refusal())
      assert.match(message, /does not load on linux-x64 \(glibc .*(invalid ELF header|file too short)/)
    })

    it("names a bundler's file loader", () => {
      const message = withAddon((folder) => {
        fs.mkdirSync(folder)
        fs.writeFileSync(path.join(folder, 'package.json'), '{ "main": "index.js" }')
        fs.writeFileSync(path.join(folder, 'index.js'), "module.exports = './binding-5f3a.node'")
      }, () => refusal())
      assert.match(message, /a bundler has put the path "\.\/binding-5f3a\.node" in its place.*external/)
    })
  })

  it('loads on glibc although /usr/bin/ldd is that of musl', () => {
    const { stdout, stderr } = execute(`
      const fs = require('fs')
      const { readFileSync } = fs
      fs.readFileSync = (file, ...rest) => file === '/usr/bin/ldd' ? 'musl libc' : readFileSync(file, ...rest)
      console.log(typeof require('kafka-node').KafkaClient)
    `)
    assert.equal(stdout, 'function', stderr)
  })
})
