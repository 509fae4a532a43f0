'use strict'

// npm run package: writes the tarballs of the main package, of this machine's platform package and of the packages in
// packages/ to dist/, as they would be published. `-- --all`: of every platform, cross-built; on Linux x64 only.

const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { root } = require('./lib/paths')
const { run, npmCommand } = require('./lib/processes')
const { setup, SetupError } = require('./setup')
const addon = require('./lib/addon')
const { targets, targetOfTriple, binaryName } = require('./platforms/targets')
const { buildTargets, builtFile, canCrossBuild } = require('./platforms/build')
const { zigIsThere } = require('./platforms/toolchain')

/** @typedef {import('./platforms/targets').Target} Target */

const NOTICES = 'THIRD-PARTY-NOTICES.md'
/** Fields of package.json that only matter for development. */
const DEVELOPMENT_FIELDS = ['scripts', 'devDependencies', 'overrides', 'napi', 'private']

/** @param {string} file */
function readJson (file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'))
}

/** @param {string} file @param {unknown} value */
function writeJson (file, value) {
  fs.writeFileSync(file, JSON.stringify(value, null, 2) + '\n')
}

/**
 * The manifests of all platform packages, written by napi's own tool.
 *
 * @param {string} staging
 * @returns {Promise<string[]>} their folders
 */
async function platformManifests (staging) {
  const npmDir = path.join(staging, 'npm')
  // napi insists on a folder inside the checkout's package, so it works on a copy of the manifest.
  writeJson(path.join(staging, 'package.json'), readJson(path.join(root, 'package.json')))
  const cli = path.join(root, 'node_modules', '@napi-rs', 'cli', 'dist', 'cli.js')
  const { code, output } = await run(process.execPath, [cli, 'create-npm-dirs', '--npm-dir', 'npm'], { cwd: staging })
  if (code !== 0) throw new Error(`napi create-npm-dirs failed:\n${output}`)
  return fs.readdirSync(npmDir).map((name) => path.join(npmDir, name))
}

/** @param {string} version */
function assertSameVersion (version) {
  const found = /^version = "(.+)"$/m.exec(fs.readFileSync(path.join(root, 'Cargo.toml'), 'utf8'))
  const crate = found ? found[1] : 'no version'
  if (crate === version) return
  throw new Error(`package.json is at ${version} and Cargo.toml at ${crate}: give both the same version`)
}

/**
 * @param {string} folder
 * @param {any} manifest
 * @param {{name: string, version: string}[]} platforms
 */
function stageMain (folder, manifest, platforms) {
  fs.mkdirSync(folder)
  for (const name of manifest.files) {
    const source = path.join(root, name)
    if (!fs.existsSync(source)) throw new Error(`package.json lists ${name} in "files", but there is no such file`)
    fs.cpSync(source, path.join(folder, name), { recursive: true })
  }
  const published = { ...manifest }
  for (const field of DEVELOPMENT_FIELDS) delete published[field]
  // Exact, since the private protocol between JavaScript and the addon may change with any version.
  published.optionalDependencies = Object.fromEntries(platforms.map(({ name, version }) => [name, version]))
  writeJson(path.join(folder, 'package.json'), published)
}

/**
 * A package that gives the main one another name, with paths that programs expect under it.
 *
 * @param {string} source
 * @param {string} folder
 * @param {{name: string, version: string}} main
 */
function stageAlias (source, folder, main) {
  fs.cpSync(source, folder, { recursive: true })
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'))
  const manifest = readJson(path.join(source, 'package.json'))
  // Exact, since its files reach into those of the main package.
  writeJson(path.join(folder, 'package.json'), { ...manifest, dependencies: { [main.name]: main.version } })
}

/** @param {string} folder @param {string} addonFile @param {string} notices */
function stagePlatform (folder, addonFile, notices) {
  const manifest = readJson(path.join(folder, 'package.json'))
  const binary = manifest.main
  fs.copyFileSync(addonFile, path.join(folder, binary))
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'))
  fs.writeFileSync(path.join(folder, NOTICES), notices)
  const platform = [manifest.os, manifest.cpu, manifest.libc].flat().filter(Boolean).join(' ')
  fs.writeFileSync(path.join(folder, 'README.md'),
    `# ${manifest.name}\n\nThe native addon of the package kafka-node-native for ${platform}. ` +
    'It is installed with that package; do not depend on it directly.\n')
  writeJson(path.join(folder, 'package.json'), { ...manifest, files: [binary, 'LICENSE', NOTICES] })
}

/** @param {string} folder @param {string} out */
async function pack (folder, out) {
  const npm = npmCommand()
  const args = [...npm.args, 'pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', out]
  const { code, output } = await run(npm.command, args, { cwd: folder, shell: npm.shell })
  if (code !== 0) throw new Error(`npm pack failed in ${folder}:\n${output}`)
  const answer = JSON.parse(output.slice(output.search(/[[{]/)))
  // npm 12 prints an object by package name where older ones print a list.
  const [packed] = Array.isArray(answer) ? answer : Object.values(answer)
  return { name: packed.name, version: packed.version, file: path.join(out, packed.filename), size: packed.size }
}

/**
 * The binary to pack for this machine: the one for the oldest glibc, if the current sources have been built that way,
 * otherwise the checkout's own.
 *
 * @param {Target} target
 */
function binaryOfThisMachine (target) {
  const portable = builtFile(target)
  return canCrossBuild() && fs.existsSync(portable) ? portable : path.join(root, binaryName(target))
}

/**
 * Packs the main package, platform packages, and the packages that are other names of the main one.
 *
 * @param {{out: string, binaries?: Map<string, string>}} options `out`: folder for the tarballs, made if missing;
 *   `binaries`: files by the target's name, by default this machine's only
 * @returns {Promise<{name: string, version: string, file: string, size: number}[]>} the main package first, the other
 *   names of it last
 */
async function packAll ({ out, binaries }) {
  const manifest = readJson(path.join(root, 'package.json'))
  assertSameVersion(manifest.version)
  const here = targetOfTriple(addon.hostTriple())
  if (!binaries && !here) throw new Error(`Nothing is published for this machine's platform, ${addon.hostTriple()}`)
  const files = binaries || (here ? new Map([[here.name, binaryOfThisMachine(here)]]) : new Map())
  const staging = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-package-'))
  try {
    const { thirdPartyNotices } = require('./lib/notices')
    const folders = await platformManifests(staging)
    const platforms = folders.map((folder) => readJson(path.join(folder, 'package.json')))
    const main = path.join(staging, 'main')
    stageMain(main, manifest, platforms)
    const staged = [main]
    for (const target of targets) {
      const file = files.get(target.name)
      if (!file) continue
      const folder = path.join(staging, 'npm', target.name)
      stagePlatform(folder, file, thirdPartyNotices(target.rust))
      staged.push(folder)
    }
    const aliases = path.join(root, 'packages')
    for (const name of fs.readdirSync(aliases)) {
      const folder = path.join(staging, name)
      stageAlias(path.join(aliases, name), folder, manifest)
      staged.push(folder)
    }
    fs.mkdirSync(out, { recursive: true })
    const packed = []
    for (const folder of staged) packed.push(await pack(folder, out))
    return packed
  } finally {
    fs.rmSync(staging, { recursive: true, force: true })
  }
}

/** @param {string} file */
function sha256 (file) {
  return crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex')
}

async function main () {
  const out = path.join(root, 'dist')
  await setup()
  const here = targetOfTriple(addon.hostTriple())
  let binaries
  if (process.argv.includes('--all')) binaries = await buildTargets(targets)
  else if (here && canCrossBuild() && zigIsThere()) binaries = await buildTargets([here])
  fs.rmSync(out, { recursive: true, force: true })
  const packed = await packAll({ out, binaries })
  const sums = packed.map(({ file }) => `${sha256(file)}  ${path.basename(file)}\n`)
  fs.writeFileSync(path.join(out, 'SHA256SUMS'), sums.join(''))
  for (const { name, version, file, size } of packed) {
    console.log(`${path.relative(root, file)}  ${name}@${version}  ${(size / 1e6).toFixed(1)} MB`)
  }
}

module.exports = { packAll, binaryOfThisMachine }

if (require.main === module) {
  main().catch((err) => {
    console.error(err instanceof SetupError ? err.message : err)
    process.exitCode = 1
  })
}
