'use strict'

const assert = require('node:assert/strict')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const { startRegistry } = require('./registry')
const { packAll } = require('../../scripts/package')
const { npmCommand, run } = require('../../scripts/lib/processes')

/**
 * @typedef {object} Packed one of our packages
 * @property {string} name
 * @property {string} file
 */

/** An application in a folder of its own, with our packages installed as packed and all others from npm. */
class Application {
  constructor () {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-application-'))
    this.root = path.join(this.folder, 'application')
    this.modules = path.join(this.root, 'node_modules')
  }

  /**
   * @param {(main: Packed, secondDoor: Packed) => { dependencies: object, overrides: object }} describe for its
   *   package.json
   */
  async install (describe) {
    const packed = await packAll({ out: path.join(this.folder, 'dist') })
    const [main] = packed
    const { dependencies, overrides } = describe(main, packed[packed.length - 1])
    const registry = await startRegistry(packed.map(({ file }) => fs.readFileSync(file)))
    try {
      fs.mkdirSync(this.root)
      fs.writeFileSync(path.join(this.root, '.npmrc'), `@${main.name}:registry=${registry.url}\n`)
      fs.writeFileSync(path.join(this.root, 'package.json'),
        JSON.stringify({ name: 'application', private: true, dependencies, overrides }))
      const npm = npmCommand()
      const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
      const env = { ...process.env, no_proxy: [process.env.no_proxy, '127.0.0.1'].filter(Boolean).join(',') }
      const { code, output } = await run(npm.command, [...npm.args, ...args], { cwd: this.root, shell: npm.shell, env })
      assert.equal(code, 0, output)
    } finally {
      await registry.close()
    }
  }

  /**
   * Whatever version of a package is asked for, there is one copy of it, and that is ours.
   *
   * @param {string} name of the original
   * @param {string} own name of the package in its place
   */
  assertSingleCopy (name, own) {
    const found = fs.readdirSync(this.modules, { recursive: true, encoding: 'utf8' })
      .map((folder) => folder.split(path.sep).join('/'))
      .filter((folder) => folder === name || folder.endsWith(`/node_modules/${name}`))
    assert.deepEqual(found, [name])
    const manifest = path.join(this.modules, name, 'package.json')
    assert.equal(JSON.parse(fs.readFileSync(manifest, 'utf8')).name, own)
  }

  remove () {
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

module.exports = { Application }
