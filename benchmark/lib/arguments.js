'use strict'

const USAGE = `Usage: npm run bench -- [options]

Runs clients for Kafka through the same work on a real Kafka, one process per measurement, and writes
benchmark/results/. The broker comes from KAFKA_BROKERS, or is started.

  --quick                 small sizes and ours, raw and kafkajs: under two minutes; writes no results
  --only a,b              works, such as consume or produce/gzip; kafkajs: what the second door is measured by, with
                          the clients that have an API of its kind
  --clients a,b           such as ours,raw,kafkajs; default: all. Writes results only with --save
  --save                  writes results although not all clients were measured
  --rounds N              default: 3; 5 with --check and --save-baseline; some works 1 with --quick
  --scale F               multiplies the numbers of records, such as 0.01 to try the harness
  --kafka 4|3.9           default: 4; kafka-node itself needs 3.9
  --node client=MAJOR     another version of Node than the client's own; may be repeated
  --check                 ours and raw only; fails if ours has lost more than 15 % of its ratio to raw
  --save-baseline         ours and raw only; writes the ratios that --check compares with
  --render                no measurement: draws charts and docs/performance.md from the results that are there
  --reinstall             tries again to install the peers that could not be installed`

/** @param {string} text */
const list = (text) => text.split(',').map((item) => item.trim()).filter(Boolean)

/**
 * @param {string[]} argv
 * @throws {Error} naming what is wrong
 */
function parseArguments (argv) {
  const result = {
    help: false,
    quick: false,
    check: false,
    saveBaseline: false,
    render: false,
    reinstall: false,
    save: false,
    only: /** @type {string[]} */ ([]),
    clients: /** @type {string[]} */ ([]),
    rounds: /** @type {number | null} */ (null),
    scale: 1,
    kafka: /** @type {'4' | '3.9'} */ ('4'),
    node: /** @type {Record<string, number>} */ ({})
  }
  const rest = argv.flatMap((argument) => /^--[^=]+=/.test(argument)
    ? [argument.slice(0, argument.indexOf('=')), argument.slice(argument.indexOf('=') + 1)]
    : [argument])
  const flags = {
    '--help': 'help',
    '--quick': 'quick',
    '--check': 'check',
    '--save-baseline': 'saveBaseline',
    '--render': 'render',
    '--save': 'save',
    '--reinstall': 'reinstall'
  }
  const number = (/** @type {string} */ option, /** @type {string} */ text) => {
    const value = Number(text)
    if (!(value > 0)) throw new Error(`${option} ${JSON.stringify(text)} is not a number above 0`)
    return value
  }
  while (rest.length > 0) {
    const option = String(rest.shift())
    if (Object.hasOwn(flags, option)) {
      Object.assign(result, { [flags[/** @type {keyof flags} */ (option)]]: true })
      continue
    }
    const value = rest.shift()
    if (value === undefined) throw new Error(`${option} is unknown or needs a value; --help lists the options`)
    if (option === '--only') result.only = list(value)
    else if (option === '--clients') result.clients = list(value)
    else if (option === '--rounds') result.rounds = number(option, value)
    else if (option === '--scale') result.scale = number(option, value)
    else if (option === '--kafka' && (value === '4' || value === '3.9')) result.kafka = value
    else if (option === '--node' && /^[^=]+=\d+$/.test(value)) {
      const [client, major] = value.split('=')
      result.node[client] = Number(major)
    } else throw new Error(`${option} ${value} is unknown; --help lists the options`)
  }
  return result
}

module.exports = { USAGE, parseArguments }
