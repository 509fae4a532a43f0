'use strict'

const fs = require('node:fs')
const path = require('node:path')

const SUFFIX = '.events'

/**
 * What all processes of a run have written, one file each. The last line of one that was killed may be incomplete.
 *
 * @param {string} folder
 * @returns {import('./checker').Operation[]}
 */
function readHistory (folder) {
  return fs.readdirSync(folder).filter((name) => name.endsWith(SUFFIX)).flatMap((name) => {
    const process = path.basename(name, SUFFIX)
    const lines = fs.readFileSync(path.join(folder, name), 'utf8').split('\n')
    lines.pop()
    return lines.map((line) => {
      const [, f, type, more] = JSON.parse(line)
      return { process, f, type, ...more }
    })
  })
}

module.exports = { readHistory }
