'use strict'

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { spawn, spawnSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')

const CLI = path.join(__dirname, '../../bin/kafka-node-native.js')

/** Without what the command reads. */
const { KAFKA_BROKERS, KAFKA_CONFIG, KAFKA_SASL_PASSWORD, ...ENVIRONMENT } = process.env

/**
 * @param {string[]} args
 * @param {'ignore' | 'pipe'} [stdin]
 */
function start (args, stdin = 'ignore') {
  const child = /** @type {import('node:child_process').ChildProcessWithoutNullStreams} */ (
    spawn(process.execPath, [CLI, ...args], { stdio: [stdin, 'pipe', 'pipe'], env: ENVIRONMENT })
  )
  const result = { stdout: '', stderr: '' }
  child.stdout.on('data', text => { result.stdout += text })
  child.stderr.on('data', text => { result.stderr += text })
  const closed = once(child, 'close').then(([code, signal]) => ({ ...result, code, signal }))
  return { child, closed, result }
}

const run = args => start(args).closed

/**
 * Starts a broker on a free port; resolves once it listens.
 *
 * @param {string[]} [args]
 * @param {'ignore' | 'pipe'} [stdin]
 */
async function startBroker (args = [], stdin) {
  const running = start(['dev-broker', '--port', '0', ...args], stdin)
  while (!/Listening on/.test(running.result.stdout)) await once(running.child.stdout, 'data')
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(running.result.stdout)[1])
  return { ...running, port }
}

describe('kafka-node-native dev-broker', () => {
  it('starts a broker, says what it is for and where it listens, and ends with exit code 0 on a signal', async () => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
      const { child, closed, port } = await startBroker(['--topic', 'test:1', '--topic=orders:3'])
      const socket = net.connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.destroy()
      child.kill(signal)
      const { code, stdout, stderr } = await closed
      assert.equal(code, 0)
      assert.match(stdout, /development and tests only/)
      assert.match(stdout, /topics test:1, orders:3/)
      assert.equal(stderr, '')
    }
  })

  it('ends with the program that holds its standard input', async () => {
    const { child, closed } = await startBroker([], 'pipe')
    child.stdin.end()
    assert.equal((await closed).code, 0)
  })

  it('refuses a port in use with exit code 1', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = /** @type {net.AddressInfo} */ (server.address())
    const { code, stdout, stderr } = await run(['dev-broker', '--port', String(port)])
    server.close()
    assert.equal(code, 1)
    assert.match(stderr, new RegExp(`Port ${port} .*in use.*another port`))
    assert.equal(stdout, '')
  })

  it('refuses an invalid topic', async () => {
    const { code, stderr } = await run(['dev-broker', '--port', '0', '--topic', 'no spaces:1'])
    assert.equal(code, 1)
    assert.match(stderr, /"no spaces" is no topic name/)
  })
})

describe('kafka-node-native', () => {
  it('shows its commands, and the options of each', async () => {
    /** @type {[args: string[], text: RegExp][]} */
    const cases = [
      [['--help'], /topics.*produce.*consume.*groups.*dev-broker.*move-offsets.*Exit codes/s],
      [['dev-broker', '--help'], /--port <n>.*--topic <name\[:partitions\]>/s],
      [['move-offsets', '-h'], /--kafka-host <host>.*--group <name>.*--topic <name>.*--dry-run/s],
      [['groups', 'reset', '--help'], /--execute.*Examples:\s+kafka-node-native groups reset/s]
    ]
    for (const [args, text] of cases) {
      const { code, stdout } = await run(args)
      assert.equal(code, 0)
      assert.match(stdout, text)
    }
  })

  it('tells its version', async () => {
    const { code, stdout } = await run(['--version'])
    const { version } = JSON.parse(fs.readFileSync(path.join(__dirname, '../../package.json'), 'utf8'))
    assert.deepEqual([code, stdout.trim()], [0, version])
  })

  it('answers wrong usage with exit code 2 and the usage of the command', async () => {
    /** @type {[args: string[], message: RegExp][]} */
    const cases = [
      [[], /Commands:/],
      [['serve'], /unknown command 'serve'/],
      [['dev-broker', '--prot', '1'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
      [['dev-broker', '--port'], /'--port <n>' argument missing/],
      [['dev-broker', '--port', 'http'], /'--port <n>' argument 'http' is invalid. It needs a number, got "http"/],
      [['dev-broker', '--port='], /'--port <n>' argument '' is invalid. It needs a value/],
      [['dev-broker', '--group', 'g'], /unknown option '--group'/],
      [['move-offsets', '--kafka-host', 'h:1', '--topic', 't'], /required option '--group <name>' not specified/],
      [['move-offsets', '--kafka-host', 'h:1', '--group', 'g'], /required option '--topic <name>' not specified/],
      [['topics', 'create', 't', '--partitions', '0'], /It needs a number from 1 on/],
      [['consume', 't', '--from', 'yesterday'], /It needs beginning, end, offset:N/],
      [['groups', 'reset', 'g', '--to', 'end', '--topic', 't:x'], /It needs partitions, such as 0,2,5-7/],
      [['produce', 't', '--compression', 'rar'], /Allowed choices are none, gzip, snappy, lz4, zstd/]
    ]
    for (const [args, message] of cases) {
      const { code, stderr } = await run(args)
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, message)
      assert.match(stderr, /Usage:/)
    }
  })

  it('names combinations that make no sense, before it connects to anything', async () => {
    /** @type {[args: string[], message: RegExp][]} */
    const cases = [
      [['topics', 'list'], /which brokers\? Give --brokers host:port, or set KAFKA_BROKERS/],
      [['topics', 'list', '-b', 'localhost'], /"localhost" is no broker: it needs a port/],
      [['topics', 'alter', 't', '-b', 'h:1'], /needs --partitions, --set or --unset/],
      [['move-offsets', '--group', 'g', '--topic', 't'], /move-offsets needs --kafka-host/],
      [['produce', 't', '--json', '--key', 'k', '-b', 'h:1'], /leave out --key and --key-separator/],
      [['produce', 't', '/nowhere/at-all', '-b', 'h:1'], /\/nowhere\/at-all cannot be read \(ENOENT\)/],
      [['consume', 't', '--format', '{valeu}', '-b', 'h:1'], /there is no field \{valeu\}/],
      [['consume', 't', '--group', 'g', '--from', '1h', '-b', 'h:1'], /`groups reset` moves a group/],
      [['consume', 't', '--group', 'g', '--partitions', '1', '-b', 'h:1'], /the group assigns them/],
      [['consume', 't', '--until', 'beginning', '-b', 'h:1'], /--until takes end or a time/],
      [['groups', 'reset', 'g', '--to', 'end', '-b', 'h:1'], /needs --topic, or --all-topics/],
      [['groups', 'reset', 'g', '--to', 'end', '--topic', 't', '--execute', '-b', 'h:1'], /add --yes to --execute/]
    ]
    for (const [args, message] of cases) {
      const { code, stderr, stdout } = await run(args)
      assert.equal(code, 2, stderr)
      assert.match(stderr, message)
      assert.equal(stdout, '')
    }
  })

  it('loads its parser of arguments only for the command', () => {
    const root = path.join(__dirname, '../..')
    const script = `
      for (const name of ['.', './kafkajs', './metrics', './dev-broker']) require(name)
      console.log(JSON.stringify(Object.keys(require.cache)))`
    const { stdout } = spawnSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8' })
    const loaded = JSON.parse(stdout).map((file) => path.relative(root, file).split(path.sep))
    const unwanted = loaded.filter(([first, second]) => first === 'cli' || second === 'commander')
    assert.deepEqual(unwanted, [])
  })
})

describe("the command's secrets", () => {
  const secret = 'correct-horse'

  it('are taken from the environment or a file only, and not repeated', async () => {
    const login = ['topics', 'list', '-b', 'h:1', '--sasl-username', 'u']
    const given = await run([...login, '--sasl-password', secret])
    assert.equal(given.code, 2)
    assert.match(given.stderr, /--sasl-password takes no secret.*env:NAME.*file:PATH/)
    assert.ok(!given.stderr.includes(secret))
    assert.match((await run([...login, '--sasl-password', 'env:NOT_SET'])).stderr, /no environment variable NOT_SET/)
    assert.match((await run(login)).stderr, /no environment variable KAFKA_SASL_PASSWORD/)
    assert.match((await run([...login, '--sasl-password', 'file:/nowhere'])).stderr, /\/nowhere cannot be read/)
  })

  it('are not shown with what is wrong with a configuration', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-cli-'))
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }))
    /** @type {[name: string, content: string, message: RegExp][]} */
    const cases = [
      ['a.json', `{ "sasl": { "password": "${secret}" `, /a.json is not valid JSON/],
      ['b.js', `module.exports = { password: '${secret}' `, /b.js cannot be loaded \(SyntaxError\)/],
      ['c.js', `throw new Error('${secret}')`, /c.js cannot be loaded \(Error\)/],
      ['d.json', `["${secret}"]`, /d.json has to hold an object/],
      ['e.json', `{ "sasl": { "mechanism": "aws", "secretAccessKey": "${secret}" } }`, /mechanism aws is not supported/]
    ]
    for (const [name, content, message] of cases) {
      const file = path.join(folder, name)
      fs.writeFileSync(file, content)
      const { code, stderr } = await run(['topics', 'list', '-b', '127.0.0.1:1', '--config', file])
      assert.equal(code, 2, stderr)
      assert.match(stderr, message)
      assert.ok(!stderr.includes(secret))
    }
  })
})
