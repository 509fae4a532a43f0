'use strict'

const assert = require('node:assert/strict')
const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')
const { after, describe, it } = require('node:test')
const { setTimeout: delay } = require('node:timers/promises')

const { startCluster, startKafka } = require('../../tools/kafka')
const { metadata, parseAddress, withConnection } = require('../../tools/kafka/wire')
const { until } = require('../support/emissions')
const kafka = require('../support/kafka')

const INDEX = require.resolve('../../tools/kafka')
const CLI = path.join(path.dirname(INDEX), 'cli.js')

/** Somebody else's broker can be used, but not killed. */
const external = Boolean(process.env.KAFKA_BROKERS)

/** @param {number} pid */
function isAlive (pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

for (const version of /** @type {const} */ (['4', '3.9'])) {
  describe(`tools/kafka with Kafka ${version}`, { timeout: 300000, skip: external && 'KAFKA_BROKERS is set' }, () => {
    it('keeps the data when the broker is killed and restarted', async () => {
      const running = await startKafka({ version })
      try {
        const topic = await kafka.createTopic(running.brokers, kafka.uniqueName('kept'), 3)
        await kafka.produceRaw(running.brokers, topic, [{ value: 'before', partition: 2 }])

        await running.kill()
        await assert.rejects(kafka.describe(running.brokers), /ECONNREFUSED/)
        await running.restart()
        await kafka.produceRaw(running.brokers, topic, [{ value: 'after the kill', partition: 2 }])

        await running.restart()
        await kafka.produceRaw(running.brokers, topic, [{ value: 'after a clean restart', partition: 2 }])

        const records = await kafka.readAll(running.brokers, topic)
        assert.deepEqual(records.map(({ offset, value }) => [offset, String(value)]),
          [[0, 'before'], [1, 'after the kill'], [2, 'after a clean restart']])
      } finally {
        await running.stop()
      }
    })

    it('answers nobody while paused, and everybody afterwards', async () => {
      const running = await startKafka({ version })
      try {
        await running.pause()
        const address = { ...parseAddress(running.brokers), timeout: 500 }
        const question = withConnection(address, (connection) => metadata(connection))
        await assert.rejects(question, /did not answer within 500 ms/)
        await running.resume()
        assert.equal((await kafka.describe(running.brokers)).brokers.length, 1)
      } finally {
        await running.stop()
      }
    })

    it('shuts down cleanly with terminate()', async () => {
      const running = await startKafka({ version })
      try {
        await running.terminate()
        await assert.rejects(kafka.describe(running.brokers), /ECONNREFUSED/)
        await running.restart()
        assert.equal((await kafka.describe(running.brokers)).brokers.length, 1)
      } finally {
        await running.stop()
      }
    })

    it('starts three nodes, which can be killed, paused, ended and restarted one by one', async () => {
      const cluster = await startCluster({ version })
      try {
        assert.equal(cluster.pids().length, 3)
        const config = { 'min.insync.replicas': 2 }
        const topic = await kafka.createTopic(cluster.brokers, kafka.uniqueName('three'), 1, config)
        const write = async (/** @type {string} */ address, /** @type {string} */ value) => {
          // the node may not know yet that another is gone, and send the writer there
          for (let attempts = 20; ; attempts--) {
            try {
              return await kafka.produceRaw(address, topic, [{ value }])
            } catch (error) {
              if (attempts === 0 || !/** @type {any} */ (error).retriable) throw error
              await delay(250)
            }
          }
        }
        await write(cluster.brokers, 'on three')

        const killed = await cluster.leaderOf(topic)
        await killed.kill()
        const second = await cluster.leaderOf(topic)
        assert.notEqual(second.id, killed.id)
        await write(second.address, 'on two')
        await killed.restart()
        await cluster.untilInSync(topic)

        await second.pause()
        await second.resume()
        await second.terminate()
        assert.equal(second.running, false)
        const third = await cluster.leaderOf(topic)
        await write(third.address, 'after a clean end')

        await cluster.heal()
        await cluster.untilInSync(topic)
        const records = await kafka.readAll(cluster.brokers, topic)
        assert.deepEqual(records.map(({ value }) => String(value)), ['on three', 'on two', 'after a clean end'])
      } finally {
        await cluster.stop()
      }
      await assert.rejects(kafka.describe(cluster.brokers), /ECONNREFUSED/)
    })

    it('ends every process and removes the data with stop()', async () => {
      const running = await startKafka({ version })
      const pids = running.pids()
      assert.equal(pids.length, version === '4' ? 1 : 2)
      await running.stop()
      assert.deepEqual(pids.filter(isAlive), [])
      await running.stop()
      await assert.rejects(running.restart(), /have been stopped/)
    })

    it('leaves nothing behind when the process that started it is killed', async () => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-script-test-'))
      const program = `require(${JSON.stringify(INDEX)}).startKafka({ version: '${version}' })
        .then((kafka) => { process.send(kafka.pids()); setInterval(() => {}, 1000) })`
      const parent = spawn(process.execPath, ['-e', program], {
        env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'inherit', 'inherit', 'ipc']
      })
      try {
        const [pids] = await once(parent, 'message')
        assert.ok(pids.length > 0 && pids.every(isAlive))
        parent.kill('SIGKILL')
        await until(() => !pids.some(isAlive))
        await until(() => fs.readdirSync(folder).length === 0)
      } finally {
        parent.kill('SIGKILL')
        fs.rmSync(folder, { recursive: true, force: true })
      }
    })
  })

  describe(`helpers for tests with Kafka ${version}`,
    { timeout: 300000, skip: external && 'KAFKA_BROKERS is set' }, () => {
      after(() => kafka.releaseAll())

      it('read back what they wrote, with keys, headers and timestamps', async () => {
        const address = await kafka.brokers(version)
        const topic = await kafka.createTopic(address, kafka.uniqueName('helpers'), 2)
        await kafka.produceRaw(address, topic, [
          { key: 'k', value: 'v', partition: 1, headers: { h: 'x' }, timestamp: '1700000000123' },
          { value: null }
        ])
        await kafka.produceRaw(address, topic, Array.from({ length: 500 }, () => ({ value: 'z' })), { compression: 1 })
        const records = await kafka.readAll(address, topic)
        assert.equal(records.length, 502)
        assert.equal(records[0].value, null)
        assert.equal(String(records[500].value), 'z')
        assert.deepEqual(records[501], {
          partition: 1,
          offset: 0,
          key: Buffer.from('k'),
          value: Buffer.from('v'),
          timestamp: 1700000000123,
          headers: [['h', Buffer.from('x')]]
        })
        await kafka.deleteTopic(address, topic)
      })

      it('show what a group has committed and who is in it', async () => {
        const address = await kafka.brokers(version)
        const topic = await kafka.createTopic(address, kafka.uniqueName('group'), 2)
        const groupId = kafka.uniqueName('group')
        assert.deepEqual(await kafka.committed(address, groupId, topic), {})
        await kafka.produceRaw(address, topic, [{ value: 'x' }])

        const consumer = kafka.kafkaJs(address).consumer({ groupId, maxWaitTimeInMs: 100 })
        await consumer.connect()
        await consumer.subscribe({ topic, fromBeginning: true })
        await new Promise((resolve) => {
          consumer.run({ autoCommit: false, eachMessage: async () => resolve(undefined) })
        })
        const { state, members } = await kafka.groupMembers(address, groupId)
        assert.equal(state, 'Stable')
        assert.deepEqual(members.map(({ assignment }) => assignment), [{ [topic]: [0, 1] }])
        await consumer.commitOffsets([{ topic, partition: 0, offset: '1', metadata: 'm' }])
        await consumer.disconnect()

        assert.deepEqual(await kafka.committed(address, groupId, topic), { 0: { offset: 1, metadata: 'm' } })
        assert.equal((await kafka.groupMembers(address, groupId)).state, 'Empty')
      })
    })
}

describe('tools/kafka', { timeout: 300000, skip: external && 'KAFKA_BROKERS is set' }, () => {
  it('refuses a port that is in use', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = /** @type {net.AddressInfo} */ (server.address())
    await assert.rejects(startKafka({ port }), { code: 'EADDRINUSE', message: /Port \d+ of 127\.0\.0\.1 is in use/ })
    server.close()
  })

  it('runs in the foreground, with topics, until it is asked to stop', async () => {
    const child = spawn(process.execPath, [CLI, 'start', '--topic', 'test:2'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(child.stdout, 'data')
    const address = String(/on (127\.0\.0\.1:\d+)/.exec(line)?.[1])
    const { topics } = await kafka.describe(address)
    assert.deepEqual(topics.map(({ name, partitions }) => [name, partitions.length]), [['test', 2]])
    child.kill('SIGINT')
    assert.deepEqual(await once(child, 'exit'), [0, null])
    await assert.rejects(kafka.describe(address), /ECONNREFUSED/)
  })

  it('runs detached until stop', async () => {
    const env = { ...process.env, KAFKA_BROKERS: '' }
    const cli = async (/** @type {string[]} */ ...args) => {
      const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
      const [chunks, [code]] = await Promise.all([child.stdout.toArray(), once(child, 'exit')])
      assert.equal(code, 0)
      return Buffer.concat(chunks).toString()
    }
    const port = String(/127\.0\.0\.1:(\d+)/.exec(await cli('start', '--detach'))?.[1])
    try {
      assert.match(await cli('status'), new RegExp(`on 127\\.0\\.0\\.1:${port} `))
    } finally {
      assert.match(await cli('stop', '--port', port), /^Stopped Kafka 4/)
    }
    assert.doesNotMatch(await cli('status'), new RegExp(`:${port} `))
    await assert.rejects(kafka.describe(`127.0.0.1:${port}`), /ECONNREFUSED/)
  })
})

describe('a Kafka named by KAFKA_BROKERS', { timeout: 300000, skip: external && 'KAFKA_BROKERS is set' }, () => {
  it('is used, and is neither killed nor stopped', async () => {
    const owned = await startKafka()
    process.env.KAFKA_BROKERS = owned.brokers
    process.env.KAFKA_VERSION = owned.version
    try {
      const borrowed = await startKafka()
      assert.deepEqual([borrowed.brokers, borrowed.version, borrowed.external], [owned.brokers, owned.version, true])
      await assert.rejects(borrowed.kill(), /Cannot kill the Kafka at .*: KAFKA_BROKERS named it/)
      await borrowed.stop()
      assert.equal((await kafka.describe(owned.brokers)).brokers.length, 1)
      await assert.rejects(startKafka({ version: '3.9' }), /Kafka 3\.9 was asked for, but KAFKA_VERSION says/)
    } finally {
      delete process.env.KAFKA_BROKERS
      delete process.env.KAFKA_VERSION
      await owned.stop()
    }
  })
})
