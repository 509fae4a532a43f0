'use strict'

// npm run test:consistency: random operations of several processes while clients and brokers fail, judged by what they
// wrote down.
//   node __test__/consistency/run.js --minutes 2 --seed 7 --configuration kafkajs-transactions
//   options: --minutes N             of load, for each configuration; default: 1
//            --seed S                 what is decided by chance; default: another one each time
//            --configuration NAME     only this one; may be repeated. default: all
//            --keep                   keeps the histories of runs in which nothing was wrong, too
//            --check FOLDER           judges the histories that an earlier run has kept, instead
//
// How it works:
//   configurations.js  what runs together: which door, acks, protocol, isolation
//   programs/          the processes. Each writes down every operation before it goes on: invoke, then ok, fail or,
//                      when nobody knows, info. What they decide by chance comes from the seed and their name.
//   nemesis.js         the plan of faults, from the seed as well
//   driver.js          starts all of them, heals everything, has the auditor read what is there
//   checker/           finds anomalies in the history; kinds.js says which there are, allowed.js which of them each
//                      configuration may show, and why
// Exit code 1: a forbidden anomaly, or a process that crashed or hung. The histories are kept then.

const { CONFIGURATIONS, configurationOf } = require('./configurations')
const { BROKER_PROPERTIES, Run } = require('./driver')
const { isFailed, judge, report } = require('./report')
const { startCluster } = require('../../tools/kafka')

/** @param {string[]} argv */
function parse (argv) {
  const options = {
    minutes: 1,
    seed: Math.floor(Math.random() * 1e9),
    configurations: /** @type {import('./configurations').Configuration[]} */ ([]),
    isKept: false,
    folder: ''
  }
  const rest = [...argv]
  while (rest.length > 0) {
    const name = rest.shift()
    if (name === '--keep') {
      options.isKept = true
      continue
    }
    const value = rest.shift()
    if (name === '--minutes') options.minutes = Number(value)
    else if (name === '--seed') options.seed = Number(value)
    else if (name === '--configuration') options.configurations.push(configurationOf(String(value)))
    else if (name === '--check') options.folder = String(value)
    else throw new Error(`There is no option ${name}`)
  }
  if (!(options.minutes > 0)) throw new Error('--minutes wants a number above 0')
  if (!Number.isInteger(options.seed)) throw new Error('--seed wants a whole number')
  if (options.configurations.length === 0) options.configurations = CONFIGURATIONS
  return options
}

async function main () {
  const { minutes, seed, configurations, isKept, folder } = parse(process.argv.slice(2))
  if (folder) {
    const result = judge(folder)
    console.log(report(result))
    return !isFailed(result)
  }
  const log = (/** @type {string} */ line) => console.error(line)
  console.log(`seed ${seed}`)
  let ok = true
  for (const configuration of configurations) {
    log(`${configuration.name}: ${configuration.about}`)
    // each has a cluster of its own: what one has left behind must not disturb the next
    const cluster = await startCluster({ nodes: 3, properties: BROKER_PROPERTIES, log })
    try {
      const result = await new Run({ configuration, cluster, seed, seconds: minutes * 60, isKept, log }).run()
      console.log(report(result))
      if (isFailed(result)) ok = false
    } finally {
      await cluster.stop()
    }
  }
  return ok
}

main().then((ok) => process.exit(ok ? 0 : 1), (error) => {
  console.error(error.message)
  process.exit(1)
})
