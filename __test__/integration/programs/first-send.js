'use strict'

// A Producer that sends one message and ends.
// config: { options: of the client, topic, message, folder?: of the package that it uses; default: this checkout }

const { config, say } = require('./say')
const { KafkaClient, Producer } = require(config.folder || '../../..')

const producer = new Producer(new KafkaClient(config.options))
producer.on('error', (/** @type {Error} */ error) => say('error', error.name, error.message))
producer.on('ready', () => {
  say('ready')
  const { topic, message } = config
  producer.send([{ topic, messages: message }], (/** @type {any} */ error, /** @type {any} */ data) => {
    say('sent', error ? error.message : null, data)
    producer.close(() => process.exit())
  })
})
