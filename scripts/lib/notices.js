'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { root } = require('./paths')
const { cargoEnv } = require('./addon')

const LICENCE_FILE = /^(licen[cs]e|copying|notice|copyright|unlicense)/i

/**
 * C code that crates contain and compile in: its name, where its licence is in the crate, and the licence's name. Where
 * the crate's version does not end in that of the C code, `header` has it, in the group or groups of `version`.
 *
 * @typedef {{ crate: string, name: string, file: string, licence: string, header?: string, version?: RegExp }} Vendored
 *
 * @type {Vendored[]}
 */
const VENDORED = [
  { crate: 'rdkafka-sys', name: 'librdkafka', file: 'librdkafka/LICENSES.txt', licence: 'BSD-2-Clause' },
  { crate: 'openssl-src', name: 'OpenSSL', file: 'openssl/LICENSE.txt', licence: 'Apache-2.0' },
  {
    crate: 'libz-sys',
    name: 'zlib',
    file: 'src/zlib/LICENSE',
    licence: 'Zlib',
    header: 'src/zlib/zlib.h',
    version: /#define ZLIB_VERSION "(.+)"/
  },
  { crate: 'zstd-sys', name: 'Zstandard', file: 'zstd/LICENSE', licence: 'BSD-3-Clause' },
  // What librdkafka contains; its LICENSES.txt has the licences of these too.
  {
    crate: 'rdkafka-sys',
    name: 'lz4',
    file: 'librdkafka/LICENSES.txt',
    licence: 'BSD-2-Clause',
    header: 'librdkafka/src/lz4.h',
    version: /VERSION_MAJOR +(\d+)[^]*?VERSION_MINOR +(\d+)[^]*?VERSION_RELEASE +(\d+)/
  },
  {
    crate: 'rdkafka-sys',
    name: 'cJSON',
    file: 'librdkafka/LICENSES.txt',
    licence: 'MIT',
    header: 'librdkafka/src/cJSON.h',
    version: /VERSION_MAJOR +(\d+)[^]*?VERSION_MINOR +(\d+)[^]*?VERSION_PATCH +(\d+)/
  },
  {
    crate: 'rdkafka-sys',
    name: 'nanopb',
    file: 'librdkafka/LICENSES.txt',
    licence: 'Zlib',
    header: 'librdkafka/src/nanopb/pb.h',
    version: /#define NANOPB_VERSION "nanopb-(.+)"/
  }
]

/** @param {string} triple */
function cargoMetadata (triple) {
  const args = ['metadata', '--format-version', '1', '--locked', '--filter-platform', triple]
  const { stdout, stderr, status } = spawnSync('cargo', args, {
    cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, env: cargoEnv()
  })
  if (status !== 0) throw new Error(`cargo metadata failed:\n${stderr}`)
  return JSON.parse(stdout)
}

/**
 * The parts of cargo's metadata that this file reads.
 *
 * @typedef {{id: string, name: string, version: string, source: string | null,
 *   license: string | null, repository: string | null,
 *   authors: string[], manifest_path: string, targets: {kind: string[]}[]}} Crate
 * @typedef {{packages: Crate[], resolve: {root: string,
 *   nodes: {id: string, deps: {pkg: string, dep_kinds: {kind: string | null}[]}[]}[]}}} Metadata
 */

/**
 * The crates whose code ends up in the addon: no build scripts, no tests, no procedural macros.
 *
 * @param {Metadata} metadata
 */
function linkedCrates (metadata) {
  const packages = new Map(metadata.packages.map((crate) => [crate.id, crate]))
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]))
  /** @type {Map<string, Crate>} */
  const linked = new Map()
  /** @param {string} id */
  const visit = (id) => {
    const crate = packages.get(id)
    const node = nodes.get(id)
    if (!crate || !node || linked.has(id) || crate.targets.some(({ kind }) => kind.includes('proc-macro'))) return
    linked.set(id, crate)
    for (const { pkg, dep_kinds: kinds } of node.deps) {
      if (kinds.some(({ kind }) => kind === null)) visit(pkg)
    }
  }
  visit(metadata.resolve.root)
  // Only what comes from a registry: the other crates are this project's own.
  return [...linked.values()].filter(({ source }) => source).sort((a, b) => a.name.localeCompare(b.name))
}

/** @param {Crate} crate */
function licenceTexts (crate) {
  const folder = path.dirname(crate.manifest_path)
  return fs.readdirSync(folder)
    .filter((name) => LICENCE_FILE.test(name) && fs.statSync(path.join(folder, name)).isFile())
    .sort()
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8').replace(/\r\n/g, '\n').trim())
}

/**
 * The licence text of a crate that declares the MIT licence but ships no licence file.
 *
 * @param {Crate} crate
 */
function standardMit (crate) {
  const ours = fs.readFileSync(path.join(root, 'LICENSE'), 'utf8')
  return ours.replace(/^Copyright .*$/m, `Copyright (c) ${crate.authors.join(', ') || `the authors of ${crate.name}`}`)
}

/**
 * @param {Metadata} metadata
 * @param {Vendored} vendored
 */
function crateOf (metadata, { crate: name }) {
  const crate = metadata.packages.find((candidate) => candidate.name === name)
  if (!crate) throw new Error(`The notices expect the crate ${name}, which is no longer in Cargo.lock`)
  return crate
}

/**
 * The notices of everything that is linked into the addon for a target, as one Markdown text.
 * Texts that several crates share are printed once, with the crates named above.
 *
 * @param {string} triple rustc's target triple
 */
function thirdPartyNotices (triple) {
  const metadata = /** @type {Metadata} */ (cargoMetadata(triple))
  const crates = linkedCrates(metadata)
  /** @type {Map<string, string[]>} text -> who uses it */
  const byText = new Map()
  /** @param {string} text @param {string} who */
  const use = (text, who) => byText.set(text, [...(byText.get(text) || []), who])

  for (const vendored of VENDORED) {
    const crate = crateOf(metadata, vendored)
    const text = fs.readFileSync(path.join(path.dirname(crate.manifest_path), vendored.file), 'utf8')
    use(text.replace(/\r\n/g, '\n').trim(),
      `${vendored.name} ${libraryVersion(vendored, crate)} (source in crate ${crate.name} ${crate.version})`)
  }
  for (const crate of crates) {
    const texts = licenceTexts(crate)
    if (texts.length === 0) {
      if (!/\bMIT\b/.test(crate.license || '')) throw new Error(`${crate.name} ships no licence text: find its notice`)
      texts.push(standardMit(crate).trim())
    }
    for (const text of texts) use(text, `${crate.name} ${crate.version}`)
  }

  const table = crates.map(({ name, version, license, repository }) => {
    return `| ${name} | ${version} | ${license || 'see its text'} | ${repository || ''} |`
  })
  const parts = [
    '# Third-party notices',
    'The native addon of kafka-node-native contains the following software, under the licences printed below: ' +
    'librdkafka with what it contains, OpenSSL, zlib and Zstandard (C), these Rust crates, and the Rust standard ' +
    'library (MIT OR Apache-2.0, copyright The Rust Project Contributors).',
    ['| crate | version | licence | source |', '|---|---|---|---|', ...table].join('\n')
  ]
  for (const [text, users] of byText) {
    parts.push(`## ${[...new Set(users)].join(', ')}\n\n\`\`\`text\n${text.replace(/```/g, "'''")}\n\`\`\``)
  }
  return parts.join('\n\n') + '\n'
}

/**
 * The version of C code, from what comes with the crate that contains it.
 *
 * @param {Vendored} vendored
 * @param {Crate} crate
 */
function libraryVersion ({ name, header, version }, crate) {
  // Such as 300.5.4+3.5.4 and 2.0.16+zstd.1.5.7.
  const [, build] = /\+(?:[a-z]+\.)?(\d\S*)$/.exec(crate.version) || []
  if (build && !header) return build
  const text = header ? fs.readFileSync(path.join(path.dirname(crate.manifest_path), header), 'utf8') : ''
  const found = version && version.exec(text)
  if (!found) throw new Error(`${crate.name} ${crate.version} does not say which version of ${name} it contains`)
  return found.slice(1).join('.')
}

/**
 * Everything that is linked into the addon for a target.
 *
 * @param {string} triple rustc's target triple
 * @returns {{crates: Crate[], libraries: {name: string, version: string, licence: string}[]}}
 */
function linkedSoftware (triple) {
  const metadata = /** @type {Metadata} */ (cargoMetadata(triple))
  const libraries = VENDORED.map((vendored) => {
    const { name, licence } = vendored
    return { name, version: libraryVersion(vendored, crateOf(metadata, vendored)), licence }
  })
  return { crates: linkedCrates(metadata), libraries }
}

module.exports = { thirdPartyNotices, linkedSoftware }
