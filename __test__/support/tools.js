'use strict'

// Tools from npm that few tests need, too large for devDependencies: installed into the cache folder on first use.

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { cacheDir } = require('../../scripts/lib/paths')
const { npmCommand, run } = require('../../scripts/lib/processes')

/**
 * @param {Record<string, string>} packages exact versions by name
 * @returns {Promise<string>} the folder node_modules that they are in
 */
async function installTools (packages) {
  const hash = crypto.createHash('sha256').update(JSON.stringify(packages)).digest('hex').slice(0, 12)
  const folder = path.join(cacheDir, 'tools', `npm-${hash}`)
  const modules = path.join(folder, 'node_modules')
  if (fs.existsSync(modules)) return modules
  const work = `${folder}.${process.pid}`
  fs.mkdirSync(work, { recursive: true })
  fs.writeFileSync(path.join(work, 'package.json'), JSON.stringify({ private: true, dependencies: packages }))
  const npm = npmCommand()
  const args = [...npm.args, 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { code, output } = await run(npm.command, args, { cwd: work, shell: npm.shell })
  if (code !== 0) throw new Error(`${Object.keys(packages).join(', ')} cannot be installed:\n${output}`)
  fs.renameSync(work, folder)
  return modules
}

module.exports = { installTools }
