'use strict'

// npm run build: the release addon, unless it is current. `--force` builds in any case.

const { setup, SetupError } = require('./setup')
const addon = require('./lib/addon')

async function main () {
  const needed = addon.isStale()
  await setup()
  if (needed) return
  if (process.argv.includes('--force')) await addon.build()
  else console.log(`${addon.addonFiles().join(', ')} is current: nothing to build.`)
}

main().catch((err) => {
  console.error(err instanceof SetupError ? err.message : err)
  process.exitCode = 1
})
