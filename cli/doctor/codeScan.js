'use strict'

const fs = require('fs')
const path = require('path')
const { CODE_PATTERNS, documentOf } = require('./codePatterns')

// Looks for uses of kafka-node or KafkaJS that behave differently here. It reads text, not programs: it leaves out
// comments, knows no scopes and follows no variables. So it may name a place that is fine, and miss one that is not.

const CODE = /\.[cm]?[jt]sx?$/
const SKIPPED = new Set(['node_modules', 'bower_components', 'coverage', 'dist', 'build'])
/** Generated and minified files are larger, and slow to search. */
const MAX_BYTES = 1024 * 1024

/** How each API is loaded; a path in it counts as well. */
const LOADS = {
  kafkajs: /(['"`])(?:kafkajs|kafkajs-native|kafka-node-native\/kafkajs)(?:\/[^'"`]*)?\1/,
  'kafka-node': /(['"`])(?:kafka-node|kafka-node-native)(?:\/(?!kafkajs)[^'"`]*)?\1/
}

/** After these, a slash begins a regular expression. */
const BEFORE_REGEXP =
  /(?:^|[=([{,;:!&|?+*%~^<>-]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield))\s*$/

/**
 * @typedef {object} Finding
 * @property {string} id
 * @property {string} file relative to the folder, with slashes
 * @property {number} line from 1 on
 * @property {string} code the line
 * @property {string} advice
 * @property {string} document
 */

/**
 * @param {string} text
 * @returns {string} as long, line by line, with spaces for comments
 */
function withoutComments (text) {
  let result = ''
  let i = 0
  const copy = (/** @type {number} */ end) => {
    result += text.slice(i, end)
    i = end
  }
  const blank = (/** @type {number} */ end) => {
    result += text.slice(i, end).replace(/[^\n]/g, ' ')
    i = end
  }
  const endOf = (/** @type {string} */ mark) => {
    const at = text.indexOf(mark, i + 2)
    return at === -1 ? text.length : at
  }
  while (i < text.length) {
    const char = text[i]
    const next = text[i + 1]
    if (char === '/' && next === '/') blank(endOf('\n'))
    else if (char === '/' && next === '*') blank(Math.min(text.length, endOf('*/') + 2))
    else if (char === '\'' || char === '"' || char === '`') copy(endOfQuoted(text, i, char))
    else if (char === '/' && BEFORE_REGEXP.test(result.slice(-20))) copy(endOfRegExp(text, i))
    else copy(i + 1)
  }
  return result
}

/**
 * @param {string} text
 * @param {number} start
 * @param {string} quote
 */
function endOfQuoted (text, start, quote) {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === quote) return i + 1
    // a quote in what is no string, such as JSX text
    else if (text[i] === '\n' && quote !== '`') return i
  }
  return text.length
}

/**
 * @param {string} text
 * @param {number} start
 */
function endOfRegExp (text, start) {
  let inClass = false
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '\n') return start + 1
    else if (text[i] === '[') inClass = true
    else if (text[i] === ']') inClass = false
    else if (text[i] === '/' && !inClass) return i + 1
  }
  return start + 1
}

/**
 * @param {string} text
 * @param {string} file
 * @returns {{ findings: Finding[], loads: string[] }} loads: the APIs that the file loads
 */
function scanText (text, file) {
  const code = withoutComments(text)
  const loads = Object.entries(LOADS).filter(([, pattern]) => pattern.test(code)).map(([api]) => api)
  const lines = text.split('\n')
  /** @type {Finding[]} */
  const findings = []
  for (const entry of CODE_PATTERNS) {
    if (!entry.anywhere && !loads.includes(entry.api)) continue
    /** @type {Set<number>} one finding a line is enough */
    const seen = new Set()
    for (const match of code.matchAll(entry.pattern)) {
      const line = code.slice(0, match.index).split('\n').length
      if (seen.has(line)) continue
      seen.add(line)
      findings.push({
        id: entry.id, file, line, code: lines[line - 1].trim().slice(0, 160), advice: entry.advice,
        document: documentOf(entry)
      })
    }
  }
  return { findings: findings.sort((a, b) => a.line - b.line), loads }
}

/**
 * @param {string} folder
 * @returns {Iterable<string>} files with code, sorted
 */
function * codeFiles (folder) {
  const entries = fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1)
  for (const entry of entries) {
    const full = path.join(folder, entry.name)
    // not links: they may lead in circles
    if (entry.isDirectory() && !SKIPPED.has(entry.name) && !entry.name.startsWith('.')) yield * codeFiles(full)
    else if (entry.isFile() && CODE.test(entry.name) && !/\.min\.js$/.test(entry.name)) yield full
  }
}

/**
 * @param {string} folder
 * @returns {{ files: number, loading: number, skipped: string[], findings: Finding[] }} loading: how many files load
 *   either API
 */
function scanFolder (folder) {
  /** @type {Finding[]} */
  const findings = []
  /** @type {string[]} */
  const skipped = []
  let files = 0
  let loading = 0
  for (const full of codeFiles(folder)) {
    const file = path.relative(folder, full).split(path.sep).join('/')
    if (fs.statSync(full).size > MAX_BYTES) {
      skipped.push(file)
      continue
    }
    files++
    const scanned = scanText(fs.readFileSync(full, 'utf8'), file)
    if (scanned.loads.length > 0) loading++
    findings.push(...scanned.findings)
  }
  return { files, loading, skipped, findings }
}

module.exports = { scanFolder, scanText, withoutComments }
