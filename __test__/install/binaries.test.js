'use strict'

// What the published binaries are made of, read from the files: the one that this machine's package gets, and those of
// other platforms that have been built from the current sources (npm run package -- --all).

const assert = require('node:assert')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')
const addon = require('../../scripts/lib/addon')
const { binaryOfThisMachine } = require('../../scripts/package')
const { builtFile } = require('../../scripts/platforms/build')
const { inspect } = require('../../scripts/platforms/toolchain')
const { targets, targetOfTriple } = require('../../scripts/platforms/targets')

const root = path.join(__dirname, '..', '..')
const MAX_INSTALLED_BYTES = 12 * 1000 * 1000

/** What every system of a kind has. */
const SYSTEM_LIBRARIES = {
  gnu: /^(lib(c|m|dl|rt|util)\.so\.\d|libpthread\.so\.0|libgcc_s\.so\.1|ld-linux-(x86-64|aarch64)\.so\.\d)$/,
  musl: /^(libc\.so|libc\.musl-(x86_64|aarch64)\.so\.1|libgcc_s\.so\.1)$/,
  win32: new RegExp('^(kernel32|ws2_32|secur32|crypt32|bcrypt|bcryptprimitives|ntdll|advapi32|user32|userenv|msvcrt|' +
    'api-ms-win-core-synch-l1-2-0)\\.dll$', 'i'),
  darwin: /^\/usr\/lib\/(libSystem\.B|libiconv\.2)\.dylib$/
}

const FORMATS = { linux: 'elf', win32: 'pe', darwin: 'macho' }
const MACHINES = { x64: /^(X86_64|AMD64)$/, arm64: /^(AARCH64|ARM64)$/ }

function sizeOf (entry) {
  const stat = fs.lstatSync(entry)
  if (!stat.isDirectory()) return stat.size
  return fs.readdirSync(entry).reduce((sum, name) => sum + sizeOf(path.join(entry, name)), 0)
}

function mainPackageBytes () {
  const { files } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  return files.reduce((sum, name) => sum + sizeOf(path.join(root, name)), 0)
}

const asNumbers = (version) => version.split('.').map(Number)

function isNewer (version, limit) {
  const [[major, minor], [maximum, most]] = [asNumbers(version), asNumbers(limit)]
  return major > maximum || (major === maximum && minor > most)
}

const here = targetOfTriple(addon.hostTriple())
const built = targets.filter((target) => fs.existsSync(builtFile(target)))
const files = new Map(built.map((target) => [target, builtFile(target)]))
if (here) files.set(here, binaryOfThisMachine(here))

for (const [target, file] of files) {
  describe(`the binary for ${target.name}`, () => {
    const [system, arch, libc] = target.name.split('-')
    const [found] = inspect([file])

    it('is for that system and processor', () => {
      assert.strictEqual(found.format, FORMATS[system])
      assert.match(found.machine, MACHINES[arch])
    })

    it('exports nothing but Node-API\'s registration', () => {
      const prefix = system === 'darwin' ? '_' : ''
      assert.deepStrictEqual(found.exports, [`${prefix}napi_register_module_v1`])
    })

    it('needs only what every such system has, from the system\'s own folders', () => {
      const allowed = SYSTEM_LIBRARIES[system === 'linux' ? libc : system]
      assert.deepStrictEqual(found.libraries.filter((name) => !allowed.test(name)), [])
      assert.ok(!found.runpath)
    })

    it('takes no symbol that is in none of them', () => {
      assert.deepStrictEqual(found.unresolved, [])
    })

    it('is stripped, and at most 12 MB together with the main package', () => {
      assert.ok(found.stripped && !found.debug)
      // what is published: a checkout's own build comes from another compiler
      if (file !== builtFile(target)) return
      const bytes = found.bytes + mainPackageBytes()
      assert.ok(bytes <= MAX_INSTALLED_BYTES, `${(bytes / 1e6).toFixed(2)} MB`)
    })

    // A checkout's own build is for this machine's libc.
    if (target.glibc && file === builtFile(target)) {
      it(`loads with glibc ${target.glibc}`, () => {
        const versions = found.versions.filter((name) => name.startsWith('GLIBC_')).map((name) => name.slice(6))
        assert.ok(versions.length > 0)
        assert.deepStrictEqual(versions.filter((version) => isNewer(version, target.glibc)), [])
      })
    }

    if (system === 'darwin') {
      it('is signed and runs on macOS 11', () => {
        assert.ok(found.signed)
        assert.strictEqual(found.minimumOs, '11.0')
      })
    }
  })
}

describe('the list of published platforms', () => {
  it('is the same in package.json, in .cargo/config.toml and in scripts/platforms/targets.js', () => {
    const { napi } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
    assert.deepStrictEqual(napi.targets, targets.map((target) => target.napi))
    const config = fs.readFileSync(path.join(root, '.cargo', 'config.toml'), 'utf8')
    for (const { rust } of targets) assert.ok(config.includes(`[target.${rust}.rdkafka]`), rust)
  })
})
