'use strict'

const assert = require('node:assert/strict')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')

const kafka = require('../support/kafka')
const program = require('../support/program')
const { contents, startSecureKafka, unavailable } = require('../support/secure-kafka')

const PROGRAM = path.join(__dirname, 'programs', 'secrets.js')

/** Text that cannot occur by chance. */
const MARKER = 'm4rk3r-that-must-not-be-seen'

describe('what is printed', { timeout: 300000, skip: unavailable('4') }, () => {
  /** @type {Awaited<ReturnType<typeof startSecureKafka>>} */
  let broker
  /** @type {ReturnType<typeof contents>} */
  let files
  /** @type {string} */
  let topic

  before(async () => {
    broker = await startSecureKafka()
    files = contents(broker.certificates)
    topic = await kafka.createTopic(broker.brokers, kafka.uniqueName('secrets'))
  })
  after(() => broker?.stop())

  /**
   * Runs the program and searches its output.
   *
   * @param {any} options of a KafkaClient
   * @param {string[]} secrets
   * @param {{ broken?: boolean }} [how]
   */
  async function search (options, secrets, { broken = false } = {}) {
    const config = { options: { requestTimeout: 3000, connectRetryOptions: { retries: 0 }, ...options }, topic, broken }
    const end = await program.run(PROGRAM, {
      args: [JSON.stringify(config)], env: { DEBUG: '*' }, deadline: 60000
    })
    assert.equal(end.lines.at(-1), 'the end', program.describe(end))
    const output = `${end.lines.join('\n')}\n${end.stderr}`
    assert.match(output, /KafkaClient|InvalidConfigError/)
    for (const secret of secrets) {
      const at = output.indexOf(secret)
      assert.equal(at, -1, `a secret is in: ${output.slice(Math.max(0, at - 300), at + 100)}`)
    }
    return output
  }

  /** @param {Buffer} pem @returns {string[]} lines of a key, as text and as bytes are printed */
  const ofKey = (pem) => {
    const line = String(pem).split('\n')[3]
    return [line, Buffer.from(line).toString('hex'), Buffer.from(line).toString('hex').replace(/..(?=.)/g, '$& '),
      [...Buffer.from(line)].join()]
  }

  it('has no password while all is well', async () => {
    const { listeners: { saslssl }, user } = broker
    for (const mechanism of ['plain', 'scram-sha-512']) {
      const output = await search({
        kafkaHost: saslssl, sslOptions: { ca: files.ca }, sasl: { mechanism, ...user }, librdkafka: { debug: 'all' }
      }, [user.password])
      assert.match(output, /\[hidden\]/)
      assert.match(output, /kafka-node:KafkaClient/)
      assert.match(output, /username: 'alice'/)
    }
  })

  it('has no password that the broker refuses', async () => {
    const { listeners: { sasl: kafkaHost }, user } = broker
    for (const mechanism of ['plain', 'scram-sha-256']) {
      const sasl = { mechanism, ...user, password: MARKER }
      await search({ kafkaHost, sasl, librdkafka: { debug: 'all' } }, [MARKER], { broken: true })
    }
  })

  it('has no key and no passphrase while all is well', async () => {
    const { ca, clientCert: cert, clientKey: key, clientKeyEncrypted, clientPfx: pfx, passphrase } = files
    const debug = { kafkaHost: broker.listeners.mutual, librdkafka: { debug: 'all' } }
    await search({ ...debug, sslOptions: { ca, cert, key } }, ofKey(key))
    await search({ ...debug, sslOptions: { ca, cert, key: String(clientKeyEncrypted), passphrase } },
      [passphrase, ...ofKey(clientKeyEncrypted)])
    await search({ ...debug, sslOptions: { ca, cert, key: [{ pem: String(clientKeyEncrypted), passphrase }] } },
      [passphrase, ...ofKey(clientKeyEncrypted)])
    await search({ ...debug, sslOptions: { pfx, passphrase } }, [passphrase, ...ofKey(key)])
  })

  it('has no key and no passphrase that are refused', async () => {
    const { ca, clientCert: cert, clientKey: key, clientKeyEncrypted, clientPfx: pfx, strangerKey } = files
    const kafkaHost = broker.listeners.mutual
    const passphrase = MARKER
    await search({ kafkaHost, sslOptions: { ca, cert, key: clientKeyEncrypted, passphrase } }, [MARKER])
    await search({ kafkaHost, sslOptions: { ca, pfx, passphrase } }, [MARKER])
    await search({ kafkaHost, sslOptions: { ca, cert, key: strangerKey } }, ofKey(strangerKey))
    await search({ kafkaHost, sslOptions: { ca: files.otherCa, cert, key } }, ofKey(key), { broken: true })
    await search({ kafkaHost, sslOptions: { ca, key: MARKER, cert: MARKER } }, [MARKER])
  })

  it('has no secret of options that are refused', async () => {
    const kafkaHost = broker.listeners.sasl
    await search({ kafkaHost, sasl: { mechanism: 'gssapi', username: 'u', password: MARKER } }, [MARKER])
    await search({ kafkaHost, sasl: { mechanism: 'plain', username: 'u', password: [MARKER] } }, [MARKER])
    await search({ kafkaHost, librdkafka: { 'sasl.password': MARKER } }, [MARKER])
    await search({ kafkaHost, librdkafka: { 'ssl.key.password': MARKER } }, [MARKER])
  })
})
