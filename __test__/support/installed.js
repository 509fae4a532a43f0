'use strict'

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { runtimeDependencies } = require('../../scripts/lib/dependencies')
const { packAll } = require('../../scripts/package')

const root = path.join(__dirname, '..', '..')

/** @param {string} file a tarball of npm @param {string} folder */
function unpack (file, folder) {
  fs.mkdirSync(folder, { recursive: true })
  const args = ['-xzf', file, '-C', folder, '--strip-components=1']
  const { status, stderr } = spawnSync('tar', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`tar: ${stderr}`)
}

/**
 * An application in a folder of its own, with the packed packages in its node_modules, ours as `kafka-node`.
 *
 * @param {string} prefix of the folder's name
 * @returns {Promise<{ folder: string, modules: string, addon: string, remove: () => void }>} addon: the folder of this
 *   platform's package
 */
async function installedApplication (prefix) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `kafka-node-native-${prefix}-`))
  const modules = path.join(folder, 'node_modules')
  const [main, ...platforms] = await packAll({ out: path.join(folder, 'dist') })
  unpack(main.file, path.join(modules, 'kafka-node'))
  for (const { name, file } of platforms) unpack(file, path.join(modules, name))
  for (const name of runtimeDependencies().keys()) {
    fs.cpSync(path.join(root, 'node_modules', name), path.join(modules, name), { recursive: true })
  }
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'application', private: true }))
  const suffix = process.platform === 'linux' && process.arch === 'x64' ? 'linux-x64-gnu' : null
  const own = platforms.find(({ name }) => suffix === null || name.endsWith(suffix)) || platforms[0]
  return {
    folder,
    modules,
    addon: path.join(modules, own.name),
    remove: () => fs.rmSync(folder, { recursive: true, force: true })
  }
}

module.exports = { installedApplication }
