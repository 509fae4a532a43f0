'use strict'

// The command creates the topics that it should ensure, finds them, and succeeds; for a topic that nobody creates it
// fails. It was written for kafka-node 3 and needs promisify-client.js with kafka-node 5.

const assert = require('node:assert/strict')
const { spawnSync } = require('node:child_process')
const { brokers, main, uniqueName } = require('./support')

const command = require.resolve('wait-for-kafka/dist/wait-for-kafka.js')

function run (env) {
  const all = { ...process.env, KAFKA_BOOTSTRAP_SERVERS: brokers, ...env }
  const args = ['-r', require.resolve('./promisify-client.js'), command]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: all, timeout: 30000 })
  return { status, output: stdout + stderr }
}

main(async () => {
  const topic = uniqueName('waited-for')
  const ensured = run({
    ENSURE_KAFKA_TOPICS: JSON.stringify([{ topic, partitions: 2, replicationFactor: 1 }]),
    WAIT_FOR_KAFKA_TOPICS: topic,
    WAIT_BETWEEN_TRIES_S: '1'
  })
  assert.equal(ensured.status, 0, ensured.output)
  const missing = run({ WAIT_FOR_KAFKA_TOPICS: `${topic}-not`, ABORT_AFTER_TRIES: '2', WAIT_BETWEEN_TRIES_S: '0' })
  assert.equal(missing.status, 1, missing.output)
  assert.match(missing.output, /Timeout waiting for one of the topics/)
  console.log(`created and found ${topic}; ${missing.output.trim()}`)
})
