'use strict'

// `npx kafka-node-native` on the embedded broker, in pipes and in a terminal.

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')

const { CLI, json, noTerminal, run, start, startInTerminal } = require('../support/command')
const { newTopic, startWatched, uniqueName } = require('../support/embedded')

describe('npx kafka-node-native', { timeout: 180000 }, () => {
  /** @type {any} */
  let broker
  /** @type {string[]} */
  let at
  let folder

  before(async () => {
    broker = await startWatched()
    at = ['--brokers', broker.brokers]
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-cli-'))
  })

  after(async () => {
    if (broker) await broker.stop()
    if (folder) fs.rmSync(folder, { recursive: true, force: true })
  })

  /** The whole topic. */
  const readAll = (topic, ...more) => run(['consume', topic, ...at, '--from', 'beginning', '--until', 'end', ...more])

  const numbers = (count) => Array.from({ length: count }, (_, i) => `${i}\n`).join('')

  describe('topics', () => {
    it('creates, lists and describes them', async () => {
      const topic = uniqueName('topic')
      const made = await run(['topics', 'create', topic, '--partitions', '3', ...at])
      assert.deepEqual(made, { code: 0, signal: null, stdout: `${topic}: created\n`, stderr: '' })

      const listed = await json(['topics', 'list', ...at])
      const expected = { name: topic, partitions: 3, replicas: 1, offline: 0, underReplicated: 0 }
      assert.deepEqual(listed.find(({ name }) => name === topic), expected)

      const { stdout } = await run(['topics', 'describe', topic, ...at])
      assert.match(stdout, new RegExp(`^${topic}: 3 partitions\nPARTITION +LEADER +REPLICAS +ISR +BEGIN +END`))
    })

    it('leaves a topic alone that exists', async () => {
      const topic = await newTopic(broker)
      const again = await run(['topics', 'create', topic, ...at])
      assert.deepEqual([again.code, again.stdout], [1, ''])
      assert.match(again.stderr, /exists already \(--if-not-exists leaves it as it is\)/)
      assert.equal((await run(['topics', 'create', topic, '--if-not-exists', ...at])).code, 0)
    })

    it('says which of several does not exist, and describes the others', async () => {
      const topic = await newTopic(broker)
      const { code, stdout, stderr } = await run(['topics', 'describe', topic, 'nowhere', ...at])
      assert.equal(code, 1)
      assert.match(stdout, new RegExp(`^${topic}: 1 partition\n`))
      assert.match(stderr, /nowhere: This server does not host this topic-partition/)
    })

    it('deletes nothing in a pipe without --yes', async () => {
      const topic = await newTopic(broker)
      const { code, stderr } = await run(['topics', 'delete', topic, ...at], { input: 'y\n' })
      assert.equal(code, 2)
      assert.match(stderr, /Nobody can be asked here: add --yes if so\. Nothing has been done\./)
    })

    it('deletes nothing if one of them does not exist', async () => {
      const { code, stderr } = await run(['topics', 'delete', await newTopic(broker), 'nowhere', '--yes', ...at])
      assert.equal(code, 1)
      assert.match(stderr, /there is no topic nowhere\. Nothing has been deleted/)
    })
  })

  describe('produce and consume', () => {
    it('carry lines, from the standard input and from files, in order', async () => {
      const topic = await newTopic(broker)
      const file = path.join(folder, 'lines.txt')
      fs.writeFileSync(file, 'third\r\n\nfourth')
      const sent = await run(['produce', topic, '-', file, ...at], { input: 'first\nsecönd\n' })
      assert.deepEqual(sent, { code: 0, signal: null, stdout: '', stderr: `Sent 4 messages to ${topic}.\n` })
      const read = await readAll(topic)
      assert.deepEqual(read, { code: 0, signal: null, stdout: 'first\nsecönd\nthird\nfourth\n', stderr: '' })
    })

    it('carry keys, headers and partitions, whatever the codec and the acks', async () => {
      const topic = await newTopic(broker, 3)
      const options = ['-K', '\\t', '-H', 'a=1', '-H', 'a=2', '-H', 'b=', '-p', '2']
      for (const more of [['-z', 'zstd'], ['-z', 'gzip', '-a', '1'], ['-a', '0']]) {
        const { code, stderr } = await run(['produce', topic, ...options, ...more, ...at], { input: 'k\tv\tw\n' })
        assert.equal(code, 0, stderr)
      }
      const { stdout } = await readAll(topic, '--format', '{partition}/{offset} {key}={value} {headers}')
      assert.equal(stdout, [0, 1, 2].map((i) => `2/${i} k=v\tw {"a":["1","2"],"b":""}\n`).join(''))
    })

    it('copy a topic byte by byte as JSON', async () => {
      const [from, to] = [await newTopic(broker, 2), await newTopic(broker, 2)]
      const lines = [
        { key: 'k', value: 'text', headers: { a: ['1', { base64: '/w==' }], none: null }, partition: 1, timestamp: 17 },
        { key: { base64: '/w==' }, value: null, partition: 0, timestamp: '2026-01-01T00:00:00Z' },
        { value: '"quoted"\nline', headers: JSON.parse('{ "__proto__": "x" }'), partition: 0, timestamp: 18 }
      ]
      const input = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      const sent = await run(['produce', from, '--json', ...at], { input })
      assert.deepEqual(JSON.parse(sent.stdout), { topic: from, sent: 3, partitions: [0, 1] })

      const { stdout } = await readAll(from, '--json')
      await run(['produce', to, '--json', ...at], { input: stdout })
      const copied = (await readAll(to, '--json')).stdout
      const byPlace = (text) => text.trim().split('\n').map((line) => JSON.parse(line))
        .map(({ topic, ...message }) => message)
        .sort((a, b) => a.partition - b.partition || a.offset - b.offset)
      assert.equal(byPlace(stdout).length, 3)
      assert.deepEqual(byPlace(copied), byPlace(stdout))
    })

    it('sends what came before a line that is no message, and names the line', async () => {
      const topic = await newTopic(broker)
      const input = '{"value":"a"}\n{"value":"b"}\n{"valeu":"c"}\n{"value":"d"}\n'
      const { code, stderr } = await run(['produce', topic, '--json', ...at], { input })
      assert.equal(code, 1)
      assert.match(stderr, /line 3: it has no "value".*The lines before it have been sent/)
      assert.equal((await readAll(topic)).stdout, 'a\nb\n')
    })

    it('refuse a topic that does not exist, and make none', async () => {
      const topic = uniqueName('misspelt')
      for (const args of [['produce', topic], ['consume', topic]]) {
        const { code, stderr } = await run([...args, ...at], { input: 'x\n' })
        assert.equal(code, 1)
        assert.match(stderr, /does not host this topic-partition\n`topics list` shows which topics there are/)
      }
      const listed = await json(['topics', 'list', ...at])
      assert.ok(!listed.some(({ name }) => name === topic))
    })

    it('begin and stop where they are told to', async () => {
      const topic = await newTopic(broker, 2)
      for (const partition of ['0', '1']) await run(['produce', topic, '-p', partition, ...at], { input: numbers(10) })
      const format = ['--until', 'end', '--format', '{partition}:{value}']
      /** @type {[args: string[], messages: string[]][]} */
      const cases = [
        [['--from', 'last:2'], ['0:8', '0:9', '1:8', '1:9']],
        [['--from', 'offset:9'], ['0:9', '1:9']],
        [['--from', 'end'], []],
        [['--from', 'beginning', '--partitions', '1', '--count', '3'], ['1:0', '1:1', '1:2']],
        [['--from', 'beginning', '--count', '0'], []]
      ]
      for (const [args, messages] of cases) {
        const { code, stdout, stderr } = await run(['consume', topic, ...args, ...format, ...at])
        assert.deepEqual([code, stderr], [0, ''])
        assert.deepEqual(stdout.split('\n').filter(Boolean).sort(), messages)
      }
      const { code, stderr } = await run(['consume', topic, '--partitions', '0,7', ...at])
      assert.equal(code, 2)
      assert.match(stderr, /has no partition 7: it has 2/)
    })

    it('consume goes on until a signal, and commits what a group has printed', async () => {
      const topic = await newTopic(broker)
      const groupId = uniqueName('group')
      const reading = start(['consume', topic, '--group', groupId, '--from', 'beginning', ...at])
      await run(['produce', topic, ...at], { input: numbers(3) })
      await reading.until(/^0\n1\n2\n/)
      reading.child.kill('SIGINT')
      const { code, signal, stderr } = await reading.closed
      assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })

      const { Kafka } = require('../../kafkajs')
      const admin = new Kafka({ brokers: [broker.brokers], logLevel: 0 }).admin()
      await admin.connect()
      try {
        const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] })
        assert.equal(partitions[0].offset, '3')
      } finally {
        await admin.disconnect()
      }
    })

    it('end quietly when nobody reads what they print', async () => {
      const topic = await newTopic(broker)
      await run(['produce', topic, ...at], { input: numbers(20000) })
      const reading = start(['consume', topic, '--from', 'beginning', ...at])
      await once(reading.child.stdout, 'data')
      reading.child.stdout.destroy()
      const { code, signal, stderr } = await reading.closed
      assert.deepEqual({ code, signal, stderr }, { code: 0, signal: null, stderr: '' })
    })

    it('take what another program writes bit by bit', async () => {
      const topic = await newTopic(broker)
      const sending = start(['produce', topic, ...at])
      const reading = start(['consume', topic, '--from', 'beginning', '--count', '2', ...at])
      sending.child.stdin.write('one\nt')
      await reading.until(/^one\n/)
      sending.child.stdin.end('wo\n')
      assert.equal((await reading.closed).stdout, 'one\ntwo\n')
      assert.equal((await sending.closed).code, 0)
    })
  })

  describe('connections', () => {
    it('take brokers from the environment and from a file', async () => {
      const config = path.join(folder, 'config.json')
      fs.writeFileSync(config, JSON.stringify({ brokers: [broker.brokers], clientId: 'mine' }))
      const module = path.join(folder, 'config.js')
      fs.writeFileSync(module, `module.exports = async () => (${JSON.stringify({ brokers: broker.brokers })})`)
      for (const env of [{ KAFKA_BROKERS: broker.brokers }, { KAFKA_CONFIG: config }, { KAFKA_CONFIG: module }]) {
        const { code, stderr } = await run(['topics', 'list'], { env })
        assert.equal(code, 0, stderr)
      }
    })

    it('say what helps when nobody answers', async () => {
      const { code, stdout, stderr } = await run(['topics', 'list', '--brokers', '127.0.0.1:1'])
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, /ECONNREFUSED 127\.0\.0\.1:1\n`kafka-node-native doctor`/)
    })

    it('name what a broker cannot do', async () => {
      const { code, stderr } = await run(['groups', 'list', ...at])
      assert.equal(code, 1)
      assert.match(stderr, /not supported/)
    })
  })

  describe('doctor', () => {
    it('looks at every step of a broker that is well', async () => {
      const { code, stdout } = await run(['doctor', ...at])
      assert.equal(code, 0)
      const steps = [/Node\.js/, /librdkafka/, /is open/, /a Kafka broker/, /1 broker/, /reached above/,
        /topic/, /groups cannot be listed/, /0 failures/]
      assert.match(stdout, new RegExp(steps.map(({ source }) => source).join('[^]*')))
    })

    it('names the first step that fails, and goes on with other brokers', async (t) => {
      const dumb = net.createServer((socket) => socket.on('error', () => {}).end('220 mail.example\r\n'))
      dumb.listen(0, '127.0.0.1')
      await once(dumb, 'listening')
      t.after(() => dumb.close())
      const { port } = /** @type {net.AddressInfo} */ (dumb.address())
      const brokers = `127.0.0.1:1,127.0.0.1:${port},${broker.brokers}`
      const { code, stdout } = await run(['doctor', '--brokers', brokers, '--json'])
      assert.equal(code, 1)
      const { failures, steps } = JSON.parse(stdout)
      assert.equal(failures, 2)
      const failed = steps.filter(({ status }) => status === 'failure')
      assert.match(failed[0].text, /127\.0\.0\.1:1 cannot be reached: ECONNREFUSED/)
      assert.match(failed[0].fix, /is the broker running/)
      assert.equal(failed[1].section, `Broker 127.0.0.1:${port}`)
      assert.match(failed[1].text, /does not answer as a Kafka broker does/)
      assert.ok(steps.some(({ section }) => section === 'Topics'))
    })

    it('searches code without a broker', async () => {
      const code = path.join(folder, 'service')
      fs.mkdirSync(path.join(code, 'node_modules', 'other'), { recursive: true })
      const text = "const { Kafka } = require('kafkajs')\n\nnew Kafka({ socketFactory })\n"
      fs.writeFileSync(path.join(code, 'index.js'), text)
      fs.writeFileSync(path.join(code, 'node_modules', 'other', 'index.js'), text)
      const { code: exitCode, stdout } = await run(['doctor', '--code', code])
      assert.equal(exitCode, 0)
      assert.match(stdout, /1 files searched, 1 of them load/)
      assert.match(stdout, /index\.js:3 {2}K101 {2}new Kafka\(\{ socketFactory \}\)\n +is refused/)
      assert.equal(stdout.match(/K101/g)?.length, 1)
      assert.equal((await run(['doctor', '--code', path.join(folder, 'nowhere')])).code, 2)
    })
  })

  describe('in a terminal', { skip: noTerminal }, () => {
    it('asks before it deletes, and takes everything but yes for no', async () => {
      const topic = await newTopic(broker)
      for (const answer of ['n\r', '\r', 'yess\r', '\x04']) {
        const asking = startInTerminal(['topics', 'delete', topic, ...at])
        await asking.until(/with all messages\? \[y\/N\]/)
        asking.type(answer)
        const { code, stdout } = await asking.closed
        assert.equal(code, 0)
        assert.match(stdout, /Nothing has been deleted/)
      }
      const listed = await json(['topics', 'list', ...at])
      assert.ok(listed.some(({ name }) => name === topic))
    })

    it('ends at the question with Ctrl-C, and nothing is done', async () => {
      const topic = await newTopic(broker)
      const asking = startInTerminal(['topics', 'delete', topic, ...at])
      await asking.until(/\[y\/N\]/)
      asking.type('\x03')
      assert.equal((await asking.closed).code, 130)
      const listed = await json(['topics', 'list', ...at])
      assert.ok(listed.some(({ name }) => name === topic))
    })

    it('produces what is typed, and ends with Ctrl-D', async () => {
      const topic = await newTopic(broker)
      const typing = startInTerminal(['produce', topic, ...at])
      await typing.until(/Ctrl-D ends/)
      typing.type('hello\r')
      await typing.until(/1 messages/)
      typing.type('\x04')
      const { code, stdout } = await typing.closed
      assert.equal(code, 0)
      assert.match(stdout, /Sent 1 message to/)
      assert.equal((await readAll(topic)).stdout, 'hello\n')
    })

    it('consumes until Ctrl-C', async () => {
      const topic = await newTopic(broker)
      await run(['produce', topic, ...at], { input: 'seen\n' })
      const reading = startInTerminal(['consume', topic, '--from', 'beginning', ...at])
      await reading.until(/seen/)
      reading.type('\x03')
      const { code, stdout } = await reading.closed
      assert.equal(code, 0)
      assert.match(stdout, /1 message\r\n$/)
    })
  })

  it('ends with the reader of its output, as `| head` is one', { skip: process.platform === 'win32' }, async () => {
    const topic = await newTopic(broker)
    await run(['produce', topic, ...at], { input: numbers(20000) })
    const script = 'set -o pipefail; "$0" "$@" | head -n 1'
    const args = ['consume', topic, '--from', 'beginning', ...at]
    const shell = spawn('bash', ['-c', script, process.execPath, CLI, ...args])
    let printed = ''
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => { printed += text })
    }
    const [code] = await once(shell, 'close')
    assert.deepEqual([code, printed], [0, '0\n'])
  })
})

describe('npx kafka-node-native dev-broker --json', { timeout: 30000 }, () => {
  it('prints its address for other programs', async () => {
    const running = start(['dev-broker', '--port', '0', '--topic', 'a:2', '--json'])
    await running.until(/\n/)
    const { brokers, topics } = JSON.parse(running.printed.stdout)
    assert.deepEqual(topics, ['a:2'])
    const [listed] = await json(['topics', 'list', '--brokers', brokers])
    assert.deepEqual([listed.name, listed.partitions], ['a', 2])
    running.child.kill('SIGTERM')
    assert.equal((await running.closed).code, 0)
  })
})
