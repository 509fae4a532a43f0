'use strict'

const { section } = require('../support/section')

/** Nobody listens there. */
const REFUSED = '127.0.0.1:1'
const quiet = { autoConnect: false }

module.exports = section('KafkaClient', (scenario) => {
  // ---- construction ----

  scenario('the options object is completed with the defaults and kept', { contract: '3.1' }, (t) => {
    const options = { autoConnect: false, connectRetryOptions: { retries: 2 } }
    const client = new t.kafka.KafkaClient(options)
    t.log('same object', client.options === options)
    t.log('completed', options)
    t.log('own of the default', t.attempt('no options', () => new t.kafka.KafkaClient({ autoConnect: false })).options)
  })

  scenario('the public fields after construction', { contract: '3.1' }, (t) => {
    const client = new t.kafka.KafkaClient({ autoConnect: false, clientId: 'abc', kafkaHost: 'h1:1,h2:2' })
    for (const field of ['clientId', 'ssl', 'sslOptions', 'brokers', 'longpollingBrokers', 'topicMetadata',
      'brokerMetadata', 'clusterMetadata', 'ready', 'initialHosts', 'correlationId', 'noAckBatchOptions']) {
      t.log(field, client[field])
    }
    for (const field of ['connecting', 'closing']) t.log(field, !!client[field])
  })

  const HOSTS = ['localhost:9092', 'a:1,b:2', 'a:1, b:2', '[::1]:9092', 'a', 'a:b']
  scenario('kafkaHost is split into hosts', { contract: '3.1 kafkaHost' }, (t) => {
    for (const kafkaHost of HOSTS) {
      const client = t.attempt('made', () => new t.kafka.KafkaClient({ ...quiet, kafkaHost }))
      if (client) t.log('hosts', kafkaHost, client.initialHosts)
    }
  })

  scenario('an empty entry in kafkaHost', {
    contract: '3.1 kafkaHost',
    meant: {
      hosts: { id: 'D01', original: [/port: 0 }\]$/, /port: 0 }\]$/], ours: [/port: NaN }\]$/, /port: NaN }\]$/] }
    }
  }, (t) => {
    for (const kafkaHost of ['', 'a:1,']) {
      t.log('hosts', kafkaHost, new t.kafka.KafkaClient({ ...quiet, kafkaHost }).initialHosts)
    }
  })

  scenario('a host without a port is refused when connecting starts', {
    contract: '3.1 kafkaHost',
    meant: {
      text: {
        id: 'D01',
        original: ["'Port should be >= 0 and < 65536. Received type number (NaN).'"],
        ours: [/^'kafkaHost: the port of "localhost" should be >= 0 and < 65536\. Received NaN\./]
      }
    }
  }, (t) => {
    const client = new t.kafka.KafkaClient({ ...quiet, kafkaHost: 'localhost' })
    for (const [track, call] of /** @type {[string, () => any][]} */ ([
      ['connect', () => client.connect()], ['made', () => new t.kafka.KafkaClient({ kafkaHost: 'localhost' })]])) {
      try {
        call()
      } catch (error) {
        const { name, code, message } = /** @type {any} */ (error)
        t.log(track, name, code)
        if (track === 'connect') t.log('text', message)
      }
    }
  })

  scenario('clientId is validated', { contract: '3.1 clientId' }, (t) => {
    for (const clientId of ['a', 'A.b_c-9', 'a b', 'a/b', 'ü', '', null, undefined, 5]) {
      const client = t.attempt('made', () => new t.kafka.KafkaClient({ ...quiet, clientId }))
      if (client) t.log('clientId', clientId, client.clientId)
    }
  })

  scenario('ssl: true alone is not TLS, sslOptions are', { contract: '3.1 ssl (Q07)' }, (t) => {
    for (const options of [{ ssl: true }, { ssl: false }, { sslOptions: {} },
      { ssl: true, sslOptions: { rejectUnauthorized: false } }]) {
      const client = t.attempt('made', () => new t.kafka.KafkaClient({ ...quiet, ...options }))
      t.log('ssl', options, client.ssl, client.sslOptions, client.options.ssl)
    }
  })

  // ---- events ----

  scenario('connect comes before ready, ready once', { contract: '3.2' }, async (t) => {
    const events = ['connect', 'ready', 'error', 'reconnect', 'zkReconnect']
    const client = t.watch('events', t.client(), events, { quiet: true })
    t.log('state', client.ready, client.connecting)
    await t.event(client)
    t.log('state', client.ready, client.connecting)
    client.connect()
    await t.call('again', (cb) => client.loadMetadataForTopics([], () => cb()))
    t.log('connecting', client.ready)
  })

  scenario('the metadata fields once ready', { contract: '3.1' }, async (t) => {
    const topic = await t.topic(2)
    const client = await t.readyClient()
    t.log('topicMetadata', client.topicMetadata[topic])
    t.log('brokerMetadata', client.brokerMetadata)
    t.log('clusterMetadata', client.clusterMetadata)
    t.log('updated', client.brokerMetadataLastUpdate > 0)
  })

  scenario('autoConnect: false waits for connect()', { contract: '3.1 autoConnect' }, async (t) => {
    const client = t.watch('events', t.client(quiet), ['connect', 'ready', 'error'], { quiet: true })
    await t.call('not ready', (cb) => client.loadMetadataForTopics([], cb))
    t.log('events so far', t.count('events', ''))
    client.connect()
    await t.event(client)
    t.log('ready', client.ready)
  })

  scenario('a refused host: one error after the last attempt, the socket\'s own', { contract: '3.2' }, async (t) => {
    const client = t.watch('events', t.client({
      kafkaHost: REFUSED, connectRetryOptions: { retries: 1, minTimeout: 50, maxTimeout: 50 }
    }), ['connect', 'ready', 'error'])
    const [error] = await t.event(client, 'error')
    t.log('error', error.code, error.syscall, error.address, error.port, error.message)
    t.log('state', client.ready, client.connecting)
    // It can be tried again.
    client.connect()
    await t.event(client, 'error')
    t.log('state', client.ready, client.connecting)
  })

  scenario('one reachable host among others is enough', { contract: '3.2' }, async (t) => {
    const client = t.client({ kafkaHost: `${REFUSED},${t.brokers}` })
    t.watch('events', client, ['ready', 'error'])
    await t.event(client)
  })

  scenario('a name that does not resolve', { contract: '3.2' }, async (t) => {
    const client = t.client({ kafkaHost: 'no-such-host.invalid:9092', connectRetryOptions: { retries: 0 } })
    const [error] = await t.event(client, 'error')
    t.log('error', error.syscall, error.hostname, error instanceof Error)
  })

  scenario('a host that accepts and says nothing', { contract: '3.2', timeout: 60000 }, async (t) => {
    const server = require('node:net').createServer(() => {})
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    const { port } = /** @type {any} */ (server.address())
    const client = t.client({
      kafkaHost: `127.0.0.1:${port}`, connectTimeout: 500, requestTimeout: 1000, connectRetryOptions: { retries: 0 }
    })
    const [error] = await t.event(client, 'error')
    t.log('error', error.name, typeof error.message)
    server.close()
  })

  // ---- methods ----

  scenario('topicExists', { contract: '3.3 topicExists' }, async (t) => {
    const [a, b] = [await t.topic(), await t.topic()]
    const [missing, other] = [t.name('missing'), t.name('missing')]
    const client = await t.readyClient()
    await t.call('all there', (cb) => client.topicExists([a, b], cb))
    const [error] = await t.call('some missing', (cb) => client.topicExists([a, missing, other], cb))
    t.log('class', error instanceof t.require('lib/errors').TopicsNotExistError, error.topics, error.message)
    await t.call('none', (cb) => client.topicExists([], cb))
    await t.call('a bare string', (cb) => client.topicExists(missing, cb))
    await t.call('still missing: nothing was created', (cb) => client.topicExists([missing], cb))
  })

  scenario('topicExists before ready', { contract: '3.3 topicExists' }, async (t) => {
    const client = t.client(quiet)
    await t.call('not ready', (cb) => client.topicExists(['a'], cb))
  })

  scenario('questions right after construction wait for the connection', { contract: '3.3' }, async (t) => {
    const topic = await t.topic(2)
    const [missing, created] = [t.name('missing'), t.name('created')]
    const client = t.client()
    await Promise.all([
      t.call('topicExists', (cb) => client.topicExists([topic], cb)),
      t.call('topicExists of a missing one', (cb) => client.topicExists([missing], cb)),
      t.call('loadMetadataForTopics', (cb) =>
        client.loadMetadataForTopics([topic], (err, result) => cb(err, result && result[1].metadata))),
      t.call('getController', (cb) => client.getController((err, broker, id) =>
        cb(err, typeof broker, String(id) in client.brokerMetadata))),
      t.call('createTopics', (cb) =>
        client.createTopics([{ topic: created, partitions: 1, replicationFactor: 1 }], cb))
    ])
    const unconnected = t.client(quiet)
    await t.call('without a connection', (cb) =>
      unconnected.createTopics([{ topic: created, partitions: 1, replicationFactor: 1 }], cb))
  })

  scenario('loadMetadataForTopics', { contract: '3.3 loadMetadataForTopics' }, async (t) => {
    const topic = await t.topic(2)
    const client = await t.readyClient()
    await t.call('one', (cb) => client.loadMetadataForTopics([topic], cb))
    t.log('the client\'s own is not touched', Object.keys(client.topicMetadata).includes(topic))
    for (const [label, all] of Object.entries({ empty: [], null: null })) {
      const args = await new Promise((resolve) =>
        client.loadMetadataForTopics(all, (/** @type {any[]} */ ...args) => resolve(args)))
      const [error, [brokers, described]] = args
      t.log(label, args.length, error, brokers, Object.keys(described), described.metadata[topic])
    }
    const args = await new Promise((resolve) => client.loadMetadata((/** @type {any[]} */ ...args) => resolve(args)))
    t.log('loadMetadata', args.length, args[1][1].metadata[topic])
  })

  scenario('loadMetadataForTopics with a topic that cannot exist', {
    contract: '3.3 loadMetadataForTopics'
  }, async (t) => {
    const client = await t.readyClient()
    await t.call('illegal name', (cb) => client.loadMetadataForTopics(['a b'], cb))
  })

  scenario('loadMetadataForTopics creates a topic that the broker may create', {
    contract: '3.3 loadMetadataForTopics'
  }, async (t) => {
    const topic = t.name('created')
    const client = await t.readyClient()
    const found = () => new Promise((resolve) => client.loadMetadataForTopics([topic],
      (/** @type {any} */ _error, /** @type {any} */ result) => resolve(Object.keys(result[1].metadata))))
    await found()
    let names = []
    for (let i = 0; i < 50 && names.length === 0; i++) names = await found()
    t.log('there', names)
  })

  scenario('refreshMetadata', { contract: '3.3 refreshMetadata', timeout: 120000 }, async (t) => {
    const client = await t.readyClient()
    const topic = await t.topic(3)
    t.log('not known yet', client.topicMetadata[topic])
    await t.call('fresh', (cb) => client.refreshMetadata([topic], cb))
    t.log('known', client.topicMetadata[topic])
    t.attempt('nothing', () => client.refreshMetadata([], t.callback('nothing')))
    await t.call('an illegal name', (cb) => client.refreshMetadata(['a b'], cb))
  })

  scenario('refreshMetadata before ready', { contract: '3.3 refreshMetadata' }, async (t) => {
    const client = t.client(quiet)
    await t.call('not ready', (cb) => client.refreshMetadata(['a'], cb))
  })

  scenario('createTopics by name, where async false means at once', {
    contract: '3.3 createTopics (Q11)'
  }, async (t) => {
    const client = await t.readyClient()
    const names = [t.name('created'), t.name('created')]
    const [error, created] = await new Promise((resolve) =>
      client.createTopics(names, (/** @type {any[]} */ ...args) => resolve(args)))
    t.log('created', error, created.sort())
    await t.call('again', (cb) => client.createTopics([names[0]], cb))
    await t.call('async true', (cb) => client.createTopics([t.name('created')], true, cb))
    const order = t.callback('async false', { on: 'order' })
    const name = t.name('created')
    t.line('order', 'before')
    t.attempt('order', () => client.createTopics([name], false, order))
    t.line('order', 'after')
    await order.called
    let known = false
    for (let i = 0; i < 100 && !known; i++) {
      known = await new Promise((resolve) =>
        client.topicExists([name], (/** @type {any} */ missing) => resolve(!missing)))
    }
    t.log('created in the end', known)
  })

  const BAD_NAMES = ['', '.', '..', 'a'.repeat(250), 'a b', 'a/b', 'ü']
  scenario('createTopics validates names', {
    contract: '3.3 name validation',
    meant: {
      'not an array': {
        id: 'D51',
        original: Array(5).fill(/^throws \[TypeError /),
        ours: Array(5).fill(/TypeError 'topics must be an array, /)
      }
    }
  }, async (t) => {
    const client = await t.readyClient()
    for (const name of BAD_NAMES) {
      await t.call('to the callback', (cb) => client.createTopics([name], cb))
      await t.call('with async true', (cb) => client.createTopics(['fine', name], true, cb))
      t.attempt('thrown with async false', () => client.createTopics([name], false, () => t.line('called', name)))
    }
    for (const topics of ['string', undefined, null, 5, {}]) {
      t.attempt('not an array', () => client.createTopics(topics, () => t.line('called', String(topics))))
    }
  })

  scenario('createTopics with described topics', {
    contract: '11 createTopics',
    modern: { 'too many replicas': [/error: '.*factor of 9 cannot be reached/] }
  }, async (t) => {
    const client = await t.readyClient()
    const topic = t.name('created')
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }]
    const described = { topic, partitions: 3, replicationFactor: 1, configEntries }
    await t.call('created', (cb) => client.createTopics([described], cb))
    await t.call('again', (cb) => client.createTopics([described], cb))
    await t.call('partitions', (cb) => client.refreshMetadata([topic], cb))
    t.log('partitions', Object.keys(client.topicMetadata[topic] || {}))
    const other = t.name('created')
    await t.call('assigned', (cb) => client.createTopics([{
      topic: other, partitions: 7, replicationFactor: 1, replicaAssignment: [0, 1].map((partition) => ({
        partition, replicas: [Number(Object.keys(client.brokerMetadata)[0])]
      }))
    }], cb))
    await t.call('partitions', (cb) => client.refreshMetadata([other], cb))
    t.log('partitions', Object.keys(client.topicMetadata[other] || {}))
    await t.call('too many replicas', (cb) => client.createTopics([
      { topic: t.name('refused'), partitions: 1, replicationFactor: 9 }], cb))
    await t.call('a bad name', (cb) => client.createTopics([{ topic: 'a b', partitions: 1, replicationFactor: 1 }], cb))
  })

  scenario('addTopics and removeTopicMetadata', { contract: '3.3' }, async (t) => {
    const topic = await t.topic()
    const missing = t.name('missing')
    const client = await t.readyClient()
    await t.call('added', (cb) => client.addTopics([topic], cb))
    await t.call('missing', (cb) => client.addTopics([topic, missing], cb))
    t.line('order', 'before')
    client.removeTopicMetadata([topic, 'other'], t.callback('removed', { on: 'order' }))
    t.line('order', 'after')
    t.log('known', topic in client.topicMetadata)
  })

  // ---- closing ----

  scenario('close calls back with null, twice if called twice', { contract: '3.3 close' }, async (t) => {
    const client = await t.readyClient()
    t.line('order', 'before')
    const first = t.callback('closed', { on: 'order' })
    const second = t.callback('closed', { on: 'order' })
    t.attempt('close', () => client.close(first))
    t.attempt('close', () => client.close(second))
    t.line('order', 'after')
    await Promise.all([first.called, second.called])
    t.log('state', client.ready, client.closing)
    await t.call('later', (cb) => client.close(cb))
    t.attempt('without callback', () => client.close())
  })

  scenario('close before ready', { contract: '3.3 close' }, async (t) => {
    const client = t.watch('events', t.client(), ['ready', 'error'])
    await t.call('closed', (cb) => client.close(cb))
    t.log('state', client.ready, client.closing)
  })

  scenario('close when never connected', { contract: '3.3 close' }, async (t) => {
    const client = t.watch('events', t.client(quiet), ['ready', 'error'])
    await t.call('closed', (cb) => client.close(cb))
  })

  scenario('after close nothing connects', { contract: '3.3 connect' }, async (t) => {
    const client = t.watch('events', await t.readyClient(), ['ready', 'connect', 'error'])
    await t.call('closed', (cb) => client.close(cb))
    t.attempt('connect', () => client.connect())
    t.log('connecting', client.connecting)
    const [error] = await new Promise((resolve) =>
      client.loadMetadataForTopics(['a'], (/** @type {any[]} */ ...args) => resolve(args)))
    t.log('metadata', error instanceof Error)
  })

  scenario('close with a connection: the close event has an argument', { contract: '3.2 close' }, async (t) => {
    const client = await t.readyClient()
    client.on('close', (/** @type {any} */ socket) => t.tracks.has('close') || t.log('close', typeof socket))
    client.close()
    await t.seen('close', '')
  })

  scenario('Q08: versions.disabled', {
    contract: '3.1 versions (Q08)',
    isolated: true,
    timeout: 30000,
    meant: { 'became ready': { id: 'D52', original: 'varies', ours: ['yes'] },
      uncaught: { id: 'D52', original: 'varies', ours: [] },
      errors: { id: 'D52', original: 'varies', ours: [] },
      process: { id: 'D52', original: 'varies', ours: ['ends by itself'] } }
  }, async (t) => {
    const client = new t.kafka.KafkaClient({
      kafkaHost: t.brokers, versions: { disabled: true }, requestTimeout: 2000, connectRetryOptions: { retries: 0 }
    })
    client.on('error', (/** @type {Error} */ error) => t.log('errors', error))
    client.on('ready', () => t.line('became ready', 'yes'))
    await new Promise((resolve) => setTimeout(resolve, 4000))
    await t.call('closed', (cb) => client.close(cb))
  })

  scenario('Q09: a broker that refuses the login mechanism', {
    contract: '3.2 (Q09)',
    timeout: 60000,
    meant: {
      message: { id: 'D53', original: ["'Handshake failed.'"], ours: [/mechanism/] },
      'repeated within 5 s': { id: 'D53', original: 'varies', ours: ['false'] }
    }
  }, async (t) => {
    const broker = await refusingBroker()
    const client = t.client({
      kafkaHost: broker.address, sasl: { mechanism: 'plain', username: 'u', password: 'p' }, requestTimeout: 2000,
      connectRetryOptions: { retries: 0 }
    })
    let count = 0
    client.on('error', (/** @type {any} */ { name }) => { if (name === 'SaslAuthenticationError') count++ })
    const [error] = await t.event(client, 'error')
    t.log('class', error instanceof t.require('lib/errors').SaslAuthenticationError, error.name)
    t.log('message', error.message)
    await new Promise((resolve) => setTimeout(resolve, 5000))
    t.log('repeated within 5 s', count > 1)
    broker.close()
  })
})

/**
 * A broker that knows no SASL mechanism: it answers which versions it speaks, and refuses the handshake.
 *
 * @returns {Promise<{ address: string, close: () => void }>}
 */
async function refusingBroker () {
  const net = require('node:net')
  const sockets = new Set()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    let waiting = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
        const request = waiting.subarray(4, 4 + waiting.readInt32BE(0))
        waiting = waiting.subarray(4 + request.length)
        const [key, version] = [request.readInt16BE(0), request.readInt16BE(2)]
        const body = key === 18
          // Versions 0 of what both ask for; 35 says that it speaks no newer one.
          ? shorts(version === 0 ? 0 : 35, 0, 2, 17, 0, 1, 18, 0, 0)
          : shorts(33, 0, 0)
        const answer = Buffer.alloc(8 + body.length)
        answer.writeInt32BE(4 + body.length, 0)
        request.copy(answer, 4, 4, 8)
        body.copy(answer, 8)
        socket.write(answer)
      }
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { address: `127.0.0.1:${/** @type {any} */ (server.address()).port}`, close }
}

/** @param {...number} values @returns {Buffer} 16 bits each */
function shorts (...values) {
  const bytes = Buffer.alloc(values.length * 2)
  values.forEach((value, i) => bytes.writeInt16BE(value, i * 2))
  return bytes
}
