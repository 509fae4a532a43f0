'use strict'

// A recipe from docs/delivery.md, exactly as it is there except for the names in it.
// config: { heading, names: { name in the recipe: ours }, killAt?: the count of `handle` at which the process kills
//   itself, work?: ms that `handle` takes }
// says: handle partition offset | handled partition offset

const { setTimeout: delay } = require('node:timers/promises')

const kafka = require('../../..')
const { codeBlocks } = require('../../support/document')
const { config, say } = require('./say')

const recipes = codeBlocks('docs/delivery.md').filter(({ heading }) => heading === config.heading)
if (recipes.length !== 1) throw new Error(`docs/delivery.md has ${recipes.length} recipes under '${config.heading}'`)
let [{ code }] = recipes
for (const [name, ours] of Object.entries(config.names)) {
  if (!code.includes(`'${name}'`)) throw new Error(`The recipe does not mention '${name}'`)
  code = code.replaceAll(`'${name}'`, JSON.stringify(ours))
}

let count = 0

/** @param {{ partition: number, offset: number }} message */
async function handle ({ partition, offset }) {
  say('handle', partition, offset)
  if (++count === config.killAt) process.kill(process.pid, 'SIGKILL')
  if (config.work) await delay(config.work)
  say('handled', partition, offset)
}

const requireFor = (/** @type {string} */ id) => id === 'kafka-node' ? kafka : require(id)
new Function('require', 'handle', code)(requireFor, handle)
