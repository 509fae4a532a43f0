'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const ts = require('typescript')

const root = path.join(__dirname, '../..')
const declarations = path.join(root, 'diagnostics.d.ts')

/**
 * @param {string[]} files
 * @param {ts.CompilerOptions} [more]
 */
function compile (files, more = {}) {
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    target: ts.ScriptTarget.ES2020,
    lib: ['lib.es2020.d.ts'],
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules/@types')],
    paths: {
      'kafka-node-native/*': [path.join(root, '*.d.ts')],
      'prom-client': [path.join(root, 'node_modules/prom-client')]
    },
    ...more
  })
  const complaints = ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), {
    getCanonicalFileName: name => name, getCurrentDirectory: () => root, getNewLine: () => '\n'
  })
  return { program, complaints }
}

test('a service compiles strictly with the types of messages and metrics', () => {
  assert.equal(compile([path.join(__dirname, 'observability', 'service.ts')]).complaints, '')
})

test('the samples in docs/observability.md use what there is', context => {
  const text = fs.readFileSync(path.join(root, 'docs', 'observability.md'), 'utf8')
  const samples = [...text.matchAll(/^```js\n([^]*?)^```/gm)].map(([, code]) => code)
  assert.equal(samples.length, 2)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'observability-samples-'))
  context.after(() => fs.rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'samples.ts')
  const imported = samples.join('\n').replace(/^const (.*) = require\('(.*)'\)/gm, "import $1 from '$2'")
    .replace('import client', 'import * as client').replace('subscribe(message =>', 'subscribe((message: any) =>')
    .replace('subscribe(message =>', 'subscribe((message: any) =>')
  fs.writeFileSync(file, imported)
  assert.equal(compile([file]).complaints, '')
})

test('docs/observability.md has every field of every message, and no other', () => {
  const { program } = compile([declarations])
  const checker = program.getTypeChecker()
  const source = /** @type {ts.SourceFile} */ (program.getSourceFile(declarations))
  const exported = checker.getExportsOfModule(/** @type {ts.Symbol} */ (checker.getSymbolAtLocation(source)))
  /** @param {string} name of an interface with one property for each channel */
  const fieldsOf = name => {
    const symbol = /** @type {ts.Symbol} */ (exported.find(each => each.name === name))
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
