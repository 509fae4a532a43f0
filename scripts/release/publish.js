'use strict'

// Publishing a set of tarballs that belong together: the platforms' packages first, then those that users install.
// Before the last step nobody gets any of it: only the main package asks for the others, in exactly its own version.

const crypto = require('node:crypto')
const fs = require('node:fs')
const { npmCommand, run } = require('../lib/processes')

/**
 * @typedef {{name: string, version: string, file: string}} Packed
 * @typedef {object} Registry
 * @property {string} url
 * @property {string} [userconfig] npm's configuration with the credentials; default: the user's own
 * @property {string[]} [options] more of npm's options for `publish`
 */

/** Users install these, in this order; everything else is a platform's package. */
const DOORS = ['kafka-node-native', 'kafkajs-native']
const ATTEMPTS = 3

/** Publishing has stopped before its end. */
class PublishError extends Error {
  /** @param {string} message @param {{published: Packed[], failed: Packed}} state */
  constructor (message, { published, failed }) {
    super(message)
    this.published = published
    this.failed = failed
  }
}

/** @param {Packed[]} packed */
function inOrder (packed) {
  const rank = (/** @type {Packed} */ { name }) => DOORS.indexOf(name)
  return [...packed].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
}

/** @param {string} file */
function integrityOf (file) {
  return `sha512-${crypto.createHash('sha512').update(fs.readFileSync(file)).digest('base64')}`
}

/** @param {Registry} registry @param {string[]} args */
async function npm ({ url, userconfig }, args) {
  const { command, args: own, shell } = npmCommand()
  const settings = [`--registry=${url}`, ...(userconfig ? [`--userconfig=${userconfig}`] : [])]
  return run(command, [...own, ...args, ...settings, '--loglevel=error', '--no-update-notifier'], { shell })
}

/**
 * The integrity of a published version, or null if there is none.
 *
 * @param {Registry} registry
 * @param {Packed} packed
 */
async function published (registry, { name, version }) {
  const args = ['view', `${name}@${version}`, 'dist.integrity', '--json', '--prefer-online']
  const { code, output } = await npm(registry, args)
  if (code === 0) return output.trim() ? String(JSON.parse(output)) : null
  if (/E404|404 Not Found/.test(output)) return null
  throw new Error(`The registry does not say whether it has ${name}@${version}:\n${output}`)
}

/**
 * Publishes what is not there yet: a run that stopped is taken up by the next one.
 *
 * @param {Packed[]} packed
 * @param {Registry} registry
 * @param {{tag?: string, attempts?: number, pause?: number, log?: (line: string) => void}} [options] `tag`: npm's, for
 *   this version; `pause`: ms between attempts
 * @throws {PublishError}
 */
async function publishAll (packed, registry, options = {}) {
  const { tag = 'latest', attempts = ATTEMPTS, pause = 5000, log = console.log } = options
  /** @type {Packed[]} */
  const done = []
  for (const each of inOrder(packed)) {
    const title = `${each.name}@${each.version}`
    const there = await published(registry, each)
    if (there && there !== integrityOf(each.file)) {
      const reason = `${title} is already published, with other contents. npm takes a version once: choose the next.`
      throw new PublishError(reason, { published: done, failed: each })
    }
    if (there) {
      log(`  ${title}: already there`)
      done.push(each)
      continue
    }
    let output = ''
    let ok = false
    for (let attempt = 1; attempt <= attempts && !ok; attempt++) {
      if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, pause))
      const args = ['publish', each.file, `--tag=${tag}`, '--access=public', '--ignore-scripts']
      const result = await npm(registry, [...args, ...registry.options || []])
      output = result.output
      // An answer can get lost after the registry has taken the package.
      ok = result.code === 0 || await published(registry, each) === integrityOf(each.file)
    }
    if (!ok) {
      const reason = `${title} cannot be published, after ${done.length} of ${packed.length} packages. Once the ` +
        'cause is gone, the same command goes on from here. To give this version up: npm run release -- rollback'
      throw new PublishError(`${reason}\n${output}`, { published: done, failed: each })
    }
    log(`  ${title}: published`)
    done.push(each)
  }
}

/**
 * Takes a release back: what users install first. Where the registry unpublishes nothing any more, the version is
 * deprecated.
 *
 * @param {Packed[]} packed
 * @param {Registry} registry
 * @param {{log?: (line: string) => void}} [options]
 */
async function rollback (packed, registry, { log = console.log } = {}) {
  const failures = []
  for (const each of inOrder(packed).reverse()) {
    const title = `${each.name}@${each.version}`
    const there = await published(registry, each)
    // Somebody else's release of the same version is not ours to take back.
    if (!there || there !== integrityOf(each.file)) continue
    const { code } = await npm(registry, ['unpublish', title, '--force'])
    if (code === 0) {
      log(`  ${title}: unpublished`)
      continue
    }
    const deprecated = await npm(registry, ['deprecate', title, 'Withdrawn: use another version'])
    if (deprecated.code === 0) log(`  ${title}: deprecated`)
    else failures.push(`${title}: ${deprecated.output}`)
  }
  if (failures.length > 0) throw new Error(`Still published:\n${failures.join('\n')}`)
}

module.exports = { DOORS, PublishError, inOrder, integrityOf, published, publishAll, rollback }
