'use strict'

const {
  CustomPartitioner, CyclicPartitioner, DefaultPartitioner, KeyedPartitioner, RandomPartitioner
} = require('./lib/partitioner')

exports.KafkaClient = require('./lib/kafkaClient')
exports.Producer = require('./lib/producer')
exports.HighLevelProducer = require('./lib/highLevelProducer')
exports.ProducerStream = require('./lib/producerStream')
exports.Consumer = require('./lib/consumer')
exports.ConsumerStream = require('./lib/consumerStream')
exports.ConsumerGroup = require('./lib/consumerGroup')
exports.ConsumerGroupStream = require('./lib/consumerGroupStream')
exports.Offset = require('./lib/offset')
exports.Admin = require('./lib/admin')
exports.KeyedMessage = require('./lib/protocol/protocol_struct').KeyedMessage
exports.DefaultPartitioner = DefaultPartitioner
exports.CyclicPartitioner = CyclicPartitioner
exports.RandomPartitioner = RandomPartitioner
exports.KeyedPartitioner = KeyedPartitioner
exports.CustomPartitioner = CustomPartitioner
exports.TopicsNotExistError = require('./lib/internal/errors').TopicsNotExistError
