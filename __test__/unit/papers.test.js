'use strict'

const assert = require('node:assert/strict')
const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { describe, it } = require('node:test')

const ROOT = path.join(__dirname, '..', '..')

const FILES = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  .toString().split('\0').filter((file) => file !== '' && fs.existsSync(path.join(ROOT, file)))

const PAPERS = FILES.filter((file) => file.endsWith('.md'))

/** Folders of this repository: whatever looks like one of its files has to be one. */
const FOLDERS = [...new Set(FILES.filter((file) => file.includes('/')).map((file) => file.split('/')[0]))]

/** What is only written while the project runs, so that it is not in a checkout. */
const MADE = [/^dist\//, /^node_modules\//, /^target\//]

/** Where this repository's own files are, with the branch; a picture of GitHub's is served as such. */
const OWN = new RegExp('^https://(?:github\\.com/[^/]+/[^/]+/(?:blob|tree)|raw\\.githubusercontent\\.com/[^/]+/[^/]+)' +
  '/main/([^?]*)')

/** @param {string} file */
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8')

/** @param {string} text */
const withoutCode = (text) => text.replace(/^```[^]*?^```/gm, '').replace(/<!--[^]*?-->/g, '')

/**
 * @param {string} text
 * @returns {Set<string>} the anchors of the headings, as GitHub and npm make them
 */
function anchors (text) {
  /** @type {Map<string, number>} */
  const seen = new Map()
  const result = new Set()
  for (const [, heading] of withoutCode(text).matchAll(/^#+ +(.+)$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const slug = plain.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-')
    const times = seen.get(slug) || 0
    seen.set(slug, times + 1)
    result.add(times === 0 ? slug : `${slug}-${times}`)
  }
  return result
}

/** @param {string} target a path in the checkout; a folder counts */
const exists = (target) => fs.existsSync(path.join(ROOT, target))

/**
 * @param {string} pattern such as `core/wire/*.js` or `src/{napi,wire}`
 * @returns {string[]}
 */
function alternatives (pattern) {
  const braces = /^(.*)\{([^}]*)\}(.*)$/.exec(pattern)
  if (!braces) return [pattern]
  return braces[2].split(',').flatMap((choice) => alternatives(`${braces[1]}${choice}${braces[3]}`))
}

/** @param {string} pattern */
function matchesFile (pattern) {
  if (!pattern.includes('*')) return exists(pattern)
  const source = pattern.split(/(\*\*|\*)/).map((part) => {
    if (part === '**') return '.*'
    return part === '*' ? '[^/]*' : part.replace(/[.+?^$()|[\]\\]/g, '\\$&')
  }).join('')
  return FILES.some((file) => new RegExp(`^${source}(/|$)`).test(file))
}

/**
 * What is in backticks.
 *
 * @param {string} text
 */
function spans (text) {
  return [...withoutCode(text).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span)
}

/**
 * The file of the repository that a text names. In comments and in papers alike, a path starts at the root.
 *
 * @param {string} span
 * @returns {string | null} null when it does not look like one
 */
function pathIn (span) {
  if (/[\s<>()'"=:$#@]|\.\.\.|^\.?\//.test(span) || MADE.some((made) => made.test(span))) return null
  const [first, ...rest] = span.split('/')
  if (rest.length === 0) {
    const isKnown = /^([A-Z]{2,}\.md|package\.json|Cargo\.(toml|lock)|index\.d\.ts|rust-toolchain\.toml)$/.test(span)
    return isKnown ? span : null
  }
  return FOLDERS.includes(first) ? span.replace(/\/$/, '') : null
}

describe('papers', () => {
  for (const paper of PAPERS) {
    it(`${paper}: every link leads somewhere`, () => {
      const text = withoutCode(read(paper))
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link)
      const broken = links.filter((link) => {
        const own = isOurs(link) ? OWN.exec(link) : null
        if (!own && /^[a-z]+:/.test(link)) return false
        const [target, anchor] = (own ? own[1] : link).split('#')
        const folder = own ? '' : path.posix.dirname(paper)
        const file = target === '' ? paper : path.posix.join(folder, target)
        if (!exists(file)) return true
        return anchor !== undefined && !anchors(read(file)).has(anchor)
      })
      assert.deepEqual(broken, [])
    })

    it(`${paper}: every file that it names exists`, () => {
      // kafka-node's modules that are not here, and files that a reader makes
      const named = spans(read(paper)).map(pathIn).filter((file) => file !== null && !isAbsent(paper, file))
      const missing = named.filter((file) => !alternatives(String(file)).every(matchesFile))
      assert.deepEqual([...new Set(missing)], [])
    })

    it(`${paper}: every npm command that it names exists`, () => {
      const { scripts } = JSON.parse(read('package.json'))
      const named = [...read(paper).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name]) => name)
      assert.deepEqual([...new Set(named)].filter((name) => !(name in scripts)), [])
    })
  }

  it("README.md: links and pictures work on npm's page, too, where there is no folder to start from", () => {
    const links = [...withoutCode(read('README.md')).matchAll(/(!?)\[[^\]]*\]\(([^)\s]+)\)/g)]
    assert.deepEqual(links.map(([, , link]) => link).filter((link) => !/^(https:|#)/.test(link)), [])
    const ours = links.filter(([, , link]) => isOurs(link))
    assert.ok(ours.length > 5)
    const isWrong = (/** @type {string[]} */ [, picture, link]) =>
      !OWN.test(link) || (picture === '!' && !link.startsWith('https://raw.'))
    assert.deepEqual(ours.filter(isWrong), [])
  })

  it('docs/upgrading-librdkafka.md lists every shim, and the record of the decision every replaced function', () => {
    const shims = FILES.filter((file) => /^src\/ffi\/shims\/.*\.c$/.test(file))
    assert.ok(shims.length > 10)
    const upgrading = read('docs/upgrading-librdkafka.md')
    assert.deepEqual(shims.filter((file) => !upgrading.includes(`| \`${file}\` |`)), [])
    const [list] = /^const REPLACED[^]*?^\];/m.exec(read('librdkafka/build.rs')) || ['']
    const functions = [...list.matchAll(/"(rd_kafka_\w+)"/g)].map(([, name]) => name)
    assert.ok(functions.length > 5)
    const decision = read('docs/adr/0002-replaced-functions.md')
    assert.deepEqual(functions.filter((name) => !decision.includes(`\`${name}\``)), [])
  })

  it('docs/differences-kafkajs.md describes each difference in full, and pages name only those that there are', () => {
    const entries = [...read('docs/differences-kafkajs.md').matchAll(/^### (K\d+) .+\n([^]*?)(?=^#|(?![^]))/gm)]
    const ids = entries.map(([, id]) => id)
    assert.ok(ids.length > 50)
    assert.equal(new Set(ids).size, ids.length)
    for (const [, id, body] of entries) {
      const parts = ['KafkaJS', 'kafkajs-native', 'Why', 'If you relied on it']
      assert.deepEqual(parts.filter((part) => !body.includes(`\n**${part}:** `)), [], id)
    }
    const named = PAPERS.flatMap((paper) => read(paper).match(/\bK\d{2,3}\b/g) || [])
    assert.deepEqual([...new Set(named)].filter((id) => !ids.includes(id)), [])
  })

  it('comments name files that exist', () => {
    const path = /(?<![\w./@-])[\w-]+(?:\/[\w.-]+)+\.(?:js|ts|rs|c|h|md|json|toml|yaml)\b/g
    const sources = FILES.filter((file) => /\.(js|ts|rs|c|h|toml)$/.test(file) && !file.startsWith('binding.'))
    /** @type {string[]} */
    const missing = []
    for (const source of sources) {
      const comments = read(source).split('\n').filter((line) => /^\s*(\/\/|\/\*|\*|#)/.test(line)).join('\n')
      for (const [found] of comments.matchAll(path)) {
        const file = pathIn(found)
        if (file !== null && !isAbsent(source, file) && !exists(file)) missing.push(`${source}: ${file}`)
      }
    }
    assert.deepEqual(missing, [])
  })
})

/**
 * @param {string} link
 * @returns {boolean} whether it leads to a file of this repository
 */
function isOurs (link) {
  const [, repository] = /github\.com\/([^/]+\/[^/]+)\.git$/.exec(JSON.parse(read('package.json')).repository.url) || []
  const { pathname, hostname } = /^https:/.test(link) ? new URL(link) : { pathname: '', hostname: '' }
  return /^(raw\.githubusercontent|github)\.com$/.test(hostname) && pathname.startsWith(`/${repository}/`) &&
    !/\/(issues|security|releases|actions)(\/|$)/.test(pathname)
}

/**
 * @param {string} paper
 * @param {string | null} file
 */
function isAbsent (paper, file) {
  // the one place that lists the modules of kafka-node that this package does not have
  return paper === 'docs/migration.md' && /^lib\//.test(String(file)) && read(paper).includes(`\`${file}\``)
}
