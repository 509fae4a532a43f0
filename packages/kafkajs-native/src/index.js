'use strict'

// Tracing agents look for this file, for the class `Client` with its constructor, and for the factories in the three
// files that it loads, all of which they may replace: so it takes them from there, once.

const { Client: Kafka, FACTORIES } = require('kafka-node-native/kafkajs/kafka.js')
const createAdmin = require('./admin')
const createConsumer = require('./consumer')
const createProducer = require('./producer')

class Client extends Kafka {
  constructor (options) {
    super(options)
  }

  producer (options) {
    return super.producer(options)
  }

  consumer (options) {
    return super.consumer(options)
  }

  admin (options) {
    return super.admin(options)
  }

  logger () {
    return super.logger()
  }

  get [FACTORIES] () {
    return { createAdmin, createConsumer, createProducer }
  }
}

module.exports = Client
