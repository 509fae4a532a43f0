'use strict'

const { section } = require('../support/section')

const PATHS = {
  KafkaClient: 'lib/kafkaClient',
  Producer: 'lib/producer',
  HighLevelProducer: 'lib/highLevelProducer',
  Consumer: 'lib/consumer',
  ConsumerGroup: 'lib/consumerGroup',
  ProducerStream: 'lib/producerStream',
  ConsumerStream: 'lib/consumerStream',
  ConsumerGroupStream: 'lib/consumerGroupStream',
  Offset: 'lib/offset',
  Admin: 'lib/admin'
}

module.exports = section('Module surface', (scenario) => {
  scenario('the main export has these classes', {
    contract: '1',
    meant: {
      keys: { id: 'D140', original: [/'RandomPartitioner'\]$/], ours: [/'TopicsNotExistError'\]$/] },
      TopicsNotExistError: { id: 'D140', original: [], ours: ["'function'"] }
    }
  }, (t) => {
    t.log('keys', Object.keys(t.kafka).sort())
    for (const [name, value] of Object.entries(t.kafka)) t.log(name, typeof value)
  })

  for (const [name, file] of Object.entries(PATHS)) {
    scenario(`${file} is the ${name} of the main export`, { contract: '1' }, (t) => {
      t.log('same object', t.require(file) === t.kafka[name], typeof t.kafka[name])
    })
  }

  scenario('lib/partitioner and lib/protocol hold the classes of the main export', { contract: '1' }, (t) => {
    const partitioners = t.require('lib/partitioner')
    t.log('partitioners', Object.keys(partitioners).sort())
    for (const name of Object.keys(partitioners)) t.log('same', name, partitioners[name] === t.kafka[name])
    const { KeyedMessage, Message } = t.require('lib/protocol')
    t.log('KeyedMessage', KeyedMessage === t.kafka.KeyedMessage, typeof Message)
    const message = new KeyedMessage('k', 'v')
    t.log('KeyedMessage', message instanceof Message, message instanceof KeyedMessage)
  })

  scenario('lib/assignment holds the built-in protocols', { contract: '1' }, (t) => {
    for (const [name, protocol] of Object.entries(t.require('lib/assignment'))) {
      t.log('protocols', name, protocol.name, protocol.version, typeof protocol.assign, protocol.assign.length)
    }
  })

  scenario('lib/utils keeps its validators', { contract: '1' }, (t) => {
    const utils = t.require('lib/utils')
    t.attempt('validateConfig', () => utils.validateConfig('options.groupId', 'a b'))
    t.attempt('validateConfig', () => utils.validateConfig('clientId', 'a.b_c-D9'))
    t.attempt('validateTopicNames', () => utils.validateTopicNames(['a', '']))
    t.attempt('validateTopicNames', () => utils.validateTopicNames(['a', '..']))
  })

  scenario('all classes are what instanceof expects', { contract: '1' }, (t) => {
    const { EventEmitter } = require('node:events')
    const { KafkaClient, Producer, HighLevelProducer, Consumer, ConsumerGroup } = t.kafka
    for (const Class of [KafkaClient, Producer, HighLevelProducer, Consumer, ConsumerGroup]) {
      t.log('emitters', Class.name, Class.prototype instanceof EventEmitter, Class.length)
    }
    t.log('producers', HighLevelProducer.prototype instanceof Producer)
    const BaseProducer = t.require('lib/baseProducer')
    t.log('producers', HighLevelProducer.prototype instanceof BaseProducer, Producer.prototype instanceof BaseProducer)
    const types = Producer.PARTITIONER_TYPES
    t.log('partitioner types', types, types === HighLevelProducer.PARTITIONER_TYPES)
  })

  scenario('package.json can be required', { contract: '1' }, (t) => {
    const { version } = t.require('package.json')
    t.log('major version', version.split('.')[0])
  })

  const METHODS = {
    KafkaClient: ['connect', 'close', 'topicExists', 'loadMetadataForTopics', 'loadMetadata', 'refreshMetadata',
      'refreshBrokerMetadata', 'createTopics', 'addTopics', 'removeTopicMetadata'],
    Producer: ['send', 'createTopics', 'close', 'buildPayloads', 'connect'],
    HighLevelProducer: ['send', 'createTopics', 'close', 'buildPayloads', 'connect'],
    Consumer: ['pause', 'resume', 'setOffset', 'commit', 'autoCommit', 'close', 'buildPayloads'],
    ConsumerGroup: ['pause', 'resume', 'setOffset', 'commit', 'autoCommit', 'sendOffsetCommitRequest', 'close',
      'connect']
  }
  for (const [name, methods] of Object.entries(METHODS)) {
    scenario(`the methods of ${name}`, { contract: '1' }, (t) => {
      for (const method of methods) t.log(method, typeof t.kafka[name].prototype[method])
    })
  }
})
