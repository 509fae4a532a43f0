'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { root } = require('./paths')

/**
 * The npm packages that the main package needs at run time, all levels of them, as package-lock.json has them.
 *
 * @returns {Map<string, {version: string, license: string}>} by name
 */
function runtimeDependencies () {
  const { packages } = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'))
  /** @type {Map<string, {version: string, license: string}>} */
  const found = new Map()
  const visit = (/** @type {Record<string, string>} */ dependencies = {}) => {
    for (const name of Object.keys(dependencies)) {
      const entry = packages[`node_modules/${name}`]
      if (!entry || found.has(name)) continue
      found.set(name, entry)
      visit(entry.dependencies)
    }
  }
  visit(packages[''].dependencies)
  return found
}

module.exports = { runtimeDependencies }
