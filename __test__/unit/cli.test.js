'use strict'

const { describe, it } = require('node:test')
const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const net = require('node:net')
const path = require('node:path')

const CLI = path.join(__dirname, '../../bin/kafka-node-native.js')

/**
 * @param {string[]} args
 * @param {'ignore' | 'pipe'} [stdin]
 */
function start (args, stdin = 'ignore') {
  const child = /** @type {import('node:child_process').ChildProcessWithoutNullStreams} */ (
    spawn(process.execPath, [CLI, ...args], { stdio: [stdin, 'pipe', 'pipe'] })
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
  it('shows its options', async () => {
    for (const args of [['--help'], ['dev-broker', '--help'], ['move-offsets', '-h']]) {
      const { code, stdout } = await run(args)
      assert.equal(code, 0)
      assert.match(stdout, /dev-broker \[--port N\] \[--topic name\[:partitions\]\]/)
      assert.match(stdout, /move-offsets --kafka-host HOST --group NAME --topic NAME/)
    }
  })

  it('answers wrong usage with exit code 2 and its usage text', async () => {
    /** @type {[args: string[], message: RegExp][]} */
    const cases = [
      [[], /a command is missing/],
      [['serve'], /there is no command "serve"/],
      [['dev-broker', '--prot', '1'], /there is no option "--prot"/],
      [['dev-broker', '--port'], /--port needs a value/],
      [['dev-broker', '--port', 'http'], /--port needs a number, got "http"/],
      [['dev-broker', '--group', 'g'], /there is no option "--group"/],
      [['move-offsets', '--group', 'g', '--topic', 't'], /move-offsets needs --kafka-host/],
      [['move-offsets', '--kafka-host', 'h:1', '--topic', 't'], /move-offsets needs --group/],
      [['move-offsets', '--kafka-host', 'h:1', '--group', 'g'], /move-offsets needs --topic/],
      [['move-offsets', '--dry-run=yes'], /--dry-run takes no value/]
    ]
    for (const [args, message] of cases) {
      const { code, stderr } = await run(args)
      assert.equal(code, 2)
      assert.match(stderr, message)
      assert.match(stderr, /Usage:/)
    }
  })
})
