'use strict'

const fs = require('fs')
const path = require('path')
const { notEmpty } = require('../arguments')
const { addConnectionOptions, clientConfig, kafkaOf } = require('../connection')
const { Failed, UsageError } = require('../failures')
const { Output } = require('../output')
const { packageVersion } = require('../version')

/** @param {import('../connection').ConnectionOptions & { json?: boolean, code?: string }} options */
async function doctor (options) {
  const { code } = options
  if (code !== undefined && !(fs.existsSync(code) && fs.statSync(code).isDirectory())) {
    throw new UsageError(`--code: there is no folder ${code}`)
  }
  // Wrong options are told before anything is looked at.
  const isConnecting = Boolean(options.brokers || options.config)
  const config = isConnecting ? await clientConfig(options) : null

  const output = new Output(options)
  const { Report } = require('../doctor/report')
  const report = new Report(output)
  const { checkMachine } = require('../doctor/machine')
  const hasAddon = checkMachine(report, packageVersion())
  if (config !== null && hasAddon) {
    const { checkCluster } = require('../doctor/cluster')
    await checkCluster(report, config, kafkaOf(config, options))
  } else if (config === null && code === undefined) {
    report.add('note', 'no brokers to look at', 'Give --brokers host:port, or set KAFKA_BROKERS.')
  }
  const scan = code === undefined ? null : checkCode(report, code)

  const failures = report.count('failure')
  const warnings = report.count('warning')
  const { steps } = report
  output.result({ failures, warnings, steps, ...scan === null ? {} : { code: scan } }, () => {
    const words = [`${failures} failure${failures === 1 ? '' : 's'}`, `${warnings} warning${warnings === 1 ? '' : 's'}`]
    output.line(`\n${words.join(', ')}`)
  })
  if (failures > 0) throw new Failed()
}

/**
 * @param {import('../doctor/report').Report} report
 * @param {string} folder
 */
function checkCode (report, folder) {
  const { scanFolder } = require('../doctor/codeScan')
  report.begin(`Code in ${path.resolve(folder)}`)
  const scan = scanFolder(folder)
  report.add('ok', `${scan.files} files searched, ${scan.loading} of them load kafka-node or KafkaJS`)
  for (const file of scan.skipped) report.add('note', `${file} is too large to search`)
  for (const { id, file, line, code, advice } of scan.findings) {
    report.add('note', `${file}:${line}  ${id}  ${code}`, advice)
  }
  report.add('note', 'This is a search for patterns: it may name a place that is fine, and miss one that is not.',
    'The numbers are those of docs/differences.md (D) and docs/differences-kafkajs.md (K).')
  return scan
}

/** @param {import('commander').Command} program */
module.exports = program => {
  addConnectionOptions(program.command('doctor')
    .summary('find out why something does not work, and what will')
    .description('Looks at Node and the binary; at the brokers, each advertised address included: name, port, TLS, ' +
      'version, SASL, step by step, with the reason and what helps; at topics and groups; and at the code of a ' +
      'service, for uses of kafka-node or KafkaJS that behave differently here. Exits with 1 if something fails.'))
    .option('--code <folder>', 'search the code of a service for what is listed in the docs as different', notEmpty)
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `
Examples:
  kafka-node-native doctor --brokers broker:9092
  kafka-node-native doctor --brokers broker:9093 --tls-ca ca.pem --sasl-username app --sasl-password file:secret
  kafka-node-native doctor --code ./src`)
    .action(doctor)
}
