'use strict'

const { spawnSync } = require('node:child_process')

/**
 * Installs those of Debian's packages that are missing.
 *
 * @param {string[]} packages
 * @param {(line: string) => void} [log]
 */
function aptInstall (packages, log = () => {}) {
  const missing = packages.filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0)
  if (missing.length === 0) return
  log(`Installing ${missing.join(', ')}.`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const root = process.getuid && process.getuid() === 0
  const apt = (/** @type {string[]} */ args) => {
    const [command, ...rest] = [...(root ? [] : ['sudo']), 'apt-get', ...args]
    return spawnSync(command, rest, { encoding: 'utf8', env })
  }
  const install = () => apt(['install', '-y', '-q', '--no-install-recommends', ...missing])
  if (install().status === 0) return
  // A new machine knows no packages yet.
  apt(['update', '-q'])
  const { status, error, stderr } = install()
  if (status !== 0) throw new Error(`apt-get install ${missing.join(' ')} failed:\n${error || stderr}`)
}

module.exports = { aptInstall }
