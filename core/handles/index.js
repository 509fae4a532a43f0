'use strict'

/**
 * The JavaScript ends of the native handles. `src/bridge.rs` is the other end of what comes in here.
 */

const { ConsumerHandle } = require('./consumerHandle')
const { ProducerHandle } = require('./producerHandle')

module.exports = { ConsumerHandle, ProducerHandle }
