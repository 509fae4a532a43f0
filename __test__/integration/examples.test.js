'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const ts = require('typescript')

const kafka = require('../support/kafka')
const { describe: tell, run } = require('../support/program')

const ROOT = path.join(__dirname, '..', '..')
const EXAMPLES = path.join(ROOT, 'examples')

/** Examples that need more than a broker, with the test that runs them. */
const ELSEWHERE = {
  blog: 'install/package.test.js',
  'kafkajs/nestjs.ts': 'install/kafkajs-dependents.test.js',
  'tls-sasl.js': 'integration/security.test.js'
}

/** The folder with the examples of KafkaJS's API. */
const KAFKAJS = 'kafkajs'

/** What each of the others prints when it has succeeded. */
const RESULTS = {
  'admin.js': /"configName": "retention\.ms"/,
  'at-least-once.js': /^10 of 10 payments were booked, 1 of them twice: 5$/m,
  'at-most-once.js': /^9 of 10 invitations were mailed, none twice; missing: 5$/m,
  'consumer-groups.js': /^all 20 jobs are done, \d+ and \d+ of them$/m,
  'custom-assignor.js': /^large( \(leader\))? has 8 partitions$/m,
  'kafkajs/admin.js': /^partition 0: read to 1 of 3, 2 behind$/m,
  'kafkajs/async-iterator.js': /^done: step 3\n\d at once, the first is step 4$/m,
  'kafkajs/batches.js': /^the average of 1000 readings is 54$/m,
  'kafkajs/cooperative-group.js': /^both have 3 of 6 partitions$/m,
  'kafkajs/pub-sub.js': /^archive got headline 5 from \d\/\d$/m,
  'kafkajs/transactions.js': /^10 orders, 10 invoices$/m,
  'modern-group.js': /^both have 3 of 6 partitions$/m,
  'offsets.js': /^set to \[2\] /m,
  'pub-sub.js': /^archive got headline 4 from 1\/1$/m,
  'streams.js': /^read 1000 invoices over /m,
  'typescript.ts': /^0\/1: attic has 28 °C$/m
}

describe('the examples on real Kafka', { timeout: 240000 }, () => {
  /** @type {string} */
  let folder

  before(() => {
    // An application with nothing but the examples and this checkout as its `kafka-node`.
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-examples-'))
    fs.mkdirSync(path.join(folder, 'node_modules'))
    fs.symlinkSync(ROOT, path.join(folder, 'node_modules', 'kafka-node'), 'junction')
    fs.mkdirSync(path.join(folder, 'node_modules', 'kafkajs'))
    fs.writeFileSync(path.join(folder, 'node_modules', 'kafkajs', 'index.js'),
      `module.exports = require(${JSON.stringify(path.join(ROOT, 'kafkajs.js'))})`)
    fs.mkdirSync(path.join(folder, KAFKAJS))
    for (const name of Object.keys(RESULTS)) {
      const source = fs.readFileSync(path.join(EXAMPLES, name), 'utf8')
      const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.CommonJS } })
      fs.writeFileSync(path.join(folder, name.replace(/\.ts$/, '.js')), name.endsWith('.ts') ? outputText : source)
    }
  })

  after(async () => {
    await kafka.releaseAll()
    fs.rmSync(folder, { recursive: true, force: true })
  })

  it('are all run, here or where this file says', () => {
    const listed = [...Object.keys(ELSEWHERE), ...Object.keys(RESULTS)]
    const files = fs.readdirSync(EXAMPLES).filter((name) => name !== KAFKAJS)
    const ofKafkaJs = fs.readdirSync(path.join(EXAMPLES, KAFKAJS)).map((name) => `${KAFKAJS}/${name}`)
    assert.deepEqual(listed.sort(), [...files, ...ofKafkaJs].sort())
    for (const [name, test] of Object.entries(ELSEWHERE)) {
      const text = fs.readFileSync(path.join(ROOT, '__test__', test), 'utf8')
      assert.ok(text.includes('examples') && text.includes(name), `${test} does not run ${name}`)
    }
  })

  for (const [name, result] of Object.entries(RESULTS)) {
    it(`${name} does what it shows, and ends by itself`, async () => {
      const address = await kafka.brokers('4')
      const args = []
      if (name === 'offsets.js') {
        const topic = await kafka.createTopic(address, kafka.uniqueName('example-offsets'), 1)
        await kafka.produceRaw(address, topic, [{ value: 'a' }, { value: 'b' }, { value: 'c' }])
        args.push(topic)
      } else if (name === 'admin.js') {
        args.push(kafka.uniqueName('example-admin'))
      }
      const file = path.join(folder, name.replace(/\.ts$/, '.js'))
      const end = await run(file, { args, env: { KAFKA_BROKERS: address }, deadline: 60000 })
      assert.equal(end.code, 0, tell(end))
      assert.match(end.lines.join('\n'), result)
      assert.equal(end.stderr, '')
    })
  }
})
