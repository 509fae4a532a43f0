'use strict'

// The software bill of materials of a package, as CycloneDX JSON: what a platform's binary is linked of, and what the
// main package depends on.

const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { Enums, Models, Serialize, Spec } = require('@cyclonedx/cyclonedx-library')
const { PackageURL } = require('packageurl-js')
const { root } = require('../lib/paths')
const { linkedSoftware } = require('../lib/notices')
const { runtimeDependencies } = require('../lib/dependencies')

/**
 * @param {string} type of package URL
 * @param {string} fullName with its scope, if it has one
 * @param {string} version
 */
function packageUrl (type, fullName, version) {
  const [name, scope] = fullName.split('/').reverse()
  return new PackageURL(type, scope, name, version, undefined, undefined).toString()
}

/** @param {string} fullName @param {string} version @param {string} licence SPDX expression @param {string} type */
function component (fullName, version, licence, type) {
  const [name, scope] = fullName.split('/').reverse()
  const purl = packageUrl(type, fullName, version)
  const made = new Models.Component(Enums.ComponentType.Library, name, {
    version, bomRef: purl, purl, ...(scope ? { group: scope } : {})
  })
  // Cargo's old way to write OR.
  made.licenses.add(new Models.LicenseExpression(licence.replace(/\//g, ' OR ')))
  return made
}

/**
 * @param {{name: string, version: string, file: string}} packed a tarball
 * @param {string | null} triple rustc's name of the platform; null for a package without a binary
 * @returns {string} CycloneDX JSON
 */
function billOfMaterials ({ name, version, file }, triple) {
  const { license } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  const subject = component(name, version, license, 'npm')
  const digest = crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex')
  subject.hashes.set(Enums.HashAlgorithm['SHA-256'], digest)
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: subject }) })
  /** @param {InstanceType<typeof Models.Component>} part */
  const add = (part) => {
    bom.components.add(part)
    subject.dependencies.add(part.bomRef)
  }
  if (triple) {
    const { crates, libraries } = linkedSoftware(triple)
    for (const library of libraries) add(component(library.name, library.version, library.licence, 'generic'))
    for (const crate of crates) add(component(crate.name, crate.version, crate.license || 'NOASSERTION', 'cargo'))
  } else {
    for (const [dependency, entry] of runtimeDependencies()) {
      add(component(dependency, entry.version, entry.license, 'npm'))
    }
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return serializer.serialize(bom, { sortLists: true, space: 2 })
}

module.exports = { billOfMaterials }
