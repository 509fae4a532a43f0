'use strict'

const assert = require('node:assert/strict')
const { on, once } = require('node:events')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')
const tls = require('node:tls')

const { Admin, Consumer, ConsumerGroup, HighLevelProducer, KafkaClient, Offset, Producer } = require('../..')
const SaslAuthenticationError = require('../../lib/errors/SaslAuthenticationError')
const kafka = require('../support/kafka')
const { promised } = require('../support/emissions')
const program = require('../support/program')
const { SHORT, closed, contents, ready, startSecureKafka, unavailable } = require('../support/secure-kafka')
const { TokenServer } = require('../support/token-server')

const ROOT = path.join(__dirname, '..', '..')

/** @param {any} options of a KafkaClient that is to connect */
async function connects (options) {
  const client = new KafkaClient({ connectRetryOptions: SHORT, ...options })
  try {
    await ready(client)
  } finally {
    await closed(client)
  }
}

/**
 * All errors of a client's attempts to connect, from the first to the last attempt.
 *
 * @param {any} client
 * @param {any} [emitter] whose errors; default: the client's
 * @returns {Promise<any[]>}
 */
async function failures (client, emitter = client) {
  /** @type {any[]} */
  const errors = []
  emitter.on('error', (/** @type {Error} */ error) => errors.push(error))
  for (let i = 0; i < 1200 && (client.connecting || errors.length === 0); i++) await delay(25)
  assert.equal(client.connecting, false, 'it has given up')
  await closed(emitter)
  return errors
}

/** @param {any} options @returns {Promise<any>} the one error */
async function refused (options) {
  const errors = await failures(new KafkaClient({ connectRetryOptions: SHORT, ...options }))
  assert.equal(errors.length, 1, errors.map(({ message }) => message).join('\n'))
  return errors[0]
}

/**
 * Creates a topic, writes to it and reads it back as a group.
 *
 * @param {any} options of a KafkaClient
 */
async function roundTrip (options) {
  const topic = kafka.uniqueName('secure')
  const client = new KafkaClient({ ...options })
  const admin = new Admin(client)
  const producer = new HighLevelProducer(client)
  const group = new ConsumerGroup({ ...options, groupId: topic, fromOffset: 'earliest' }, topic)
  try {
    await ready(client)
    await promised((cb) => admin.createTopics([{ topic, partitions: 1, replicationFactor: 1 }], cb))
    // it may arrive before its own send is confirmed
    const received = once(group, 'message')
    await promised((cb) => producer.send([{ topic, messages: 'through' }], cb))
    const [{ value }] = await received
    assert.equal(value, 'through')
  } finally {
    await Promise.all([closed(client), new Promise((resolve) => group.close(false, resolve))])
  }
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`security with Kafka ${version}`, { timeout: 300000, skip: unavailable(version) }, () => {
    /** @type {Awaited<ReturnType<typeof startSecureKafka>>} */
    let broker
    /** @type {ReturnType<typeof contents>} */
    let files
    /** @type {import('../../tools/kafka/listeners').Addresses} */
    let at

    before(async () => {
      broker = await startSecureKafka({ version })
      files = contents(broker.certificates)
      at = broker.listeners
    })
    after(() => broker?.stop())

    describe('TLS', () => {
      it('carries topics, messages and groups', () => roundTrip({ kafkaHost: at.ssl, sslOptions: { ca: files.ca } }))

      it('takes authorities as text, as Buffer, and as a list that holds the right one', async () => {
        for (const ca of [files.ca, String(files.ca), [files.ca], [String(files.otherCa), files.ca],
          new Uint8Array(files.ca)]) {
          await connects({ kafkaHost: at.ssl, sslOptions: { ca } })
        }
      })

      it('checks the certificate against the host that it connects to, be it a name or an address', async () => {
        await connects({ kafkaHost: at.ssl.replace('127.0.0.1', 'localhost'), sslOptions: { ca: files.ca } })
      })

      it('refuses a broker whose certificate an unknown authority signed', async () => {
        for (const sslOptions of [{ ca: files.otherCa }, {}, { rejectUnauthorized: undefined }]) {
          const error = await refused({ kafkaHost: at.ssl, sslOptions })
          assert.equal(error.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
          assert.match(error.message, /^unable to verify the first certificate: the certificate of 127\.0\.0\.1:\d+/)
          assert.match(error.message, /sslOptions\.ca/)
        }
      })

      it('refuses a broker whose certificate has expired', async () => {
        const error = await refused({ kafkaHost: at.expired, sslOptions: { ca: files.ca } })
        assert.equal(error.code, 'CERT_HAS_EXPIRED')
        assert.match(error.message, /^certificate has expired: the certificate of 127\.0\.0\.1:\d+.*needs a new one/)
      })

      it('refuses a broker whose certificate is for another host', async () => {
        for (const host of ['127.0.0.1', 'localhost']) {
          const kafkaHost = at.elsewhere.replace('127.0.0.1', host)
          const error = await refused({ kafkaHost, sslOptions: { ca: files.ca } })
          assert.equal(error.code, 'ERR_TLS_CERT_ALTNAME_INVALID')
          assert.match(error.message, /mismatch: the certificate of .*: use a name that it has in kafkaHost/)
        }
      })

      it('checks nothing with rejectUnauthorized: false', async () => {
        const sslOptions = { rejectUnauthorized: false }
        await roundTrip({ kafkaHost: at.ssl, sslOptions: { ...sslOptions, ca: files.otherCa } })
        await connects({ kafkaHost: at.expired, sslOptions })
        await connects({ kafkaHost: at.elsewhere, sslOptions })
      })

      it('trusts the authorities of NODE_EXTRA_CA_CERTS, as Node does', async () => {
        const script = `const { KafkaClient } = require(${JSON.stringify(ROOT)})
          const connectRetryOptions = { retries: 0 }
          const client = new KafkaClient({ kafkaHost: '${at.ssl}', sslOptions: {}, connectRetryOptions })
          client.on('ready', () => { console.log('ready'); client.close() })
          client.on('error', (error) => { console.log(error.code); client.close() })`
        const run = (/** @type {Record<string, string>} */ env) => program.run('-e', { args: [script], env })
        assert.deepEqual((await run({ NODE_EXTRA_CA_CERTS: broker.certificates.ca })).lines, ['ready'])
        assert.deepEqual((await run({ NODE_EXTRA_CA_CERTS: broker.certificates.otherCa })).lines,
          ['UNABLE_TO_VERIFY_LEAF_SIGNATURE'])
      })

      it('uses the given ciphers', async () => {
        const ca = files.ca
        const ciphers = `${tls.DEFAULT_CIPHERS.split(':').filter((name) => /^TLS_/.test(name)).join(':')}:` +
          'ECDHE-RSA-AES128-GCM-SHA256'
        await connects({ kafkaHost: at.ssl, sslOptions: { ca, ciphers } })
      })

      it('shows a client certificate to a broker that asks for one', async () => {
        const { ca, clientCert: cert, clientKey: key, clientKeyEncrypted, clientPfx: pfx, passphrase } = files
        const ways = [
          { cert, key },
          { cert: [String(cert)], key: [String(key)] },
          { cert, key: clientKeyEncrypted, passphrase },
          { cert, key: [{ pem: clientKeyEncrypted, passphrase }] },
          { pfx, passphrase },
          { pfx: [{ buf: pfx, passphrase }] }
        ]
        for (const way of ways) await connects({ kafkaHost: at.mutual, sslOptions: { ca, ...way } })
        await roundTrip({ kafkaHost: at.mutual, sslOptions: { ca, pfx, passphrase } })
      })

      it('trusts the authorities in a PKCS#12 file, as Node does', async () => {
        const { clientPfx: pfx, passphrase } = files
        await connects({ kafkaHost: at.mutual, sslOptions: { pfx, passphrase } })
      })

      it('says so when a broker wants a client certificate, or does not trust the one it gets', async () => {
        const { ca, strangerCert: cert, strangerKey: key } = files
        for (const sslOptions of [{ ca }, { ca, cert, key }]) {
          const error = await refused({ kafkaHost: at.mutual, sslOptions })
          assert.match(error.code, /^ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE)/)
          assert.match(error.message, /give sslOptions\.cert and sslOptions\.key/)
        }
      })
    })

    describe('SASL', () => {
      const mechanisms = ['plain', 'PLAIN', 'scram-sha-256', 'SCRAM-SHA-512']

      for (const mechanism of mechanisms) {
        it(`${mechanism} carries topics, messages and groups, with and without TLS`, async () => {
          const sasl = { mechanism, ...broker.user }
          await roundTrip({ kafkaHost: at.sasl, sasl })
          await roundTrip({ kafkaHost: at.saslssl, sasl, sslOptions: { ca: files.ca } })
        })

        it(`${mechanism}: a wrong password is one SaslAuthenticationError`, async () => {
          const sasl = { mechanism, ...broker.user, password: 'wrong-marker' }
          const secured = { kafkaHost: at.saslssl, sslOptions: { ca: files.ca }, sasl }
          for (const options of [{ kafkaHost: at.sasl, sasl }, secured]) {
            const error = await refused(options)
            assert.ok(error instanceof SaslAuthenticationError)
            assert.equal(error.errorCode, 58)
            assert.match(error.message, /^Authentication failed/)
            assert.doesNotMatch(error.message, /wrong-marker/)
          }
        })
      }

      it('reports a wrong password once to everything that is built on a client', async () => {
        const sasl = { mechanism: 'plain', ...broker.user, password: 'wrong' }
        const options = { kafkaHost: at.sasl, connectRetryOptions: SHORT, sasl }
        // an ending that they all have in common
        const withClose = (/** @type {any} */ object, /** @type {any} */ client) =>
          Object.assign(object, { close: client.close.bind(client) })
        const makers = [
          (/** @type {any} */ client) => new Producer(client),
          (/** @type {any} */ client) => new HighLevelProducer(client),
          (/** @type {any} */ client) => new Consumer(client, [{ topic: 'any' }], {}),
          (/** @type {any} */ client) => new Admin(client),
          (/** @type {any} */ client) => new Offset(client)
        ]
        for (const make of makers) {
          const client = new KafkaClient(options)
          const emitters = [client, withClose(make(client), client)]
          for (const errors of await Promise.all(emitters.map((emitter) => failures(client, emitter)))) {
            assert.deepEqual(errors.map(({ name }) => name), ['SaslAuthenticationError'])
          }
        }
        const group = new ConsumerGroup({ ...options, groupId: kafka.uniqueName('refused') }, 'any')
        const errors = await failures(group.client, withClose(group, group.client))
        assert.deepEqual(errors.map(({ name }) => name), ['SaslAuthenticationError'])
      })

      it('oauthbearer carries topics, messages and groups, through the end of a token', async () => {
        const server = new TokenServer({ lifetime: 9 })
        await server.start()
        try {
          const sasl = { mechanism: 'oauthbearer', oauthBearerProvider: () => server.token() }
          await roundTrip({ kafkaHost: at.oauth, sasl })
          const client = new KafkaClient({ kafkaHost: at.oauth, sasl })
          const topic = await kafka.createTopic(broker.brokers, kafka.uniqueName('tokens'))
          const producer = new HighLevelProducer(client)
          await ready(client)
          const before = server.tokens
          while (server.tokens < before + 2) {
            await promised((cb) => producer.send([{ topic, messages: 'v' }], cb))
            await delay(20)
          }
          await closed(client)
        } finally {
          server.stop()
        }
      })

      it('oauthbearer: a token that the broker refuses is one SaslAuthenticationError', async () => {
        const oauthBearerProvider = async () => ({ value: 'wrong-marker', lifetime: 60000 })
        const error = await refused({ kafkaHost: at.oauth, sasl: { mechanism: 'oauthbearer', oauthBearerProvider } })
        assert.ok(error instanceof SaslAuthenticationError)
        assert.equal(error.errorCode, 58)
        assert.doesNotMatch(error.message, /wrong-marker/)
      })

      it('reports it again after another call of connect', async () => {
        const sasl = { mechanism: 'plain', ...broker.user, password: 'wrong' }
        const client = new KafkaClient({ kafkaHost: at.sasl, connectRetryOptions: { retries: 0 }, sasl })
        const errors = on(client, 'error', { signal: AbortSignal.timeout(30000) })
        client.once('error', () => {})
        for (let round = 0; round < 2; round++) {
          const { value: [error] } = await errors.next()
          assert.equal(error.name, 'SaslAuthenticationError')
          for (let i = 0; i < 1200 && client.connecting; i++) await delay(25)
          if (round === 0) client.connect()
        }
        client.on('error', () => {})
        await closed(client)
      })
    })

    it('is what examples/tls-sasl.js shows, with its settings from the environment', async () => {
      const end = await program.run(path.join(ROOT, 'examples', 'tls-sasl.js'), {
        args: [kafka.uniqueName('example')],
        nodeArgs: ['-r', path.join(ROOT, '__test__', 'support', 'as-kafka-node.js')],
        env: {
          KAFKA_BROKERS: at.saslssl,
          KAFKA_CA: broker.certificates.ca,
          KAFKA_MECHANISM: 'scram-sha-512',
          KAFKA_USERNAME: broker.user.username,
          KAFKA_PASSWORD: broker.user.password
        },
        deadline: 60000
      })
      assert.equal(end.code, 0, program.describe(end))
      assert.match(end.lines.join('\n'), /^read: for your eyes only$/m)
      assert.equal(end.stderr, '')
    })

    it('says what to do when one side encrypts and the other does not', async () => {
      const plain = await refused({ kafkaHost: at.ssl, connectTimeout: 3000 })
      assert.match(plain.message, /sslOptions/)
      const encrypted = await refused({ kafkaHost: broker.brokers, sslOptions: { ca: files.ca }, connectTimeout: 3000 })
      assert.match(encrypted.message, /sslOptions/)
    })
  })
}

describe('versions of TLS', { timeout: 300000 }, () => {
  it('1.1 is refused, whatever the broker offers', async () => {
    const { certificates, remove } = await ownCertificates()
    const pem = fs.readFileSync(certificates.server)
    const server = tls.createServer({
      key: pem, cert: pem, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0'
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    try {
      const ca = fs.readFileSync(certificates.ca)
      const error = await refused({ kafkaHost: `127.0.0.1:${port}`, sslOptions: { ca, minVersion: 'TLSv1.2' } })
      assert.match(error.code, /^ERR_SSL_.*(VERSION|PROTOCOL)/)
    } finally {
      server.close()
      remove()
    }
  })
})

async function ownCertificates () {
  const { mkdtempSync, rmSync } = fs
  const folder = mkdtempSync(path.join(require('node:os').tmpdir(), 'certificates-'))
  const { makeCertificates } = require('../../tools/kafka/certificates')
  return { certificates: await makeCertificates(folder), remove: () => rmSync(folder, { recursive: true }) }
}
