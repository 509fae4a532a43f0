'use strict'

// Uses every class with the given options, and prints everything that a service could: objects, errors, logs.

const util = require('node:util')
const kafkaNode = require('../../..')

const { options, topic, broken } = JSON.parse(process.argv[2], (key, value) =>
  value && value.type === 'Buffer' ? Buffer.from(value.data) : value)

const own = () => JSON.parse(JSON.stringify(options), (key, value) =>
  value && value.type === 'Buffer' ? Buffer.from(value.data) : value)

/** @param {string} name @param {any} value */
function print (name, value) {
  console.log(name, value)
  console.error(util.inspect(value, { depth: 12, showHidden: true }))
  console.log(util.format('%s %o %O %j', name, value, value, value))
  if (value && value.options) console.log(util.inspect(value.options, { depth: 12, showHidden: true }))
  if (value && value.sslOptions) console.log(value.sslOptions)
  try {
    console.log(JSON.stringify(value))
  } catch {
    // circular
  }
  if (value instanceof Error) console.log(value.message, value.stack, String(value), { ...value })
}

/** @param {() => any} make @returns {any} */
function attempt (make) {
  try {
    return make()
  } catch (error) {
    print('thrown', error)
    return null
  }
}

const { Admin, Consumer, ConsumerGroup, ConsumerGroupStream, ConsumerStream, HighLevelProducer, KafkaClient, Offset,
  Producer, ProducerStream } = kafkaNode

/** @type {any[]} */
const all = []
const client = attempt(() => new KafkaClient(own()))
if (client) {
  all.push(client, new Producer(client), new HighLevelProducer(client), new Offset(client), new Admin(client),
    new Consumer(client, [{ topic }], {}))
}
all.push(attempt(() => new ConsumerStream(new KafkaClient(own()), [topic], {})))
all.push(attempt(() => new ConsumerGroup({ ...own(), groupId: `${topic}-a` }, topic)))
all.push(attempt(() => new ConsumerGroupStream({ ...own(), groupId: `${topic}-b` }, topic)))
all.push(attempt(() => new ProducerStream({ kafkaClient: own(), producer: {} })))
const objects = all.filter(Boolean)

for (const object of objects) {
  object.on('error', (/** @type {Error} */ error) => print('error', error))
  print('made', object)
}

async function main () {
  if (objects.length > 0) {
    await Promise.all(objects.slice(1).map((object) => new Promise((resolve) => {
      object.once(broken ? 'error' : 'ready', resolve)
      object.once('connect', resolve)
      if (object.ready && !broken) resolve(undefined)
      // streams have no such event, but their client does
      const inner = object.client || object.consumerGroup.client
      inner.once('ready', resolve)
      inner.once('error', resolve)
    })))
    for (const object of objects) print('later', object)
    const producer = objects[1]
    await new Promise((resolve) => producer.send([{ topic, messages: 'x' }], (/** @type {any} */ ...args) => {
      print('sent', args[0] || args[1])
      resolve(undefined)
    }))
    await Promise.all(objects.map((object) => new Promise((resolve) => {
      const inner = object.client && object.client.close ? object.client : object
      inner.close(resolve)
    })))
    for (const object of objects) print('closed', object)
  }
  console.log('the end')
}

main()
