'use strict'

const path = require('path')
const { Option } = require('commander')
const { UsageError } = require('../failures')
const { many, notEmpty } = require('../arguments')
const { Output } = require('../output')

/**
 * @param {Record<string, any>} options
 * @returns {Promise<void>}
 */
async function runMoveOffsets (options) {
  const { brokers, kafkaHost = brokers, group, topic: topics, dryRun = false, clientOptions: file } = options
  if (!kafkaHost) throw new UsageError('move-offsets needs --kafka-host, or KAFKA_BROKERS in the environment')
  const { moveOffsets } = require('../moveOffsets')
  const output = new Output(options)
  const results = await moveOffsets({
    kafkaHost,
    group,
    topics,
    overwrite: options.overwrite,
    dryRun,
    clientOptions: file && require(path.resolve(file)),
    original: options.kafkaNode
  })
  const outcomes = {
    moved: dryRun ? 'would be moved' : 'moved',
    kept: 'not moved, since Kafka has a commit (--overwrite replaces it)',
    none: 'nothing to move'
  }
  const show = (/** @type {number} */ offset) => offset < 0 ? 'none' : offset
  output.result({ group, dryRun, partitions: results }, () => {
    for (const { topic, partition, zookeeper, kafka, outcome } of results) {
      output.line(`${topic} ${partition}: ZooKeeper ${show(zookeeper)}, Kafka ${show(kafka)}: ${outcomes[outcome]}`)
    }
  })
  if (results.every(({ outcome }) => outcome === 'none')) {
    throw new Error(`ZooKeeper has no offsets of group ${group} for these topics. Is the name right?`)
  }
}

/** @param {import('commander').Command} program */
module.exports = program => {
  program.command('move-offsets')
    .summary("copy offsets of kafka-node's Consumer from ZooKeeper to Kafka")
    .description('Copies the offsets that a Consumer of kafka-node has committed to ZooKeeper to the same group in ' +
      'Kafka, where kafka-node-native keeps them. Run it once, while the group is stopped and the brokers still have ' +
      'ZooKeeper. It installs kafka-node@5.0.0 with npm into a temporary folder, to read the old offsets with it.')
    .option('--kafka-host <host>', 'the brokers, host:port[,host:port]...', notEmpty)
    .addOption(new Option('-b, --brokers <list>', 'the same').env('KAFKA_BROKERS').argParser(notEmpty))
    .requiredOption('--group <name>', 'the groupId of the Consumer', notEmpty)
    .requiredOption('--topic <name>', 'a topic that it read; may be repeated', many)
    .option('--dry-run', 'only show what would be moved')
    .option('--overwrite', 'also where the group already has a commit in Kafka')
    .option('--client-options <file>',
      '.json or .js module with more options of KafkaClient, such as sslOptions and sasl', notEmpty)
    .option('--kafka-node <folder>', 'read with this installed kafka-node 5 instead of installing one', notEmpty)
    .option('--json', 'print the outcome as JSON')
    .addHelpText('after', `
Examples:
  kafka-node-native move-offsets --kafka-host broker:9092 --group my-group --topic my-topic --dry-run`)
    .action(runMoveOffsets)
}
