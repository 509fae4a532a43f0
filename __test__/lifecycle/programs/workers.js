'use strict'

// Worker threads with traffic are terminated repeatedly, while the main thread sends and receives on its own.
// arguments: topic of the main thread, topic of the workers, rounds, workers, [longest wait in ms after a worker is
// up], [`alone`: the main thread does not load the package]

const path = require('path')
const { Worker } = require('worker_threads')
const { say, nativeThreads, when } = require('./common')

const [topic, workersTopic, rounds, count, longest = '50', alone] = process.argv.slice(2)

function startWorker (id) {
  return new Promise((resolve, reject) => {
    const workerData = { topic: workersTopic, group: 'worker-' + id }
    const worker = new Worker(path.join(__dirname, 'worker.js'), { workerData })
    worker.once('error', reject)
    worker.once('message', () => resolve(worker))
  })
}

async function useWorkers () {
  for (let round = 0; round < Number(rounds); round++) {
    const starting = []
    for (let i = 0; i < Number(count); i++) starting.push(startWorker(round + '-' + i))
    await Promise.all(starting.map(async start => {
      const worker = await start
      await new Promise(resolve => setTimeout(resolve, Math.random() * Number(longest)))
      await worker.terminate()
    }))
    say('round ' + round)
  }
}

/** Sends numbers, one by one, and notes those that come back. */
function startMain (then) {
  const clients = require('./clients')
  const failed = error => say('error ' + error.message)
  const got = []
  let sent = 0
  let stopping = null
  const producer = clients.producer(topic, failed)
  const consumer = clients.consumer(topic, value => { got.push(Number(value)) }, failed)
  const send = () => {
    if (stopping) return stopping()
    const number = sent++
    producer.send([String(number)], null, error => {
      if (error) failed(error)
      setImmediate(send)
    })
  }
  const stop = done => {
    stopping = () => when(() => got.length >= sent, () => {
      say('sent ' + sent)
      say('in order ' + got.every((number, i) => number === i))
      producer.close(() => consumer.close(done))
    })
  }
  when(() => producer.isReady() && consumer.isReady(), () => {
    send()
    then(stop)
  })
}

function end () {
  when(() => nativeThreads().length === 0, () => say('threads gone'))
}

if (alone) {
  useWorkers().then(end)
} else {
  startMain(stop => {
    when(() => nativeThreads().length > 0, () => {
      const before = nativeThreads().length
      useWorkers().then(() => {
        const terminated = Date.now()
        when(() => nativeThreads().length <= before, () => {
          say('waited ' + (Date.now() - terminated) + ' ms')
          say('threads as before')
          stop(end)
        })
      })
    })
  })
}
