'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { compile: compileWith } = require('./compile')

const root = path.join(__dirname, '../..')
const declarations = path.join(root, 'diagnostics.d.ts')

const paths = {
  'kafka-node-native/*': [path.join(root, '*.d.ts')],
  'prom-client': [path.join(root, 'node_modules/prom-client')],
  '@opentelemetry/api': [path.join(root, 'node_modules/@opentelemetry/api')],
  // several times the size of all else that is installed here
  '@opentelemetry/sdk-node': [path.join(__dirname, 'observability', 'sdk-node.d.ts')]
}

/** @param {string[]} files */
const compile = files => compileWith(files, { paths })

test('a service compiles strictly with the types of messages, metrics and OpenTelemetry', () => {
  assert.equal(compile([path.join(__dirname, 'observability', 'service.ts')]).complaints, '')
})

test('the samples in docs/observability.md use what there is', context => {
  const text = fs.readFileSync(path.join(root, 'docs', 'observability.md'), 'utf8')
  const samples = [...text.matchAll(/^```js\n([^]*?)^```/gm)].map(([, code]) => code)
  assert.equal(samples.length, 3)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'observability-samples-'))
  context.after(() => fs.rmSync(folder, { recursive: true }))
  const files = samples.map((sample, i) => {
    const file = path.join(folder, `sample-${i}.ts`)
    fs.writeFileSync(file, sample.replace(/^const (.*) = require\('(.*)'\)/gm, "import $1 from '$2'")
      .replace(/^import (\w+) /gm, 'import * as $1 ').replace(/subscribe\(message =>/g, 'subscribe((message: any) =>'))
    return file
  })
  assert.equal(compile(files).complaints, '')
})

test('docs/observability.md has every field of every message, and no other', () => {
  const { program } = compile([declarations])
  const checker = program.getTypeChecker()
  const source = /** @type {import('typescript').SourceFile} */ (program.getSourceFile(declarations))
  const module = /** @type {import('typescript').Symbol} */ (checker.getSymbolAtLocation(source))
  const exported = checker.getExportsOfModule(module)
  /** @param {string} name of an interface with one property for each channel */
  const fieldsOf = name => {
    const symbol = /** @type {import('typescript').Symbol} */ (exported.find(each => each.name === name))
    return new Map(checker.getDeclaredTypeOfSymbol(symbol).getProperties().map(property => [
      property.name, checker.getTypeOfSymbolAtLocation(property, source).getProperties().map(each => each.name).sort()
    ]))
  }
  const text = fs.readFileSync(path.join(root, 'docs', 'observability.md'), 'utf8')
  /** @param {string} prefix of the channels' names in the table */
  const documented = (section, prefix) => new Map([...section.matchAll(/^\| `([\w:-]+)` \| .* \| (.*) \|$/gm)]
    .map(([, name, cell]) => {
      const fields = cell.replace(/\[\{[^}]*\}\]/g, '').replace(/\([^)]*\)/g, '').matchAll(/`(\w+)(?:: )?`/g)
      return [prefix + name, [...fields].map(([, field]) => field).sort()]
    }))
  const [, channels, traces] = text.split(/^## (?:Channels|Tracing channels|What holds.*)$/m)
  assert.deepEqual(documented(channels, 'kafka-node-native:'), fieldsOf('DiagnosticsMessages'))
  assert.deepEqual(documented(traces, ''), fieldsOf('TracingContexts'))
})
