'use strict'

const { execFile } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { promisify } = require('node:util')

const { cacheDir } = require('../../../scripts/lib/paths')

// The original, from npm. It stays out of the checkout: nothing of the product may find it by accident.

const VERSION = '5.0.0'

const base = path.join(process.env.KAFKA_NODE_NATIVE_CACHE || cacheDir, 'original')
const folder = path.join(base, 'node_modules', 'kafka-node')

/**
 * Installs kafka-node unless it is there. Without install scripts, so its optional snappy codec is not usable.
 *
 * @returns {Promise<string>} the package's folder
 */
async function originalFolder () {
  const manifest = path.join(folder, 'package.json')
  if (fs.existsSync(manifest) && JSON.parse(fs.readFileSync(manifest, 'utf8')).version === VERSION) return folder
  fs.mkdirSync(path.dirname(base), { recursive: true })
  // Into a folder of its own that is then renamed, so that two simultaneous runs never see a half-finished install.
  const staging = fs.mkdtempSync(`${base}-`)
  try {
    fs.writeFileSync(path.join(staging, 'package.json'), '{ "private": true }\n')
    await promisify(execFile)('npm', [
      'install', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error',
      '--prefix', staging, `kafka-node@${VERSION}`
    ], { cwd: staging })
    fs.rmSync(base, { recursive: true, force: true })
    fs.renameSync(staging, base)
  } catch (error) {
    fs.rmSync(staging, { recursive: true, force: true })
    if (!fs.existsSync(manifest)) throw error
  }
  return folder
}

module.exports = { originalFolder, VERSION }
