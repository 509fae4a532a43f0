'use strict'

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')

const running = require('../../tools/kafka/running')

const BROKERS = '127.0.0.1:9092'

/** Announces a broker and lives until it is asked to stop. */
const OWNER = `
  const running = require(${JSON.stringify(require.resolve('../../tools/kafka/running'))})
  const alive = setInterval(() => {}, 2 ** 30)
  running.announce({ brokers: '${BROKERS}', version: '4.0.0' }, () => {
    forget()
    clearInterval(alive)
  }).then((value) => {
    forget = value
    console.log('announced')
  })
  let forget`

describe('tools/kafka/cli.js stop', () => {
  const previous = process.env.KAFKA_NODE_NATIVE_CACHE
  let folder = ''

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-running-'))
    process.env.KAFKA_NODE_NATIVE_CACHE = folder
  })
  after(() => {
    if (previous === undefined) delete process.env.KAFKA_NODE_NATIVE_CACHE
    else process.env.KAFKA_NODE_NATIVE_CACHE = previous
    fs.rmSync(folder, { recursive: true, force: true })
  })

  async function owner () {
    const child = spawn(process.execPath, ['-e', OWNER], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    return { child, exit: once(child, 'exit') }
  }

  it('ends every process, even two that serve the same port in separate networks', async () => {
    const owners = [await owner(), await owner()]
    const entries = await running.list()
    assert.deepEqual(entries.map(({ pid }) => pid).sort(), owners.map(({ child }) => child.pid).sort())
    for (const entry of entries) await running.stop(entry)
    assert.deepEqual(await Promise.all(owners.map(({ exit }) => exit)), [[0, null], [0, null]])
    assert.deepEqual(await running.list(), [])
  })

  it('forgets a process that was killed', async () => {
    const { child, exit } = await owner()
    child.kill('SIGKILL')
    await exit
    assert.deepEqual(await running.list(), [])
    assert.deepEqual(fs.readdirSync(path.join(folder, 'running')), [])
  })

  it('copes with an entry that disappears while it looks', async () => {
    const entries = path.join(folder, 'running')
    fs.symlinkSync(path.join(folder, 'gone'), path.join(entries, '1-1.json'))
    const { exit } = await owner()
    const [entry] = await running.list()
    await running.stop(entry)
    assert.deepEqual(await exit, [0, null])
  })
})
