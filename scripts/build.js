'use strict'

// npm run build: the release addon, unless it is current.
//   --force   build in any case
//   --debug   our own code unoptimised, with all symbols: see docs/debugging.md. Any release build replaces it

const { setup, SetupError } = require('./setup')
const addon = require('./lib/addon')

async function main () {
  const debug = process.argv.includes('--debug')
  const needed = addon.isStale()
  await setup({ build: !debug, cargo: debug })
  if (debug) await addon.build({ debug })
  else if (needed) return
  else if (process.argv.includes('--force')) await addon.build()
  else console.log(`${addon.addonFiles().join(', ')} is current: nothing to build.`)
}

main().catch((err) => {
  console.error(err instanceof SetupError ? err.message : err)
  process.exitCode = 1
})
