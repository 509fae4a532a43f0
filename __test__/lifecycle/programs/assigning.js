'use strict'

// Members whose assignment protocol never calls back, so that librdkafka waits for it.
// arguments: `workers`, topic, rounds: they are in worker threads, which are terminated, while a member in the main
// thread has a working protocol of the same name; or `exit`, topic: the process exits meanwhile

const { Worker, isMainThread, parentPort, workerData } = require('worker_threads')
const { root, kafkaHost, say, nativeThreads, when } = require('./common')

/** Longer than the test waits: only the end of the environment may end the wait. */
const SESSION_MS = 120000

function join (topic, groupId, assign) {
  const { ConsumerGroup } = require(root)
  const group = new ConsumerGroup({
    kafkaHost, groupId, sessionTimeout: SESSION_MS, protocol: { name: 'mine', version: 0, assign }
  }, topic)
  group.on('error', error => say('error ' + error.message))
  return group
}

function terminateWorkers (topic, rounds, done) {
  if (rounds === 0) return done()
  const worker = new Worker(__filename, { workerData: { topic, groupId: 'worker-' + rounds } })
  worker.once('error', error => say('error ' + error.message))
  worker.once('message', () => worker.terminate().then(() => {
    say('terminated')
    terminateWorkers(topic, rounds - 1, done)
  }))
}

if (!isMainThread) {
  join(workerData.topic, workerData.groupId, () => parentPort.postMessage('asked'))
} else if (process.argv[2] === 'exit') {
  join(process.argv[3], 'exit', () => {
    say('asked')
    process.exit(0)
  })
} else {
  const [, , , topic, rounds] = process.argv
  const group = join(topic, 'main', (topicPartitions, [{ id }], callback) =>
    callback(null, [{ memberId: id, topicPartitions, version: 0 }]))
  group.once('rebalanced', () => {
    const before = nativeThreads().length
    terminateWorkers(topic, Number(rounds), () => when(() => nativeThreads().length <= before, () => {
      say('threads as before')
      say('owned ' + group.topicPayloads.length)
      group.close(() => when(() => nativeThreads().length === 0, () => say('threads gone')))
    }))
  })
}
