'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const ts = require('typescript')
const { compile: compileWith } = require('./compile')

const root = path.join(__dirname, '../..')
const ours = path.join(root, 'kafkajs.d.ts')
const theirs = require.resolve('kafkajs/types/index.d.ts')
const service = path.join(__dirname, 'kafkajs', 'service.ts')
const modern = path.join(__dirname, 'kafkajs', 'modern.ts')

/**
 * @param {string[]} files
 * @param {string} typings what `kafkajs` is
 * @param {ts.CompilerOptions} [more]
 */
const compile = (files, typings, more = {}) => compileWith(files, { paths: { kafkajs: [typings] }, ...more })

/**
 * @param {ts.Program} program
 * @param {string} file
 */
function exportsOf (program, file) {
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(/** @type {ts.SourceFile} */ (program.getSourceFile(file)))
  const symbols = checker.getExportsOfModule(/** @type {ts.Symbol} */ (module))
  return new Map(symbols.map(symbol => [symbol.name, symbol]))
}

// one program for what can be in one: a program takes seconds
const own = compile([service, modern, ours, theirs], ours)

test('a service for KafkaJS compiles strictly with our typings, and so does what goes beyond KafkaJS', () => {
  assert.equal(own.complaints, '')
})

test('the samples in docs/kafkajs.md use what there is', context => {
  const text = fs.readFileSync(path.join(root, 'docs', 'kafkajs.md'), 'utf8')
  const [shared, ...samples] = [...text.matchAll(/^```js\n([^]*?)^```/gm)].map(([, code]) => code)
  assert.ok(samples.length >= 9)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafkajs-samples-'))
  context.after(() => fs.rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'samples.ts')
  fs.writeFileSync(file, [
    shared.replace(/^const (.*) = require\('kafkajs'\)/, 'import $1 from \'kafkajs\''),
    'declare function fetchToken (): Promise<{ token: string, expiresAt: number }>',
    ...samples.map((sample, i) => `export async function sample${i} () {\n${sample}}`)
  ].join('\n'))
  assert.equal(compile([file], ours, { noImplicitAny: false }).complaints, '')
})

test('the same service compiles with KafkaJS\'s own typings', () => {
  assert.equal(compile([service], theirs, { skipLibCheck: true }).complaints, '')
})

test('every name that KafkaJS\'s typings export is a name of ours, and of the same kind', () => {
  const found = exportsOf(own.program, ours)
  /** @param {ts.Symbol} symbol */
  const kind = ({ flags }) => ({
    value: Boolean(flags & ts.SymbolFlags.Value), type: Boolean(flags & ts.SymbolFlags.Type)
  })
  const wanted = exportsOf(own.program, theirs)
  assert.ok(wanted.size > 150)
  for (const [name, symbol] of wanted) {
    const same = found.get(name)
    assert.ok(same, `${name} is missing`)
    assert.deepEqual(kind(same), kind(symbol), name)
  }
})

test('the values that the typings name are those that the module has', () => {
  const values = [...exportsOf(own.program, ours).values()].filter(({ flags }) => flags & ts.SymbolFlags.Value)
  assert.deepEqual(values.map(({ name }) => name).sort(), Object.keys(require('../../kafkajs')).sort())
})

/**
 * What only we make or give, and so need not take: a `Kafka` gives clients that can do more, and the error tells more.
 */
const ONLY_GIVEN = new Set(['Kafka', 'KafkaJSDeleteTopicRecordsError'])

/**
 * A program that assigns each type of KafkaJS's typings to the one of ours with the same name, and the other way round.
 * Parameters and results of methods are compared by themselves, since the compiler takes a method with narrower
 * parameters for one with wider ones.
 *
 * @returns {string[]} lines
 */
function comparison () {
  const checker = own.program.getTypeChecker()
  const lines = []
  for (const [name, symbol] of exportsOf(own.program, theirs)) {
    if (symbol.flags & ts.SymbolFlags.Value) lines.push(`export const v_${name}: typeof theirs.${name} = ours.${name}`)
    if (!(symbol.flags & ts.SymbolFlags.Type)) continue
    const parameters = symbol.declarations.flatMap(node => 'typeParameters' in node && node.typeParameters || [])
    const whole = parameters.length > 0 ? `${name}<${parameters.map(() => 'any').join()}>` : name
    lines.push(`export const from_${name} = (value: ours.${whole}): theirs.${whole} => value`)
    if (!ONLY_GIVEN.has(name)) lines.push(`export const to_${name} = (value: theirs.${whole}): ours.${whole} => value`)
    const type = checker.getDeclaredTypeOfSymbol(symbol)
    if (type.isUnion() || symbol.flags & ts.SymbolFlags.Enum) continue
    for (const member of type.getProperties().filter(({ name }) => /^[a-zA-Z]\w*$/.test(name))) {
      const of = (/** @type {string} */ library) => `NonNullable<${library}.${whole}['${member.name}']>`
      const isMethod = checker.getTypeOfSymbol(member).getNonNullableType().getCallSignatures().length > 0
      const id = `${name}_${member.name}`
      if (!isMethod) {
        lines.push(`export const m_${id} = (value: ${of('ours')}): ${of('theirs')} => value`)
        continue
      }
      lines.push(`export const p_${id} = (value: Parameters<${of('theirs')}>): Parameters<${of('ours')}> => value`)
      lines.push(`export const r_${id} = (value: ReturnType<${of('ours')}>): ReturnType<${of('theirs')}> => value`)
    }
  }
  return lines
}

test('every type of KafkaJS\'s typings takes ours and ours takes it, member by member', () => {
  const lines = [
    `import * as ours from ${JSON.stringify(ours.replace(/\.d\.ts$/, ''))}`,
    `import * as theirs from ${JSON.stringify(theirs.replace(/\.d\.ts$/, ''))}`,
    ...comparison()
  ]
  assert.ok(lines.length > 800)
  // a file that is only here
  const file = path.join(__dirname, 'kafkajs', 'assignable.ts')
  // as in an older project
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    target: ts.ScriptTarget.ES2020,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules/@types')],
    paths: { kafkajs: [ours] }
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  const text = lines.join('\n')
  host.fileExists = name => name === file || fileExists.call(host, name)
  host.readFile = name => name === file ? text : readFile.call(host, name)
  host.getSourceFile = (name, ...rest) => name === file
    ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2020, true)
    : getSourceFile.call(host, name, ...rest)
  const complaints = ts.getPreEmitDiagnostics(ts.createProgram([file, service], options, host))
    .map(({ file: source, start, messageText }) => {
      const { line } = ts.getLineAndCharacterOfPosition(source, start)
      return `${source.fileName === file ? lines[line] : source.fileName}: ` +
        ts.flattenDiagnosticMessageText(messageText, '\n')
    })
  assert.deepEqual(complaints, [])
})
