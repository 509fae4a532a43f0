'use strict'

/**
 * The platforms that a release publishes a binary for. The one place: package.json's `napi.targets`, the main package's
 * `optionalDependencies` and `.cargo/config.toml` must agree with it, which a test checks.
 */

/**
 * @typedef {object} Target
 * @property {string} name the platform package's suffix, as binding.js looks for it
 * @property {string} napi the triple that napi derives that name from
 * @property {string} rust the triple that is compiled for
 * @property {string} [glibc] the oldest glibc that the binary loads with
 * @property {'zig' | 'mingw' | 'lld'} cross how it is built on Linux x64: with zig's compiler, Debian's mingw-w64, or
 *   zig's compiler and Rust's ld64.lld
 */

/** @type {Target[]} */
const targets = [
  {
    name: 'linux-x64-gnu',
    napi: 'x86_64-unknown-linux-gnu',
    rust: 'x86_64-unknown-linux-gnu',
    glibc: '2.17',
    cross: 'zig'
  },
  {
    name: 'linux-arm64-gnu',
    napi: 'aarch64-unknown-linux-gnu',
    rust: 'aarch64-unknown-linux-gnu',
    glibc: '2.17',
    cross: 'zig'
  },
  { name: 'linux-x64-musl', napi: 'x86_64-unknown-linux-musl', rust: 'x86_64-unknown-linux-musl', cross: 'zig' },
  { name: 'linux-arm64-musl', napi: 'aarch64-unknown-linux-musl', rust: 'aarch64-unknown-linux-musl', cross: 'zig' },
  // Node-API is C: a binary of mingw's compiler serves the Node.js that Microsoft's has compiled.
  { name: 'win32-x64-msvc', napi: 'x86_64-pc-windows-msvc', rust: 'x86_64-pc-windows-gnu', cross: 'mingw' },
  { name: 'darwin-arm64', napi: 'aarch64-apple-darwin', rust: 'aarch64-apple-darwin', cross: 'lld' },
  { name: 'darwin-x64', napi: 'x86_64-apple-darwin', rust: 'x86_64-apple-darwin', cross: 'lld' }
]

/** The name of a target's binary, in its package and in a checkout. @param {Target} target */
function binaryName (target) {
  return `kafka-node-native.${target.name}.node`
}

/**
 * @param {string} name
 * @returns {Target}
 */
function targetOf (name) {
  const found = targets.find((target) => target.name === name)
  if (!found) throw new Error(`${name} is not a platform: there are ${targets.map((target) => target.name).join(', ')}`)
  return found
}

/**
 * The target that a machine runs, by rustc's name for it; undefined when nothing is published for it.
 *
 * @param {string} triple
 */
function targetOfTriple (triple) {
  return targets.find((target) => target.rust === triple || target.napi === triple)
}

module.exports = { targets, binaryName, targetOf, targetOfTriple }
