'use strict'

// The version of a release: where it is written down, and what the changelog says about it.

const fs = require('node:fs')
const path = require('node:path')

/** Each place has the version in its pattern's one group. What only names a range, as the migration guide, stays. */
const PLACES = [
  { file: 'package.json', pattern: /"name": "kafka-node-native",\s+"version": "([^"]+)"/g },
  { file: 'package-lock.json', pattern: /"name": "kafka-node-native",\s+"version": "([^"]+)"/g },
  { file: 'Cargo.toml', pattern: /^\[package\]\nname = "kafka-node-native"\nversion = "([^"]+)"/gm },
  { file: 'Cargo.lock', pattern: /^name = "kafka-node-native"\nversion = "([^"]+)"/gm },
  // Generated with the version in it: the next build writes the same.
  { file: 'binding.js', pattern: /bindingPackageVersion !== '([^']+)'/g },
  { file: 'binding.js', pattern: /mismatch, expected (\S+) but got/g },
  { file: 'README.md', pattern: /kafka-node-native-(?:binding-linux-x64-gnu-)?(\d\S*?)\.tgz/g }
]

const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/

class VersionError extends Error {}

/** @param {string} version @returns {[number, number, number, string | undefined]} */
function parts (version) {
  const found = VERSION.exec(version)
  if (!found) throw new VersionError(`${version} is no version: it must be like 5.2.0 or 5.2.0-rc.1`)
  return [Number(found[1]), Number(found[2]), Number(found[3]), found[4]]
}

/** Whether it is one that npm gives nobody who does not ask for it. @param {string} version */
function isPrerelease (version) {
  return parts(version)[3] !== undefined
}

/** Whether `a` is a later version than `b`. @param {string} a @param {string} b */
function isLater (a, b) {
  const [first, second] = [parts(a), parts(b)]
  for (const i of /** @type {const} */ ([0, 1, 2])) {
    if (first[i] !== second[i]) return first[i] > second[i]
  }
  if (first[3] === second[3] || second[3] === undefined) return false
  // A pre-release comes before its release.
  return first[3] === undefined || first[3].localeCompare(second[3], 'en', { numeric: true }) > 0
}

/**
 * The version that every place has.
 *
 * @param {string} root of the checkout
 * @returns {string}
 * @throws {VersionError} naming the places if they differ
 */
function versionOf (root) {
  /** @type {Map<string, string[]>} */
  const found = new Map()
  for (const { file, pattern } of PLACES) {
    const matches = [...fs.readFileSync(path.join(root, file), 'utf8').matchAll(pattern)]
    if (matches.length === 0) throw new VersionError(`${file} names no version where one is expected: ${pattern}`)
    for (const [, version] of matches) found.set(version, [...new Set([...(found.get(version) || []), file])])
  }
  if (found.size === 1) return [...found.keys()][0]
  const list = [...found].map(([version, files]) => `${version} in ${files.join(', ')}`)
  throw new VersionError(`The version differs: ${list.join('; ')}`)
}

/**
 * The packages that are other names of the main one. Their versions follow those of what they stand in for.
 *
 * @param {string} root of the checkout
 * @returns {Map<string, string>} versions by name
 */
function aliasVersions (root) {
  const folder = path.join(root, 'packages')
  const folders = fs.readdirSync(folder).filter((entry) => fs.existsSync(path.join(folder, entry, 'package.json')))
  return new Map(folders.map((entry) => {
    const { name, version } = JSON.parse(fs.readFileSync(path.join(folder, entry, 'package.json'), 'utf8'))
    return [name, version]
  }))
}

/**
 * Writes a new version in all places.
 *
 * @param {string} root of the checkout
 * @param {string} version later than the present one
 * @returns {string[]} the files that were changed
 */
function setVersion (root, version) {
  const present = versionOf(root)
  if (!isLater(version, present)) throw new VersionError(`${version} is not later than ${present}`)
  for (const { file, pattern } of PLACES) {
    const text = fs.readFileSync(path.join(root, file), 'utf8')
    fs.writeFileSync(path.join(root, file), text.replace(pattern, (match, old) => match.replace(old, version)))
  }
  return [...new Set(PLACES.map(({ file }) => file))]
}

/**
 * The sections of the changelog, in the order of the file.
 *
 * @param {string} root of the checkout
 * @returns {{version: string, text: string}[]}
 */
function changelog (root) {
  const text = fs.readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8')
  return text.split(/^## /m).slice(1).map((section) => {
    const [version, ...lines] = section.split('\n')
    return { version: version.trim(), text: lines.join('\n').trim() }
  })
}

/**
 * What the changelog says about a version, which must be its latest.
 *
 * @param {string} root of the checkout
 * @param {string} version
 */
function releaseNotes (root, version) {
  const [latest, ...earlier] = changelog(root)
  const release = version.split('-')[0]
  if (!latest || latest.version !== release) {
    throw new VersionError(`CHANGELOG.md starts with ${latest ? latest.version : 'nothing'}, not with ${release}`)
  }
  if (!latest.text) throw new VersionError(`CHANGELOG.md says nothing about ${release}`)
  if (earlier.length > 0 && !isLater(release, earlier[0].version)) {
    throw new VersionError(`CHANGELOG.md: ${release} is not later than ${earlier[0].version}`)
  }
  // One that was forgotten would be found only when npm refuses a version that it has.
  for (const [name, version] of aliasVersions(root)) {
    const [, named] = latest.text.match(new RegExp(`\`${name}\` (\\d\\S*?)[,;:.)]*(?:\\s|$)`)) || []
    if (named === version) continue
    throw new VersionError(`CHANGELOG.md does not say that ${release} comes with \`${name}\` ${version}`)
  }
  return latest.text
}

module.exports = { VersionError, aliasVersions, versionOf, setVersion, releaseNotes, changelog, isLater, isPrerelease }
