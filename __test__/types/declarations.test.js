'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const ts = require('typescript')
const { EventEmitter } = require('node:events')
const { Readable, Writable } = require('node:stream')
const { originalFolder } = require('../compat/support/original')

const root = path.join(__dirname, '../..')
const declarations = path.join(root, 'index.d.ts')
const config = path.join(__dirname, 'tsconfig.json')

/**
 * The compiler's errors for the program of tsconfig.json, modified as given.
 *
 * @param {{ files?: string[], options?: ts.CompilerOptions }} [changes]
 */
function compile ({ files, options } = {}) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: diagnostic => { throw new Error(text([diagnostic])) } }
  const parsed = ts.getParsedCommandLineOfConfigFile(config, options, host)
  const program = ts.createProgram(files || parsed.fileNames, parsed.options)
  return { program, complaints: text(ts.getPreEmitDiagnostics(program)) }
}

function text (diagnostics) {
  return ts.formatDiagnostics(diagnostics, {
    getCanonicalFileName: name => name, getCurrentDirectory: () => root, getNewLine: () => '\n'
  })
}

const { program, complaints } = compile()

test('strict programs compile against the declarations', () => {
  assert.equal(complaints, '')
})

test('the TypeScript example compiles just as strictly', () => {
  const { complaints } = compile({ files: [path.join(root, 'examples', 'typescript.ts')] })
  assert.equal(complaints, '')
})

test('the same service compiles with the typings of kafka-node itself', async () => {
  const original = path.join(await originalFolder(), 'types/index.d.ts')
  const { complaints } = compile({
    files: [path.join(__dirname, 'legacy.ts')],
    // today's @types/node conflicts with kafka-node's own file
    options: { paths: { 'kafka-node': [original] }, skipLibCheck: true }
  })
  assert.equal(complaints, '')
})

test('kafka-node\'s own typings do not pass a strict compiler, ours do', async () => {
  const original = path.join(await originalFolder(), 'types/index.d.ts')
  const { complaints } = compile({
    files: [path.join(__dirname, 'legacy.ts')],
    options: { paths: { 'kafka-node': [original] }, skipLibCheck: false }
  })
  assert.match(complaints, /types\/index\.d\.ts/)
})

/** On the prototypes because kafka-node has them there, but not meant to be called. */
const INTERNAL = {
  KafkaClient: ['updateMetadatas', 'brokers', 'longpollingBrokers', 'correlationId'],
  Producer: ['connect', 'buildPayloads'],
  HighLevelProducer: ['connect', 'buildPayloads'],
  Consumer: ['buildPayloads', 'connect', 'init', 'fetchOffset', 'fetchCount', 'encoding', 'committing'],
  ConsumerStream: ['buildPayloads', 'transmitMessages'],
  ConsumerGroup: ['setupProtocols', 'buildPayloads', 'buildPayloadMap', 'needToCommit', 'committing'],
  ConsumerGroupStream: ['commitQueued'],
  Offset: ['buildPayloads', 'buildOffsetFetchV1Payloads']
}

test('all methods and fields that are public at run time are declared', () => {
  const kafka = require('../..')
  const checker = program.getTypeChecker()
  const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(declarations)))
  const client = new kafka.KafkaClient({ autoConnect: false })
  const group = { autoConnect: false, connectOnReady: false, groupId: 'g' }
  const instances = {
    KafkaClient: client,
    Producer: new kafka.Producer(client),
    HighLevelProducer: new kafka.HighLevelProducer(client),
    Consumer: new kafka.Consumer(client, []),
    ConsumerGroup: new kafka.ConsumerGroup(group, 't'),
    Offset: new kafka.Offset(client),
    Admin: new kafka.Admin(client)
  }
  const foreign = [Object, Error, EventEmitter, Readable, Writable].map(Class => Class.prototype)
  for (const [name, Class] of Object.entries(kafka)) {
    const declared = checker.getDeclaredTypeOfSymbol(symbols.find(symbol => symbol.name === name)).getProperties()
      .map(member => member.name)
    const there = new Set(instances[name] ? Object.keys(instances[name]) : [])
    for (let type = Class.prototype; type && !foreign.includes(type); type = Object.getPrototypeOf(type)) {
      for (const member of Object.getOwnPropertyNames(type)) there.add(member)
    }
    const known = new Set([...declared, ...(INTERNAL[name] || []), 'constructor', 'toJSON'])
    // EventEmitter's own fields and ours begin with an underscore
    assert.deepEqual([...there].filter(member => !member.startsWith('_') && !known.has(member)), [], name)
    assert.deepEqual((INTERNAL[name] || []).filter(member => declared.includes(member)), [], name)
  }
})

test('what is declared exists at run time, and nothing is missing from the declarations', () => {
  const kafka = require('../..')
  const checker = program.getTypeChecker()
  const values = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(declarations)))
    .filter(symbol => symbol.flags & ts.SymbolFlags.Value)

  assert.deepEqual(values.map(symbol => symbol.name).sort(), Object.keys(kafka).sort())

  const absent = values.filter(symbol => symbol.flags & ts.SymbolFlags.Class).flatMap(symbol =>
    checker.getDeclaredTypeOfSymbol(symbol).getProperties()
      .filter(member => member.flags & ts.SymbolFlags.Method)
      .filter(member => member.declarations[0].getSourceFile().fileName === declarations)
      .map(member => member.name)
      .filter(method => typeof kafka[symbol.name].prototype[method] !== 'function')
      .map(method => `${symbol.name}.${method}`))
  assert.deepEqual(absent, [])
})
