'use strict'

// Drops its references to open objects and collects garbage. Needs --expose-gc. argument: topic

const { root, kafkaHost, say, nativeThreads, when } = require('./common')
const { startTraffic } = require('./traffic')
const kafka = require(root)

const [topic] = process.argv.slice(2)

/** Forgets `count` clients, connected or still connecting. */
function forget (count) {
  for (let i = 0; i < count; i++) {
    const client = new kafka.KafkaClient({ kafkaHost })
    client.on('error', () => {})
    new kafka.Consumer(client, [{ topic }], { autoCommit: false }).on('error', () => {})
  }
}

let received = 0
let left = 30
startTraffic(topic, { received: () => { received++ } })
forget(5)
when(() => received > 0, function collect () {
  global.gc()
  const seen = received
  if (--left > 0) return when(() => received > seen, collect)
  say('still receiving')
  say('threads ' + (nativeThreads().length > 0))
  process.exit(0)
})
