'use strict'

const fs = require('fs')
const path = require('path')

/** @returns {string} of this package */
function packageVersion () {
  return JSON.parse(fs.readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8')).version
}

module.exports = { packageVersion }
