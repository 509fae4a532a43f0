'use strict'

// Which files and which of Node's own modules `require()` of a door loads: node loaded.js DOOR.

const { builtinModules } = require('module')
const path = require('path')
const { root, say } = require('./common')

const own = () => Object.keys(require.cache).map(file => path.relative(root, file).split(path.sep).join('/'))
const { moduleLoadList } = /** @type {any} */ (process)
const builtIn = () => moduleLoadList.map((/** @type {string} */ name) => name.replace(/^NativeModule /, ''))
  .filter((/** @type {string} */ name) => builtinModules.includes(name))

const files = own()
const modules = builtIn()
require(path.join(root, process.argv[2]))
say(JSON.stringify({
  files: own().filter(file => !files.includes(file)).sort(),
  modules: builtIn().filter(name => !modules.includes(name)).sort()
}))
