'use strict'

// npm run release -- COMMAND: the steps of a release, which the workflow runs one by one. See docs/releasing.md.
//   version 5.2.0              writes the version in all places
//   check [v5.2.0]             all places have one version, the tag's if one is named, and the changelog speaks of it
//   notes                      what the changelog says about it
//   pack [--binaries FOLDER]   tarballs, checksums and SBOMs of all packages, in dist/; the platforms' binaries are
//                              built here, or taken from a folder
//   publish [--provenance]     platforms first; goes on where it stopped
//   rollback                   takes back what was published of this version
//   --dry-run [--binaries FOLDER]   all of that, on a copy of this checkout and a registry on this machine
// publish and rollback take the registry and the credentials that npm is set up with, unless there are --registry,
// --userconfig or a token in NPM_TOKEN.

const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { root } = require('./lib/paths')
const { configuredRegistry } = require('./lib/processes')
const { packAll } = require('./package')
const { setup, SetupError } = require('./setup')
const { buildTargets } = require('./platforms/build')
const { targets, binaryName } = require('./platforms/targets')
const { PublishError, publishAll, rollback } = require('./release/publish')
const { VersionError, aliasVersions, isPrerelease, releaseNotes, setVersion, versionOf } = require('./release/version')

/** @typedef {import('./release/publish').Packed} Packed */

const dist = path.join(root, 'dist')
const PACKAGES = 'packages.json'
const SUMS = 'SHA256SUMS'

/** @param {string} file */
function sha256 (file) {
  return crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex')
}

/** A folder with one binary for each target. @param {string} folder */
function binariesIn (folder) {
  const files = new Map(targets.map((target) => [target.name, path.resolve(folder, binaryName(target))]))
  const missing = [...files.values()].filter((file) => !fs.existsSync(file))
  if (missing.length > 0) throw new VersionError(`A release has all platforms, but there is no ${missing.join(', ')}`)
  return files
}

/** @param {string} [folder] */
async function pack (folder) {
  const { billOfMaterials } = require('./release/sbom')
  const binaries = folder ? binariesIn(folder) : await buildTargets(targets)
  fs.rmSync(dist, { recursive: true, force: true })
  const packed = await packAll({ out: dist, binaries })
  const files = packed.map(({ file }) => file)
  for (const each of packed) {
    const target = targets.find(({ name }) => each.name.endsWith(`-${name}`))
    const bill = each.file.replace(/\.tgz$/, '.cdx.json')
    fs.writeFileSync(bill, billOfMaterials(each, target ? target.rust : null))
    files.push(bill)
  }
  fs.writeFileSync(path.join(dist, SUMS), files.map((file) => `${sha256(file)}  ${path.basename(file)}\n`).join(''))
  const list = packed.map(({ name, version, file }) => ({ name, version, file: path.basename(file) }))
  fs.writeFileSync(path.join(dist, PACKAGES), JSON.stringify(list, null, 2))
  for (const { name, version, file, size } of packed) {
    console.log(`${path.relative(root, file)}  ${name}@${version}  ${(size / 1e6).toFixed(1)} MB`)
  }
}

/**
 * What `pack` has written, checked against its sums.
 *
 * @returns {Packed[]}
 */
function packedFiles () {
  const list = path.join(dist, PACKAGES)
  if (!fs.existsSync(list)) throw new VersionError('There is nothing in dist/ yet: npm run release -- pack')
  for (const line of fs.readFileSync(path.join(dist, SUMS), 'utf8').trim().split('\n')) {
    const [sum, name] = line.split('  ')
    if (sha256(path.join(dist, name)) !== sum) throw new VersionError(`dist/${name} has changed: pack again`)
  }
  const ownVersions = aliasVersions(root)
  return JSON.parse(fs.readFileSync(list, 'utf8')).map((/** @type {Packed} */ packed) => {
    const version = ownVersions.get(packed.name) || versionOf(root)
    if (packed.version !== version) throw new VersionError(`dist/ has ${packed.version}, not ${version}: pack again`)
    return { ...packed, file: path.join(dist, packed.file) }
  })
}

/**
 * A configuration of npm that takes the token from the environment. It is removed when this process ends.
 *
 * @param {string} url
 */
function withToken (url) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-npm-'))
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'npmrc')
  const { host, pathname } = new URL(url)
  fs.writeFileSync(file, `//${host}${pathname}:_authToken=\${NPM_TOKEN}\n`, { mode: 0o600 })
  return file
}

/** @param {string | undefined} tag */
function checkRelease (tag) {
  const version = versionOf(root)
  if (tag && tag !== `v${version}`) throw new VersionError(`The tag is ${tag}, and the version ${version}`)
  releaseNotes(root, version)
  return version
}

async function main () {
  const { values, positionals: [command, argument] } = parseArgs({
    allowPositionals: true,
    options: {
      'dry-run': { type: 'boolean' },
      binaries: { type: 'string' },
      registry: { type: 'string' },
      userconfig: { type: 'string' },
      provenance: { type: 'boolean' },
      attempts: { type: 'string' }
    }
  })
  if (values['dry-run']) {
    await setup({ build: false })
    const { dryRun } = require('./release/dry-run')
    return dryRun(values.binaries ? binariesIn(values.binaries) : await buildTargets(targets))
  }
  const registry = () => {
    const url = values.registry || configuredRegistry()
    const userconfig = values.userconfig || (process.env.NPM_TOKEN ? withToken(url) : undefined)
    return { url, userconfig, options: values.provenance ? ['--provenance'] : [] }
  }
  switch (command) {
    case 'version':
      for (const file of setVersion(root, argument || '')) console.log(`${file}: ${argument}`)
      return
    case 'check':
      console.log(`${checkRelease(argument)}: all places agree, and the changelog speaks of it.`)
      return
    case 'notes':
      console.log(releaseNotes(root, versionOf(root)))
      return
    case 'pack':
      checkRelease(undefined)
      await setup({ build: false })
      return pack(values.binaries)
    case 'publish': {
      const tag = isPrerelease(checkRelease(undefined)) ? 'next' : 'latest'
      const attempts = values.attempts ? Number(values.attempts) : undefined
      return publishAll(packedFiles(), registry(), { tag, attempts })
    }
    case 'rollback':
      return rollback(packedFiles(), registry())
    default:
      throw new VersionError(`There is no command '${command || ''}': see the first lines of scripts/release.js`)
  }
}

main().then(() => process.exit(), (err) => {
  const expected = [SetupError, VersionError, PublishError].some((type) => err instanceof type)
  console.error(expected ? err.message : err)
  process.exit(1)
})
