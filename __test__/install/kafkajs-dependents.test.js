'use strict'

// Packages from npm that depend on KafkaJS, installed with ours in its place, doing their work on a real Kafka: the
// programs in kafkajs-dependents/.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const ts = require('typescript')

const { Application } = require('../support/application')
const kafka = require('../support/kafka')
const { describe: tell, run } = require('../support/program')

const PROGRAMS = path.join(__dirname, 'kafkajs-dependents')
/** Of examples/: it needs NestJS, which is here. */
const EXAMPLE = path.join(__dirname, '..', '..', 'examples', 'kafkajs/nestjs.ts')
/** With the version of KafkaJS that each asks for, if it does. */
const DEPENDENTS = {
  '@christiangalsterer/kafkajs-prometheus-exporter': '3.2.1', // 2.2.4
  '@kafkajs/confluent-schema-registry': '3.9.0',
  '@nestjs/microservices': '11.2.6', // any, optional peer
  '@opentelemetry/instrumentation-kafkajs': '0.32.0', // traces >=0.3.0 <3
  'kafkajs-async-retry': '1.0.0', // peer ^2.1.0
  'kafkajs-buffer': '1.0.2', // peer ^2.0.0
  'kafkajs-snappy': '1.1.0'
}
/** What they need beside them. */
const COMPANY = {
  '@nestjs/common': '11.2.10',
  '@nestjs/core': '11.2.10',
  '@nestjs/platform-express': '11.2.10',
  '@opentelemetry/api': '1.9.1',
  '@opentelemetry/instrumentation': '0.223.0',
  '@opentelemetry/sdk-trace-node': '2.12.1',
  'prom-client': '15.1.3',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2'
}

describe('packages that depend on KafkaJS, with ours in its place', { timeout: 400000 }, () => {
  const application = new Application()

  before(async () => {
    await application.install((main, own) => ({
      dependencies: { kafkajs: `file:${own.file}`, [main.name]: `file:${main.file}`, ...DEPENDENTS, ...COMPANY },
      overrides: { kafkajs: '$kafkajs', [main.name]: `$${main.name}` }
    }))
    fs.cpSync(PROGRAMS, application.root, { recursive: true })
    const { outputText } = ts.transpileModule(fs.readFileSync(EXAMPLE, 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2020,
        experimentalDecorators: true,
        emitDecoratorMetadata: true
      }
    })
    fs.writeFileSync(path.join(application.root, 'example.js'), outputText)
  })

  after(async () => {
    await kafka.releaseAll()
    application.remove()
  })

  it('all get our single copy, whatever version they ask for', () => {
    application.assertSingleCopy('kafkajs', 'kafkajs-native')
  })

  const programs = fs.readdirSync(PROGRAMS).map((file) => path.basename(file, '.js'))
    .filter((name) => name !== 'support')
  for (const version of /** @type {const} */ (['4', '3.9'])) {
    for (const name of programs) {
      it(`${name} does its work on Kafka ${version}`, async () => {
        const end = await run(path.join(application.root, `${name}.js`), {
          cwd: application.root,
          env: { KAFKA_BROKERS: await kafka.brokers(version), KAFKAJS_NO_PARTITIONER_WARNING: '1' },
          deadline: 60000
        })
        assert.equal(end.code, 0, tell(end))
        assert.ok(end.lines.includes('done'), tell(end))
      })
    }
  }

  it('the example for NestJS does what it shows, and ends by itself', async () => {
    const end = await run(path.join(application.root, 'example.js'), {
      cwd: application.root,
      env: { KAFKA_BROKERS: await kafka.brokers('4'), KAFKAJS_NO_PARTITIONER_WARNING: '1' },
      deadline: 60000
    })
    assert.equal(end.code, 0, tell(end))
    assert.deepEqual(end.lines, ['1 + 2 + 3 = 6', 'order of tea, from partition 0'])
  })
})
