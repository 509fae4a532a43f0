'use strict'

// The version of a release and the order in which packages are published.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { describe, it } = require('node:test')
const { isLater, isPrerelease, releaseNotes, setVersion, versionOf } = require('../../scripts/release/version')
const { inOrder } = require('../../scripts/release/publish')

const root = path.join(__dirname, '..', '..')
const PLACES = ['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock', 'binding.js', 'README.md']
const FILES = [...PLACES, 'CHANGELOG.md']
const ALIAS = path.join('packages', 'kafkajs-native')

/** A copy of the files that name the version. */
function copy (t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-version-'))
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }))
  for (const file of FILES) fs.copyFileSync(path.join(root, file), path.join(folder, file))
  fs.mkdirSync(path.join(folder, ALIAS), { recursive: true })
  fs.copyFileSync(path.join(root, ALIAS, 'package.json'), path.join(folder, ALIAS, 'package.json'))
  return folder
}

describe('the version of a release', () => {
  it('is the same everywhere', () => {
    assert.equal(versionOf(root), JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version)
  })

  it('is written everywhere, and changes nothing else', (t) => {
    const folder = copy(t)
    const before = versionOf(folder)
    setVersion(folder, '97.3.1')
    assert.equal(versionOf(folder), '97.3.1')
    for (const file of FILES) {
      const text = fs.readFileSync(path.join(folder, file), 'utf8')
      assert.equal(text.split('97.3.1').join(before), fs.readFileSync(path.join(root, file), 'utf8'), file)
    }
  })

  it('names the places that differ', (t) => {
    const folder = copy(t)
    const file = path.join(folder, 'Cargo.toml')
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/^version = ".*"/m, 'version = "97.3.1"'))
    assert.throws(() => versionOf(folder), /The version differs: .* in package\.json,.*97\.3\.1 in Cargo\.toml/)
  })

  it('goes forward only', (t) => {
    const folder = copy(t)
    assert.throws(() => setVersion(folder, versionOf(folder)), /is not later than/)
    assert.throws(() => setVersion(folder, '0.1.0'), /is not later than/)
    assert.throws(() => setVersion(folder, 'next'), /is no version/)
  })

  it('is ordered as npm orders it', () => {
    const versions = ['5.1.0', '5.2.0-rc.2', '5.2.0-rc.10', '5.2.0', '5.10.0', '6.0.0']
    for (const [i, lower] of versions.entries()) {
      for (const [j, other] of versions.entries()) assert.equal(isLater(other, lower), j > i, `${other} after ${lower}`)
    }
    assert.ok(isPrerelease('5.2.0-rc.1') && !isPrerelease('5.2.0'))
  })
})

describe('release notes', () => {
  const alias = (folder, version) => {
    const file = path.join(folder, ALIAS, 'package.json')
    fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), version }))
  }
  const changelog = (folder, text) => fs.writeFileSync(path.join(folder, 'CHANGELOG.md'), `# Changelog\n\n${text}`)

  it('are what the changelog says about the version, and a pre-release has its release\'s', (t) => {
    const folder = copy(t)
    const notes = '- One.\n- Two, `kafkajs-native` 2.97.0.'
    alias(folder, '2.97.0')
    changelog(folder, `## 97.0.0\n\n${notes}\n\n## 5.1.0\n\nThe first.\n`)
    assert.equal(releaseNotes(folder, '97.0.0'), notes)
    assert.equal(releaseNotes(folder, '97.0.0-rc.1'), notes)
  })

  it('name the version of the package that goes with it, which is raised by hand', (t) => {
    const folder = copy(t)
    alias(folder, '2.97.1')
    changelog(folder, '## 97.0.0\n\n- With `kafkajs-native` 2.97.0.\n\n## 5.1.0\n\nThe first.\n')
    assert.throws(() => releaseNotes(folder, '97.0.0'), /97\.0\.0 comes with `kafkajs-native` 2\.97\.1/)
  })

  it('must be there, at the top, in order', (t) => {
    const folder = copy(t)
    changelog(folder, '## 97.0.0\n\n## 5.1.0\n\nThe first.\n')
    assert.throws(() => releaseNotes(folder, '97.0.0'), /says nothing about 97\.0\.0/)
    assert.throws(() => releaseNotes(folder, '5.1.0'), /starts with 97\.0\.0, not with 5\.1\.0/)
    changelog(folder, '## 5.0.0\n\nBack.\n\n## 5.1.0\n\nThe first.\n')
    assert.throws(() => releaseNotes(folder, '5.0.0'), /5\.0\.0 is not later than 5\.1\.0/)
  })
})

it('platforms are published before what asks for them', () => {
  const names = ['kafkajs-native', '@kafka-node-native/binding-win32-x64-msvc', 'kafka-node-native',
    '@kafka-node-native/binding-darwin-arm64']
  const packed = names.map((name) => ({ name, version: '5.2.0', file: '' }))
  assert.deepEqual(inOrder(packed).map(({ name }) => name), [
    '@kafka-node-native/binding-darwin-arm64', '@kafka-node-native/binding-win32-x64-msvc', 'kafka-node-native',
    'kafkajs-native'
  ])
})
