'use strict'

// npm run protocol: writes core/protocol.d.ts anew, from the types in src/.

const { runRustLayer } = require('./lib/rust-layer')

async function main () {
  const env = { ...process.env, UPDATE_PROTOCOL: '1' }
  const { failures, output } = await runRustLayer({ filter: 'typescript::the_types', env, onStart: () => {} })
  if (failures.length === 0) return
  console.error([...output.values()].join('\n'))
  process.exitCode = 1
}

main()
