'use strict'

// npm run test:faults: what happens to records and processes while brokers, members and processes fail.
//   node __test__/faults/run.js                       every row, on Kafka 4 and 3.9
//   node __test__/faults/run.js broker-killed storm   the rows whose id contains one of these words
//   options: --kafka 4|3.9   this version only
//            --quick         the short version that CI runs (also the layer `faults` of npm test)
//            --json FILE     where the results go; default: none
//
// How it works:
//   scenarios/  one file for a row, or several of a kind (then it exports an array). A scenario is
//                 { id, fault, must,
//                   kafka: { nodes: 1 or 3, versions?: ['4', '3.9'], properties? } or null for a row without a broker,
//                   quick?: false leaves it out of the short version,
//                   kafkajs?: { quick, fault?, must? } runs it through KafkaJS's API as well, as a row of its own:
//                     ID-kafkajs; what is not the same there,
//                   run (context) }
//               `run` makes the fault happen and says what it saw; see context.js for what it gets.
//   programs/   the workloads, processes of their own: they write one line for each event before the callback that
//               saw it returns, so that a killed program has reported everything it did.
//   checker.js  compares what the programs have written with what is in the log.
//   log.js      what is in the log, according to Java's console consumer or, in the short version, a reader of
//               the bare protocol; never the client under test.
// A row passes when its `run` returns and found nothing wrong. One that fails stays in the table with what it saw.

const fs = require('node:fs')

const { chooseScenarios, runScenarios, table } = require('./fabric')

/** @param {string[]} argv */
function parse (argv) {
  const options = { words: /** @type {string[]} */ ([]), versions: ['4', '3.9'], quick: false, json: '' }
  const rest = [...argv]
  while (rest.length > 0) {
    const argument = String(rest.shift())
    if (argument === '--quick') options.quick = true
    else if (argument === '--json') options.json = String(rest.shift())
    else if (argument === '--kafka') {
      const version = String(rest.shift())
      if (!options.versions.includes(version)) throw new Error(`--kafka ${version} is not 4 or 3.9`)
      options.versions = [version]
    } else if (argument.startsWith('-')) throw new Error(`There is no option ${argument}`)
    else options.words.push(argument)
  }
  return options
}

async function main () {
  const { words, versions, quick, json } = parse(process.argv.slice(2))
  const scenarios = chooseScenarios({ words, quick })
  if (scenarios.length === 0) throw new Error(`No row's id contains ${words.join(' or ')}`)
  const log = (/** @type {string} */ line) => console.error(line)
  const results = await runScenarios({ scenarios, versions, quick, log })
  console.log(table(results))
  if (json) fs.writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`)
  return results.every(({ failures }) => failures.length === 0)
}

main().then((ok) => process.exit(ok ? 0 : 1), (error) => {
  console.error(error.message)
  process.exit(1)
})
