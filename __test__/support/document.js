'use strict'

const fs = require('node:fs')
const path = require('node:path')

/**
 * The JavaScript in one of the project's documents, for tests that run what users copy.
 *
 * @param {string} file from the project's root
 * @returns {{ heading: string, code: string }[]} each block with the heading it stands under, in their order
 */
function codeBlocks (file) {
  const blocks = []
  let heading = ''
  /** @type {string[] | null} */
  let code = null
  for (const line of fs.readFileSync(path.join(__dirname, '..', '..', file), 'utf8').split('\n')) {
    if (code && line === '```') {
      blocks.push({ heading, code: code.join('\n') })
      code = null
    } else if (code) code.push(line)
    else if (line === '```js') code = []
    else if (/^#+ /.test(line)) heading = line.replace(/^#+ /, '')
  }
  return blocks
}

module.exports = { codeBlocks }
