'use strict'

const util = require('node:util')

const { createTopic } = require('../../support/kafka')
const { section } = require('../support/section')
const { secureBroker } = require('../support/secure-broker')

const SHORT = { retries: 1, factor: 1, minTimeout: 50, maxTimeout: 50, randomize: false }

module.exports = section('Security', (describe) => {
  // The broker with TLS and SASL is a Kafka 3.9; __test__/integration/security.test.js has ours on Kafka 4.
  /** @type {typeof describe} */
  const scenario = (title, options, run) => describe(title, {
    notOnModern: 'integration/security.test.js shows it on Kafka 4', ...options
  }, run)

  /** @param {import('../support/trace').Trace} t @param {any} options */
  async function readyWith (t, options) {
    const client = t.watch('events', t.client({ connectRetryOptions: SHORT, ...options }), ['ready', 'error'])
    await t.event(client)
    return client
  }

  /** @param {import('../support/trace').Trace} t @param {any} options @returns {Promise<any>} its first error */
  async function failing (t, options) {
    const client = t.client({ connectRetryOptions: SHORT, ...options })
    const [error] = await t.event(client, 'error')
    client.on('error', () => {})
    return error
  }

  scenario('TLS with a private authority carries messages', { contract: '3.1 sslOptions' }, async (t) => {
    const { brokers, at, files: { ca } } = await secureBroker()
    const topic = await createTopic(brokers, t.name())
    const client = await readyWith(t, { kafkaHost: at.ssl, sslOptions: { ca } })
    t.log('fields', client.ssl, client.sslOptions === client.options.sslOptions)
    const producer = new t.kafka.HighLevelProducer(client)
    await t.call('sent', (cb) => producer.send([{ topic, messages: 'through' }], cb))
  })

  scenario('authorities in a list, and as text', { contract: '3.1 sslOptions' }, async (t) => {
    const { at, files: { ca, otherCa } } = await secureBroker()
    await readyWith(t, { kafkaHost: at.ssl, sslOptions: { ca: [String(otherCa), ca] } })
  })

  scenario('a client certificate in each form', { contract: '3.1 sslOptions' }, async (t) => {
    const { at, files: { ca, clientCert: cert, clientKey: key, clientKeyEncrypted, clientPfx: pfx, passphrase } } =
      await secureBroker()
    for (const own of [{ cert, key }, { cert, key: clientKeyEncrypted, passphrase }, { pfx, passphrase },
      { cert, key: [{ pem: clientKeyEncrypted, passphrase }] }]) {
      await readyWith(t, { kafkaHost: at.mutual, sslOptions: { ca, ...own } })
    }
  })

  scenario('the authority in a PKCS#12 file is trusted', { contract: '3.1 sslOptions' }, async (t) => {
    const { at, files: { clientPfx: pfx, passphrase } } = await secureBroker()
    await readyWith(t, { kafkaHost: at.mutual, sslOptions: { pfx, passphrase } })
  })

  scenario('rejectUnauthorized: false accepts every certificate', { contract: '3.1 sslOptions' }, async (t) => {
    const { at } = await secureBroker()
    for (const kafkaHost of [at.ssl, at.expired, at.elsewhere]) {
      await readyWith(t, { kafkaHost, sslOptions: { rejectUnauthorized: false } })
    }
  })

  scenario('certificates that are refused', {
    contract: '3.1 sslOptions',
    meant: {
      error: {
        id: 'D70',
        original: Array(3).fill("'TimeoutError' undefined 'Request timed out after 2000ms'"),
        ours: [
          /^'Error' 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' 'unable to verify the first certificate: the certificate of /,
          /^'Error' 'CERT_HAS_EXPIRED' 'certificate has expired: the certificate of /,
          /^'Error' 'ERR_TLS_CERT_ALTNAME_INVALID' /
        ]
      },
      early: { id: 'D70', original: Array(3).fill('false'), ours: Array(3).fill('true') }
    }
  }, async (t) => {
    const { at, files } = await secureBroker()
    for (const [kafkaHost, ca] of [[at.ssl, files.otherCa], [at.expired, files.ca], [at.elsewhere, files.ca]]) {
      const client = t.client({
        kafkaHost, sslOptions: { ca }, requestTimeout: 2000, connectTimeout: 1000, connectRetryOptions: SHORT
      })
      const [error] = await t.event(client, 'error')
      t.log('error', error.name, error.code, error.message)
      t.log('early', client.connecting)
      client.on('error', () => {})
    }
  })

  scenario('keys and certificates that cannot be used throw', {
    contract: '3.1 sslOptions',
    meant: {
      class: { id: 'D72', original: ["'Error'", "'Error'", "'Error'"], ours: Array(3).fill("'InvalidConfigError'") },
      text: {
        id: 'D72',
        original: [/bad decrypt/, /mac verify failure/, /key values mismatch/],
        ours: [
          /^'sslOptions\.key cannot be used: .*bad decrypt\. sslOptions\.passphrase does not open it'$/,
          /^'sslOptions\.pfx cannot be used: .* sslOptions\.passphrase does not open it'$/,
          /^'sslOptions\.key and sslOptions\.cert cannot be used: .*mismatch\. They do not belong together'$/
        ]
      }
    }
  }, async (t) => {
    const { at, files } = await secureBroker()
    const { clientCert: cert, clientKeyEncrypted, clientPfx: pfx, strangerKey } = files
    for (const own of [{ cert, key: clientKeyEncrypted, passphrase: 'wrong' }, { pfx, passphrase: 'wrong' },
      { cert, key: strangerKey }]) {
      try {
        t.client({ kafkaHost: at.mutual, sslOptions: own })
        t.log('class', 'none')
      } catch (error) {
        const { name, code, message } = /** @type {any} */ (error)
        t.log('code', code)
        t.log('class', name)
        t.log('text', message)
      }
    }
  })

  scenario('options of tls.connect that librdkafka lacks', {
    contract: '3.1 sslOptions',
    meant: {
      made: {
        id: 'D73',
        original: ['returns a KafkaClient', 'returns a KafkaClient', 'returns a KafkaClient'],
        ours: [/sslOptions\.servername is not supported/, /sslOptions\.checkServerIdentity is not su/,
          /sslOptions\.minVersion is not supported/]
      }
    }
  }, (t) => {
    for (const more of [{ servername: 'a' }, { checkServerIdentity: () => undefined }, { minVersion: 'TLSv1.3' }]) {
      t.attempt('made', () => new t.kafka.KafkaClient({ autoConnect: false, sslOptions: more }))
    }
  })

  scenario('options of tls.connect that change nothing', { contract: '3.1 sslOptions' }, async (t) => {
    const { at, files: { ca } } = await secureBroker()
    const sslOptions = { ca, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', requestCert: true, servername: undefined }
    await readyWith(t, { kafkaHost: at.ssl, sslOptions })
  })

  scenario('NODE_TLS_REJECT_UNAUTHORIZED does not switch verification off', {
    contract: '3.1 sslOptions',
    isolated: true,
    meant: { outcome: { id: 'D74', original: ["'ready'"], ours: ["'CERT_HAS_EXPIRED'"] } }
  }, async (t) => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const { at, files: { ca } } = await secureBroker()
    const client = t.client({ kafkaHost: at.expired, sslOptions: { ca }, connectRetryOptions: SHORT })
    const outcome = await new Promise((resolve) => {
      client.on('ready', () => resolve('ready'))
      client.on('error', (/** @type {any} */ error) => resolve(error.code))
    })
    t.log('outcome', outcome)
  })

  scenario('SASL PLAIN, with and without TLS', { contract: '3.1 sasl' }, async (t) => {
    const { at, files: { ca }, user } = await secureBroker()
    for (const mechanism of ['plain', 'PLAIN']) {
      await readyWith(t, { kafkaHost: at.sasl, sasl: { mechanism, ...user } })
      await readyWith(t, { kafkaHost: at.saslssl, sasl: { mechanism, ...user }, sslOptions: { ca } })
    }
  })

  scenario('a wrong password', {
    contract: '3.2 (Q09)',
    timeout: 120000,
    meant: { repeated: { id: 'D75', original: ['true'], ours: ['false'] } }
  }, async (t) => {
    const { at, user } = await secureBroker()
    const client = t.client({
      kafkaHost: at.sasl, requestTimeout: 4000, connectRetryOptions: SHORT,
      sasl: { mechanism: 'plain', ...user, password: 'wrong' }
    })
    let count = 0
    client.on('error', () => count++)
    const [error] = await t.event(client, 'error')
    const { SaslAuthenticationError } = t.require('lib/errors')
    t.log('first', error.name, error.errorCode, error.message, error instanceof SaslAuthenticationError)
    await t.until(() => !client.connecting, 'the end of the attempts')
    t.log('repeated', count > 1)
  })

  scenario('the SCRAM mechanisms', {
    contract: '3.1 sasl',
    isolated: true,
    meant: {
      outcome: { id: 'D76', original: ["'crash'"], ours: ["'ready'"] },
      uncaught: { id: 'D76', original: 'varies', ours: [] }
    }
  }, async (t) => {
    const { at, user } = await secureBroker()
    const sasl = { mechanism: 'scram-sha-256', ...user }
    const client = t.client({ kafkaHost: at.sasl, sasl, connectRetryOptions: SHORT })
    const outcome = await new Promise((resolve) => {
      client.on('ready', () => resolve('ready'))
      client.on('error', (/** @type {any} */ error) => resolve(error.name))
      process.once('uncaughtException', () => resolve('crash'))
    })
    t.log('outcome', outcome)
  })

  scenario('a mechanism that neither knows', {
    contract: '3.1 sasl',
    meant: {
      outcome: {
        id: 'D77',
        original: [/^'SaslAuthenticationError'|^'Error'/],
        ours: [/^'InvalidConfigError' 'sasl\.mechanism gssapi is not supported; use one of plain, scram/]
      }
    }
  }, async (t) => {
    const { at, user } = await secureBroker()
    try {
      const error = await failing(t, { kafkaHost: at.sasl, sasl: { mechanism: 'gssapi', ...user } })
      t.log('outcome', error.name, error.message)
    } catch (error) {
      const { name, message } = /** @type {Error} */ (error)
      t.log('outcome', name, message)
    }
  })

  scenario('what is printed for a client', {
    contract: '3.1 sasl',
    meant: { shown: { id: 'D78', original: ['true true'], ours: ['false false'] } }
  }, (t) => {
    const options = {
      autoConnect: false,
      sasl: { mechanism: 'plain', username: 'u', password: 'marker-p' },
      sslOptions: { passphrase: 'marker-k' }
    }
    const client = new t.kafka.KafkaClient(options)
    t.log('kept', client.options === options, client.options.sasl.password, { ...client.sslOptions })
    const shown = util.inspect(client, { depth: 9 })
    t.log('shown', shown.includes('marker-p'), shown.includes('marker-k'))
    t.log('copied', JSON.stringify(client.options.sasl))
  })
})
