'use strict'

// `npx kafka-node-native` on real Kafka: what the embedded broker does not have, which is groups that can be listed,
// look-ups by time, settings, transactions, TLS and SASL.

const assert = require('node:assert/strict')
const { after, before, describe, it } = require('node:test')

const { Kafka } = require('../../kafkajs')
const { json, noTerminal, run, start, startInTerminal } = require('../support/command')
const kafka = require('../support/kafka')
const { startSecureKafka, unavailable } = require('../support/secure-kafka')

describe('npx kafka-node-native on Kafka', { timeout: 300000 }, () => {
  /** @type {string} */
  let address
  /** @type {string[]} */
  let at

  before(async () => {
    address = await kafka.brokers('4')
    at = ['--brokers', address]
  })

  after(() => kafka.releaseAll())

  /** A topic with messages 0, 1, ... in each partition, a second apart from 1970-01-01T00:00:01Z on. */
  async function filledTopic (count = 10, partitions = 1) {
    const topic = await kafka.createTopic(address, kafka.uniqueName('cli'), partitions, { 'retention.ms': -1 })
    const records = Array.from({ length: partitions * count }, (_, i) => ({
      value: String(i % count), partition: Math.floor(i / count), timestamp: String((i % count + 1) * 1000)
    }))
    await kafka.produceRaw(address, topic, records)
    return topic
  }

  /** A group that has committed some of a topic's messages, and has no members. */
  async function groupThatRead (topic, count) {
    const group = kafka.uniqueName('cli-group')
    const { code, stderr } = await run(
      ['consume', topic, '--group', group, '--from', 'beginning', '--count', String(count), ...at])
    assert.equal(code, 0, stderr)
    return group
  }

  it('makes a topic with settings, changes them, adds partitions, and deletes it', async () => {
    const topic = kafka.uniqueName('cli')
    const settings = async () => {
      const [{ partitions, config }] = await json(['topics', 'describe', topic, ...at])
      return [partitions.length, config.find(({ name }) => name === 'retention.ms')?.value]
    }
    const made = await run(['topics', 'create', topic, '-p', '2', '-r', '1', '--set', 'retention.ms=1000000', ...at])
    assert.equal(made.code, 0, made.stderr)
    await kafka.waitForTopic(address, topic)
    assert.deepEqual(await settings(), [2, '1000000'])

    const refused = await run(['topics', 'alter', topic, '--partitions', '3', ...at])
    assert.equal(refused.code, 2)
    const args = ['--partitions', '3', '--set', 'retention.ms=2000000', '--yes']
    assert.equal((await run(['topics', 'alter', topic, ...args, ...at])).code, 0)
    while ((await settings()).join() !== '3,2000000');

    assert.equal((await run(['topics', 'delete', topic, '--yes', ...at])).code, 0)
    while ((await json(['topics', 'list', ...at])).some(({ name }) => name === topic));
  })

  it('names the setting or the replication factor that is refused, and makes nothing', async () => {
    const topic = kafka.uniqueName('cli')
    const setting = await run(['topics', 'create', topic, '--set', 'retention=1', ...at])
    assert.equal(setting.code, 1)
    assert.match(setting.stderr, /Configuration is invalid\nTopics have no such setting, or not with this value/)
    const replicas = await run(['topics', 'create', topic, '-r', '9', ...at])
    assert.equal(replicas.code, 1)
    assert.match(replicas.stderr, /The cluster has fewer brokers than that/)
    assert.ok(!(await json(['topics', 'list', ...at])).some(({ name }) => name === topic))
  })

  it('consumes from and until a time', async () => {
    const topic = await filledTopic()
    const args = ['--from', '1970-01-01T00:00:03Z', '--until', 'time:6000']
    const { code, stdout, stderr } = await run(['consume', topic, ...args, ...at])
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '2\n3\n4\n', stderr: '' })
  })

  it('stops at an end that is hidden from readers', async () => {
    const topic = await kafka.createTopic(address, kafka.uniqueName('cli'))
    const client = new Kafka({ brokers: [address], logLevel: 0 })
    const producer = client.producer({ transactionalId: kafka.uniqueName('cli'), idempotent: true })
    await producer.connect()
    for (const end of /** @type {const} */ (['commit', 'abort'])) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: end }] })
      await transaction[end]()
    }
    await producer.disconnect()
    const args = ['consume', topic, '--from', 'beginning', '--until', 'end', '--idle', '1', ...at]
    const committed = await run(args)
    assert.deepEqual([committed.code, committed.stdout], [0, 'commit\n'])
    assert.match(committed.stderr, /What is left of partition 0 is hidden from readers/)
    assert.equal((await run([...args, '--read-uncommitted'])).stdout, 'commit\nabort\n')
  })

  it('leaves no group behind where none was named', async () => {
    const topic = await filledTopic(1)
    await run(['consume', topic, '--from', 'beginning', '--until', 'end', ...at])
    const own = async () => (await json(['groups', 'list', ...at]))
      .filter(({ groupId, members }) => groupId.startsWith('kafka-node-native-cli-') && members > 0)
    while ((await own()).length > 0);
  })

  it('goes on with a group where it was, and shows members and lag', async () => {
    const topic = await filledTopic(10)
    const group = await groupThatRead(topic, 4)
    const [before] = await json(['groups', 'describe', group, ...at])
    const expected = { topic, partition: 0, committed: '4', end: '10', lag: '6', member: null }
    assert.deepEqual([before.lag, before.partitions], ['6', [expected]])

    const reading = start(['consume', topic, '--group', group, ...at])
    await reading.until(/9\n/)
    assert.equal(reading.printed.stdout, '4\n5\n6\n7\n8\n9\n')
    const { stdout } = await run(['groups', 'describe', group, ...at])
    assert.match(stdout, new RegExp(`^${group}: Stable, 1 member, RoundRobinAssigner, lag \\d+\nTOPIC +PARTITION`))
    assert.match(stdout, new RegExp(`MEMBER.*\n.* kafka-node-native-cli +/.* ${topic}:0\n`))
    const listed = await json(['groups', 'list', ...at])
    const { state, members } = listed.find(({ groupId }) => groupId === group)
    assert.deepEqual([state, members], ['Stable', 1])

    const refused = await run(['groups', 'reset', group, '--all-topics', '--to', 'end', '--execute', '--yes', ...at])
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /has 1 member: stop them first\. Nothing has been changed/)
    reading.child.kill('SIGTERM')
    assert.equal((await reading.closed).code, 0)
    assert.equal((await json(['groups', 'describe', group, ...at]))[0].lag, '0')
  })

  it('moves a group only when it is told to', async () => {
    const topic = await filledTopic(10, 2)
    const group = await groupThatRead(topic, 20)
    const committed = async () => {
      const found = await kafka.committed(address, group, topic)
      return [found[0].offset, found[1].offset]
    }
    const reset = (...args) => run(['groups', 'reset', group, ...args, ...at])

    const shown = await reset('--topic', `${topic}:1`, '--to', 'beginning')
    assert.equal(shown.code, 0)
    assert.match(shown.stdout, new RegExp(`^TOPIC.*\n${topic} +1 +10 +0 +10\n$`))
    assert.match(shown.stderr, /Nothing has been changed: this is what --execute would do/)
    assert.deepEqual(await committed(), [10, 10])

    assert.equal((await reset('--topic', topic, '--to', 'beginning', '--execute')).code, 2)
    assert.deepEqual(await committed(), [10, 10])

    /** @type {[args: string[], offsets: number[]][]} */
    const cases = [
      [['--topic', `${topic}:1`, '--to', 'beginning'], [10, 0]],
      [['--all-topics', '--to', 'last:3'], [7, 7]],
      [['--topic', topic, '--to', '1970-01-01T00:00:05Z'], [4, 4]],
      [['--topic', `${topic}:0`, '--to', 'offset:99'], [10, 4]]
    ]
    for (const [args, offsets] of cases) {
      const { code, stderr } = await reset(...args, '--execute', '--yes')
      assert.equal(code, 0, stderr)
      assert.deepEqual(await committed(), offsets)
    }
  })

  it('asks in a terminal before it moves a group', { skip: noTerminal }, async () => {
    const topic = await filledTopic(2)
    const group = await groupThatRead(topic, 2)
    for (const [answer, offset] of /** @type {const} */ ([['n', 2], ['y', 0]])) {
      const args = ['--topic', topic, '--to', 'beginning', '--execute']
      const asking = startInTerminal(['groups', 'reset', group, ...args, ...at])
      await asking.until(/\? \[y\/N\]/)
      asking.type(`${answer}\r`)
      assert.equal((await asking.closed).code, 0)
      assert.equal((await kafka.committed(address, group, topic))[0].offset, offset)
    }
  })

  it('deletes groups, and says which there is not', async () => {
    const group = await groupThatRead(await filledTopic(1), 1)
    assert.equal((await run(['groups', 'delete', group, '--yes', ...at])).code, 0)
    const again = await run(['groups', 'delete', group, '--yes', ...at])
    assert.equal(again.code, 1)
    assert.match(again.stderr, new RegExp(group))
    const described = await run(['groups', 'describe', group, ...at])
    assert.deepEqual([described.code, described.stderr], [1, `${group}: there is no such group\n`])
  })

  it('watches groups', async () => {
    const topic = await filledTopic(10)
    const group = await groupThatRead(topic, 4)
    const once = await run(['top', group, '--once', ...at])
    assert.equal(once.code, 0)
    assert.match(once.stdout, new RegExp(`^TIME +GROUP +STATE.*\n\\S+ +${group} +Empty +0 +6 +- +-\n$`))

    const watching = start(['top', group, '--interval', '0.2', '--json', ...at])
    await watching.until(/\n/)
    await kafka.produceRaw(address, topic, [{ value: 'new' }, { value: 'new' }])
    await watching.until(/"writtenPerSecond":[^0n]/)
    await watching.until(/"lag":"8"/)
    watching.child.kill('SIGINT')
    const { code, stdout, stderr } = await watching.closed
    assert.deepEqual([code, stderr], [0, ''])
    const [first] = stdout.split('\n').map((line) => line && JSON.parse(line))
    assert.deepEqual([first.group, first.lag, first.readPerSecond], [group, '6', null])
    assert.equal((await run(['top', '--once', '--sort', 'name', ...at])).code, 0)
  })

  it('redraws in a terminal, and leaves it as it was', { skip: noTerminal }, async () => {
    const group = await groupThatRead(await filledTopic(1), 1)
    const watching = startInTerminal(['top', group, '--interval', '0.2', ...at])
    await watching.until(new RegExp(`(${group}[^]*){2}`))
    watching.type('\x03')
    const { code, stdout } = await watching.closed
    assert.equal(code, 0)
    assert.ok(stdout.includes('\x1b[?1049h') && stdout.endsWith('\x1b[?25h\x1b[?1049l'))
  })

  it('doctor finds a cluster well, and groups that nobody reads for', async () => {
    const group = await groupThatRead(await filledTopic(2), 1)
    const { failures, steps } = await json(['doctor', ...at])
    assert.equal(failures, 0, JSON.stringify(steps))
    const texts = steps.map(({ text }) => text)
    assert.ok(texts.includes('a Kafka broker: version 4.0 or newer'))
    assert.ok(texts.includes('no login is asked for (no SASL)'))
    const abandoned = steps.find(({ text }) => text.startsWith('nobody reads for these'))
    assert.equal(abandoned?.status, 'warning')
    assert.ok(abandoned.text.includes(group) || / and \d+ more$/.test(abandoned.text))
  })
})

describe('npx kafka-node-native doctor on TLS and SASL', { timeout: 120000, skip: unavailable('4') }, () => {
  /** @type {Awaited<ReturnType<typeof startSecureKafka>>} */
  let secure

  before(async () => { secure = await startSecureKafka({ version: '4' }) })
  after(() => secure && secure.stop())

  it('says which step fails, why, and what helps', async () => {
    const { listeners, certificates: { ca, clientCert, clientKey } } = secure
    const trust = ['--tls-ca', ca]
    const login = ['--sasl-username', 'alice', '--sasl-password', 'env:RIGHT']
    /** @type {[listener: string, args: string[], text: RegExp, fix: RegExp][]} */
    const cases = [
      [listeners.ssl, [], /the port speaks TLS/, /--tls/],
      [listeners.ssl, ['--tls'], /certificate is refused: UNABLE_TO_VERIFY/, /--tls-ca/],
      [listeners.expired, trust, /certificate is refused: CERT_HAS_EXPIRED/, /renewed/],
      [listeners.elsewhere, trust, /certificate is refused: ERR_TLS_CERT_ALTNAME_INVALID/, /name/],
      [listeners.mutual, trust, /does not answer as a Kafka broker/, /--tls-cert/],
      [secure.brokers, trust, /TLS handshake/, /without TLS/],
      [listeners.sasl, [], /wants a login: .*PLAIN/, /--sasl-mechanism/],
      [listeners.oauth, login, /does not offer PLAIN, but OAUTHBEARER/, /Choose one of these/],
      [secure.brokers, login, /has no SASL/, /Leave out the SASL options/],
      [listeners.sasl, ['--sasl-username', 'alice', '--sasl-password', 'env:WRONG'], /authentication failed/i,
        /check the user name and the password/]
    ]
    const env = { RIGHT: secure.user.password, WRONG: 'not-the-password' }
    for (const [listener, args, text, fix] of cases) {
      const { code, stdout, stderr } = await run(['doctor', '--brokers', listener, ...args, '--json'], { env })
      assert.equal(code, 1, `${stdout}\n${stderr}`)
      const failed = JSON.parse(stdout).steps.filter(({ status }) => status === 'failure')
      assert.equal(failed.length, 1, stdout)
      assert.match(failed[0].text, text)
      assert.match(failed[0].fix, fix)
      for (const secret of Object.values(env)) assert.ok(!(stdout + stderr).includes(secret))
    }
    /** @type {[listener: string, args: string[]][]} */
    const good = [
      [listeners.ssl, trust],
      [listeners.mutual, [...trust, '--tls-cert', clientCert, '--tls-key', clientKey]],
      [listeners.saslssl, [...trust, ...login, '--sasl-mechanism', 'SCRAM-SHA-512']]
    ]
    for (const [listener, args] of good) {
      const { code, stdout } = await run(['doctor', '--brokers', listener, ...args], { env })
      assert.equal(code, 0, stdout)
      const listed = await run(['topics', 'list', '--brokers', listener, ...args], { env })
      assert.equal(listed.code, 0, listed.stderr)
    }
  })
})
