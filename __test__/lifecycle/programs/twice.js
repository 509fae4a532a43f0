'use strict'

// The package loaded more than once in one process, each copy used at the same time.
// arguments: `cache` (reset of require's cache) or `contexts` (two contexts of vm, as test runners make them), topic

const fs = require('fs')
const path = require('path')
const vm = require('vm')
const { root, kafkaHost, say, nativeThreads, when } = require('./common')

const [way, topic] = process.argv.slice(2)

function loadAgain () {
  for (const file of Object.keys(require.cache)) {
    if (file.startsWith(root + path.sep)) delete require.cache[file]
  }
  return require(root)
}

/** Runs the package's JavaScript in its own context; native addons and Node's modules come from outside. */
function loadInContext () {
  const context = vm.createContext({
    Buffer, process, console, setImmediate, clearImmediate, setTimeout, clearTimeout, setInterval, clearInterval
  })
  const loaded = new Map()
  function load (file) {
    if (!file.endsWith('.js')) return require(file)
    const known = loaded.get(file)
    if (known) return known.exports
    const module = { exports: {} }
    loaded.set(file, module)
    const wrapper = '(function (exports, require, module, __filename, __dirname) {' + fs.readFileSync(file) + '\n})'
    const inner = require('module').createRequire(file)
    const requireFrom = id => {
      const found = inner.resolve(id)
      return path.isAbsolute(found) ? load(found) : require(found)
    }
    vm.runInContext(wrapper, context, { filename: file })(module.exports, requireFrom, module, file, path.dirname(file))
    return module.exports
  }
  return load(require.resolve(root))
}

/** Sends one record and waits for it to come back. */
function use (kafka, value) {
  return new Promise((resolve, reject) => {
    const producer = new kafka.Producer(new kafka.KafkaClient({ kafkaHost }))
    const consumer = new kafka.Consumer(new kafka.KafkaClient({ kafkaHost }), [{ topic }], { autoCommit: false })
    for (const emitter of [producer, consumer]) emitter.on('error', reject)
    producer.send([{ topic, messages: value }], error => { if (error) reject(error) })
    consumer.on('message', message => {
      if (message.value !== value) return
      say('got ' + value)
      // after all copies are in use
      resolve(() => new Promise(done => consumer.close(() => producer.close(done))))
    })
  })
}

const load = way === 'cache' ? loadAgain : loadInContext
const copies = [load(), load()]
say('copies differ ' + (copies[0].KafkaClient !== copies[1].KafkaClient))

async function main () {
  const closes = await Promise.all(copies.map((kafka, i) => use(kafka, 'record of copy ' + i)))
  await closes[0]()
  await use(copies[1], 'one more').then(close => close())
  await closes[1]()
  when(() => nativeThreads().length === 0, () => say('threads gone'))
}

main().catch(error => {
  say(error.stack)
  process.exit(1)
})
