'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const ts = require('typescript')

const root = path.join(__dirname, '../..')

/** @returns {Map<string, Set<string>>} the properties of the interfaces in index.d.ts, by the interface's name */
function readInterfaces () {
  const file = path.join(root, 'index.d.ts')
  const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const interfaces = new Map()
  source.forEachChild((node) => {
    if (!ts.isInterfaceDeclaration(node)) return
    const names = node.members.filter(ts.isPropertySignature).map(({ name }) => name.getText(source))
    interfaces.set(node.name.text, new Set(names))
  })
  return interfaces
}

/**
 * @param {string} text of a section
 * @param {RegExp} [only] what stands before the names in the first column
 * @returns {string[]} the names in the first column of its tables
 */
function optionsIn (text, only = /^/) {
  return [...text.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell)
    .filter((cell) => only.test(cell))
    .flatMap((cell) => [...cell.replace(/^[^:]*:/, '').matchAll(/`(\w+)`/g)].map(([, name]) => name))
}

const sections = new Map(fs.readFileSync(path.join(root, 'docs/options.md'), 'utf8').split(/^## /m).slice(1)
  .map((section) => [section.slice(0, section.indexOf('\n')), section]))
/** @param {string} title @returns {string} */
const section = (title) => {
  const text = sections.get(title)
  assert.ok(text, `docs/options.md has no section '${title}'`)
  return text
}

const [client, ssl] = section('KafkaClient').split('Within `sslOptions`')
const [tls, ownOfClient] = ssl.split('Our own:')
const streams = section('Streams')

/** @type {Array<[string, string[]]>} */
const DOCUMENTED = [
  ['KafkaClientOptions', [...optionsIn(client), ...optionsIn(ownOfClient)]],
  ['SslOptions', optionsIn(tls.replace(/^\| all others.*$/m, ''))],
  ['ProducerOptions', optionsIn(section('Producer and HighLevelProducer'))],
  ['ConsumerOptions', optionsIn(section('Consumer'))],
  ['ConsumerGroupOptions', [
    ...optionsIn(section('ConsumerGroup')),
    // the section says so; `librdkafka` comes with those of KafkaClient
    ...optionsIn(section('Consumer')).filter((name) => !['fromOffset', 'paused', 'librdkafka'].includes(name))
  ]],
  ['ProducerStreamOptions', optionsIn(streams, /`ProducerStream`:/)],
  ['ConsumerStreamOptions', optionsIn(streams, /`ConsumerStream`[:,]/)],
  ['ConsumerGroupStreamOptions', optionsIn(streams, /`ConsumerGroupStream`:/)],
  ['CommitStreamOptions', optionsIn(streams, /^commit stream:/)]
]

const interfaces = readInterfaces()

for (const [name, documented] of DOCUMENTED) {
  test(`docs/options.md and ${name} of index.d.ts have the same options`, () => {
    assert.ok(documented.length > 0)
    assert.deepEqual([...new Set(documented)].sort(), [...interfaces.get(name) || []].sort())
  })
}

test('what is typed as a class is exported', () => {
  const source = fs.readFileSync(path.join(root, 'index.d.ts'), 'utf8')
  const classes = [...source.matchAll(/^export (?:class|const) (\w+)/gm)].map(([, name]) => name)
  assert.deepEqual(classes.filter((name) => typeof require('../..')[name] !== 'function'), [])
})
