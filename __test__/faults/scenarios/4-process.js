'use strict'

// Processes that close, end, throw, block, are slow, or are many. Most programs are those of __test__/lifecycle and
// __test__/integration: here they run on a real Kafka, and as often as the promise says.

const path = require('node:path')

const kafka = require('../../support/kafka')
const { describe, run, start } = require('../../support/program')

/** @typedef {import('../context').Context} Context */

const EXIT_CODE = 7
/** Limits for `close`: until its callback, and until the process has ended. */
const CLOSE_MS = 5000
/** Limit for a process that is told to end. */
const END_MS = 3000
/**
 * Above that of an idle member. KafkaJS's API hands out Buffers, whose memory is outside V8's heap: V8 collects it when
 * another 64 MiB have been allocated.
 */
const MEMORY_MIB = { 'kafka-node': 64, kafkajs: 128 }
/** The same while it is paused, and takes no records. */
const PAUSED_MIB = 64
const GROWTH_MIB = 20

/** With a young generation of a fixed size: what V8 reserves for it would hide leaks. */
const NODE_ARGS = ['--expose-gc', '--max-semi-space-size=1']

const CLASSES = [
  'KafkaClient', 'Producer', 'HighLevelProducer', 'ProducerStream', 'Consumer', 'ConsumerStream', 'ConsumerGroup',
  'ConsumerGroupStream', 'Offset', 'Admin'
]

/** @param {string} name of a program of the layer `lifecycle` */
const lifecycle = (name) => path.join(__dirname, '..', '..', 'lifecycle', 'programs', name)

/**
 * @param {Context} context
 * @param {string} topic
 * @param {number} count
 * @param {(i: number) => string} [value]
 * @param {number} [partitions]
 */
async function write (context, topic, count, value = () => 'x'.repeat(100), partitions = 1) {
  for (let i = 0; i < count; i += 5000) {
    await kafka.produceRaw(context.brokers, topic, Array.from({ length: Math.min(5000, count - i) }, (_, j) =>
      ({ partition: (i + j) % partitions, value: value(i + j) })))
  }
}

/** @param {Context} context */
function environment (context) {
  return { KAFKA_BROKERS: context.brokers, KAFKA_DOOR: context.door }
}

/** What closes at full flow, of each API: what its program calls `kind`. */
const KINDS = { 'kafka-node': ['group', 'consumer'], kafkajs: ['eachMessage', 'eachBatch'] }

/** What closing programs have shown: the maximum of each. */
class Closings {
  /** @param {Context} context */
  constructor (context) {
    this.context = context
    this.count = 0
    this.callback = 0
    this.exit = 0
  }

  /**
   * @param {string} what
   * @param {number} callback ms
   * @param {number} exit ms
   * @param {{ code: number | null, signal: string | null }} end
   */
  add (what, callback, exit, { code, signal }) {
    const { context } = this
    this.count++
    this.callback = Math.max(this.callback, callback)
    this.exit = Math.max(this.exit, exit)
    context.expect(callback <= CLOSE_MS, `${what}: close called back after ${callback} ms`)
    context.expect(exit <= CLOSE_MS, `${what}: the process ended ${exit} ms after close was called`)
    context.expect(code === EXIT_CODE && signal === null, `${what}: ended with ${code} ${signal}`)
  }

  saw () {
    this.context.saw(`${this.count} closed, in ${this.callback} ms at most; ended after ${this.exit} ms at most`)
  }
}

/** @param {Context} context */
async function closeAtFullFlow (context) {
  const times = context.quick ? 2 : 25
  const topic = await context.createTopic('close')
  await write(context, topic, 100000)
  const program = path.join(__dirname, '..', '..', 'integration', 'programs', 'closing.js')
  for (const inside of [false, true]) {
    const closings = new Closings(context)
    for (let i = 0; i < times * 2; i++) {
      const kind = KINDS[context.door][i % 2]
      const force = i % 4 < 2
      const config = {
        kind,
        options: {
          kafkaHost: context.brokers,
          groupId: context.uniqueName('group'),
          fromOffset: kind === 'group' ? 'earliest' : true
        },
        door: context.door,
        topic,
        after: 1000 + Math.floor(Math.random() * 60000),
        inside,
        force,
        exitCode: EXIT_CODE
      }
      const what = `${kind}, close(${force}) ${inside ? 'inside' : 'outside'} the handler`
      const end = await run(program, { args: [JSON.stringify(config)], deadline: 30000 })
      const events = end.lines.map((line) => JSON.parse(line))
      const of = (/** @type {string} */ name) => events.filter((event) => event[0] === name)
      const [closed] = of('closed')
      const [exited] = of('exit')
      if (!closed || !exited || end.late) {
        context.fail(`${what}: ${describe(end)}`)
        continue
      }
      closings.add(what, closed[3], exited[2], end)
      context.expect(closed[1] === null, `${what}: close failed with ${closed[1]}`)
      context.expect(of('late').length === 0, `${what}: ${of('late').length} emitted after the callback`)
      context.expect(of('gap').length === 0, `${what}: skipped ${JSON.stringify(of('gap')[0])}`)
    }
    closings.saw()
  }
}

/** @param {Context} context */
async function closeWithoutBrokers (context) {
  const topic = await context.createTopic('gone', 3)
  const client = { kafkaHost: context.brokers }
  const options = { ...client, fromOffset: 'earliest' }
  const member = () => context.start('member', {
    options: { ...options, groupId: context.uniqueName('group') }, topics: [topic], exitCode: EXIT_CODE
  })
  const producer = context.start('producer', {
    client, producer: {}, topic, partitions: 3, id: 'p', rate: 500, exitCode: EXIT_CODE
  })
  const consumer = context.start('consumer', { client, topic, partitions: 3, exitCode: EXIT_CODE })
  const members = [member(), member()]
  const service = context.start('service', {
    ...client,
    groupId: context.uniqueName('group'),
    requests: topic,
    answers: await context.createTopic('answers'),
    exitCode: EXIT_CODE
  })
  await service.see('answering')
  await producer.see('acked')
  for (const reader of [consumer, ...members]) await reader.see('message')
  await context.kafka.kill()
  await context.delay(1000)
  const closings = new Closings(context)
  /** @param {import('../workload').Workload} workload @param {NodeJS.Signals} signal */
  const close = async (workload, signal) => {
    const since = Date.now()
    const timer = setTimeout(() => workload.child.kill('SIGKILL'), 4 * CLOSE_MS)
    const exit = await workload.kill(signal)
    clearTimeout(timer)
    const [closed] = workload.all('closed')
    closings.add(workload.name, closed ? closed[3] : Infinity, exit.time - since, exit)
    return closed && closed[2]
  }
  const outcomes = await Promise.all([
    close(producer, 'SIGUSR2'), close(consumer, 'SIGTERM'), close(members[0], 'SIGUSR2'), close(members[1], 'SIGTERM')
  ])
  closings.saw()
  const since = Date.now()
  const { code, signal, time } = await service.finish(30000)
  context.expect(code === EXIT_CODE && signal === null, `the service ended with ${code} ${signal}`)
  context.expect(time - since <= 2 * CLOSE_MS, `the service took ${time - since} ms to close both`)
  context.saw(`a service with the shutdown that the README shows ended after ${time - since} ms`)
  context.saw(`close(true) of the member called back with ${outcomes[3]}`)
  const answered = new Set([...producer.all('acked'), ...producer.all('failed')].map((event) => event[2]))
  context.expect(answered.size === producer.all('send').length, 'sends were never answered')
  await context.kafka.restart()
}

/** @param {Context} context */
async function handlerThrows (context) {
  const good = 500
  for (const kind of ['Consumer', 'ConsumerGroup']) {
    const topics = []
    for (let i = 0; i < 2; i++) {
      const topic = await context.createTopic('throw')
      topics.push(topic)
      await write(context, topic, good + 1, (n) => n === good ? 'bad' : 'good')
    }
    const committed = async (/** @type {string} */ topic) =>
      Math.max(0, ...(await context.committed(`${topic}-group`, topic)).map(({ offset }) => offset))
    const settings = (/** @type {string} */ topic, /** @type {string} */ handling) =>
      ({ args: [kind, topic, handling, '1'], env: environment(context) })

    const [unhandled, handled] = topics
    const end = await run(lifecycle('throw.js'), settings(unhandled, 'unhandled'))
    const isAsNode = end.code === 1 && end.signal === null && !end.late && /thrown by the user/.test(end.stderr)
    context.expect(isAsNode, `${kind}, unhandled: ${describe(end)}`)
    const first = await committed(unhandled)
    context.expect(first <= good, `${kind}, unhandled: ${first} was committed, though record ${good} threw`)

    const program = start(lifecycle('throw.js'), settings(handled, 'handled'))
    await program.line('caught the same object')
    await context.delay(1000)
    const second = await committed(handled)
    context.expect(second <= good, `${kind}, handled: ${second} was committed, though record ${good} threw`)
    await write(context, handled, 2, (n) => ['next', 'last'][n])
    const { code, lines } = await program.ended
    const rest = lines.slice(lines.indexOf('message bad'))
    context.expect(code === 0 && rest.join() === 'message bad,caught the same object,message next,message last,closed',
      `${kind}, handled: ended with ${code} after ${rest.join()}`)
    context.saw(`${kind}: record ${good} threw, ${first} and ${second} were committed`)
  }
}

/**
 * With KafkaJS's API what a handler throws is no error of the process: the record comes again, and when it has failed
 * too often the consumer crashes.
 *
 * @param {Context} context
 */
async function handlerRejects (context) {
  const good = 500
  for (const kind of KINDS.kafkajs) {
    for (const restarts of [false, true]) {
      const topic = await context.createTopic('throw')
      await write(context, topic, good + 1, (n) => n === good ? 'bad' : 'good')
      const groupId = context.uniqueName('group')
      const what = `${kind}, ${restarts ? 'starts again' : 'stays away'}`
      const program = context.start('throwing', { kafkaHost: context.brokers, groupId, topic, kind, restarts })
      const [, , ...crash] = await program.see('crash')
      context.expect(String(crash) === String([restarts, 'KafkaJSNumberOfRetriesExceeded', true]),
        `${what}: crashed with ${crash}`)
      const [commit] = await context.committed(groupId, topic)
      context.expect(commit && commit.offset === good, `${what}: ${commit && commit.offset} was committed, not ${good}`)
      if (restarts) {
        await program.see('crash', { after: program.all('crash')[0][0] + 1 })
        program.child.kill('SIGUSR2')
        await write(context, topic, 2, (n) => ['next', 'last'][n])
      }
      const { code, signal } = await program.ended
      context.expect(code === 0 && signal === null, `${what}: ended with ${code} ${signal}`)
      const rest = program.all('message').slice(good).map((event) => event[2])
      // two attempts each time; when it starts again the last one succeeds
      const wanted = restarts ? /^bad,bad,bad,(bad,)+next,last$/ : /^bad,bad$/
      context.expect(wanted.test(rest.join()), `${what}: after the good ones came ${rest}`)
      context.saw(`${what}: record ${good} threw, ${commit && commit.offset} was committed at the crash`)
    }
  }
}

/** @param {Context} context */
async function blockedLoop (context) {
  const block = context.quick ? 9000 : 20000
  const topic = await context.createTopic('blocked')
  const options = {
    kafkaHost: context.brokers, groupId: context.uniqueName('group'), fromOffset: 'earliest', sessionTimeout: 6000
  }
  const member = context.start('blocked', { options, topic, block })
  const [, , memberId] = await member.see('joined')
  await write(context, topic, 1000)
  await member.see('blocking')
  await context.delay(block - 1000)
  const { state, members } = await kafka.groupMembers(context.brokers, options.groupId)
  context.expect(members.length === 1 && members[0].memberId === memberId && state === 'Stable',
    `after ${block - 1000} ms the group was ${state} with ${JSON.stringify(members)}, not with ${memberId}`)
  await member.see((event) => event[1] === 'message' && event[2] === 999, { what: 'the last message' })
  const { code, signal } = await member.finish()
  context.expect(code === 0 && signal === null, `it ended with ${code} ${signal}`)
  context.expect(member.all('joined').length === 1, 'it was rebalanced')
  const offsets = member.all('message').map((event) => event[2])
  context.expect(offsets.every((offset, i) => offset === i), 'messages came twice or out of order')
  const [commit] = await context.committed(options.groupId, topic)
  context.expect(commit && commit.offset === 1000, `committed ${commit && commit.offset}, not 1000`)
  context.saw(`blocked for ${block} ms with a session of 6000 ms: the same member, without a rebalance`)
}

/**
 * A member that lets a backlog grow, of small records, then one of large ones: a block of records holds a thousand of
 * those, or one of these.
 *
 * @param {'slow' | 'paused'} how
 * @param {(context: Context) => number} lasts ms
 */
function backlog (how, lasts) {
  return async (/** @type {Context} */ context) => {
    const megabytes = context.quick ? 50 : 500
    for (const { bytes, slow } of [{ bytes: 1000, slow: 2 }, { bytes: 1000000, slow: 50 }]) {
      await letGrow(context, { how, lasts: lasts(context), megabytes, bytes, slow })
    }
  }
}

/**
 * @param {Context} context
 * @param {{ how: 'slow' | 'paused', lasts: number, megabytes: number, bytes: number, slow: number }} what
 */
async function letGrow (context, { how, lasts, megabytes, bytes, slow }) {
  const partitions = 4
  const topic = await context.createTopic('backlog', partitions)
  const options = { kafkaHost: context.brokers, groupId: context.uniqueName('group'), fromOffset: 'earliest' }
  const member = context.start('backlog', { options, topic, how, slow })
  const idle = (await member.see('idle'))[2]
  const filler = context.start('fill', { kafkaHost: context.brokers, topic, partitions, megabytes, bytes })
  const count = (await filler.see('filled', { timeout: 300000 }))[2]
  await context.delay(lasts)
  const waiting = member.all('highest').at(-1)?.[2] ?? idle
  if (how === 'paused') context.expect(member.all('progress').length === 0, 'messages came though it was paused')
  member.child.kill('SIGUSR2')
  await member.see((event) => event[1] === 'progress' && event[2] >= count,
    { timeout: 300000, what: `message ${count}` })
  await member.finish()
  const highest = member.all('highest').at(-1)?.[2] ?? idle
  const total = member.all('progress').at(-1)?.[2]
  context.saw(`${megabytes} MB in records of ${bytes} bytes: idle ${idle} MiB, at most ${waiting} while ${how}, ` +
    `${highest} in all`)
  context.expect(total === count, `${total} came, not ${count}`)
  const wrong = member.all('wrong')
  context.expect(wrong.length === 0, `${wrong.length} came out of order, such as ${wrong[0]}`)
  const rise = waiting - idle
  if (how === 'paused') context.expect(rise <= PAUSED_MIB, `memory rose by ${rise} MiB in the pause`)
  context.expect(highest - idle <= MEMORY_MIB[context.door], `memory rose by ${highest - idle} MiB`)
}

/** @param {Context} context */
async function workers (context) {
  const topics = [await context.createTopic('main'), await context.createTopic('workers')]
  const rounds = context.quick ? '3' : '20'
  const end = await run(lifecycle('workers.js'), {
    args: [...topics, rounds, '8', '200'], env: environment(context), deadline: 600000
  })
  const good = ['threads as before', 'in order true', 'threads gone']
  const others = end.lines.filter((line) => !/^(round|sent|waited)/.test(line))
  context.expect(end.code === 0 && end.signal === null && !end.late && others.join() === good.join(), describe(end))
  const sent = end.lines.find((line) => line.startsWith('sent'))
  const waited = parseInt(String(end.lines.find((line) => line.startsWith('waited'))).slice(7), 10)
  context.expect(waited <= 5000, `the threads were back to the start after ${waited} ms`)
  context.saw(`8 workers terminated ${rounds} times; main: ${sent}, all back in order; threads as before after ` +
    `${waited} ms`)
}

/** @param {Context} context */
async function exitAtRandom (context) {
  const times = context.quick ? 5 : 100
  let longest = 0
  for (let i = 0; i < times; i++) {
    const topic = await context.createTopic('exit', 2)
    const from = i % 3 ? 'first' : 'start'
    const code = 1 + i % 100
    const since = Date.now()
    const end = await run(lifecycle('exit-in-traffic.js'), {
      args: [topic, String(code), '500', from], env: environment(context)
    })
    const said = end.lines.find((line) => line.startsWith('exit after'))
    context.expect(end.code === code && end.signal === null && !end.late, `run ${i}: ${describe(end)}`)
    if (from === 'start') longest = Math.max(longest, Date.now() - since - parseFloat(String(said).slice(11)))
  }
  context.saw(`${times} times: exit code kept, no signal; start and end took ${Math.round(longest)} ms at most`)
  context.expect(longest <= END_MS, `an exit took ${longest} ms`)
}

/** @param {Context} context */
async function documentedShutdown (context) {
  const times = context.quick ? 2 : 20
  let longest = 0
  let total = 0
  for (let i = 0; i < times; i++) {
    const [requests, answers] = [await context.createTopic('requests', 3), await context.createTopic('answers', 3)]
    const client = { kafkaHost: context.brokers }
    const traffic = context.start('producer', {
      client, producer: {}, topic: requests, partitions: 3, id: 'p', rate: 2000
    })
    const groupId = context.uniqueName('group')
    const service = context.start('service', { ...client, groupId, requests, answers, exitCode: EXIT_CODE })
    // half of them under full load, half at a random moment of the start
    await service.see(i % 2 ? 'started' : 'answering')
    await context.delay(Math.random() * 1000)
    const since = Date.now()
    const { code, signal, time } = await service.finish(20000)
    longest = Math.max(longest, time - since)
    await traffic.finish()
    context.expect(code === EXIT_CODE && signal === null, `ended with ${code} ${signal}`)
    context.expect(time - since <= END_MS, `took ${time - since} ms to end`)
    const taken = service.all('message')
    total += taken.length
    const answered = service.all('answered').filter((event) => event[4] === null)
    const written = await context.readLog(answers)
    context.expect(taken.length === answered.length && answered.length === written.length,
      `${taken.length} taken, ${answered.length} answered, ${written.length} answers in the log`)
    for (const { partition, offset } of await context.committed(groupId, requests)) {
      const next = Math.max(0, ...taken.filter((event) => event[2] === partition).map((event) => event[3] + 1))
      context.expect(offset === next, `partition ${partition}: took up to ${next}, committed ${offset}`)
    }
  }
  context.saw(`${times} times: exit code kept, ended within ${longest} ms, all ${total} taken were answered and ` +
    'committed')
}

/** @param {Context} context */
async function cycles (context) {
  const count = context.quick ? '20' : '1000'
  const warmUp = context.quick ? '10' : '100'
  const grown = []
  for (const name of CLASSES) {
    // one record, so that all rounds do the same
    const topic = await context.createTopic('cycles')
    await write(context, topic, 1)
    const end = await run(lifecycle('cycles.js'), {
      args: [name, topic, count, warmUp], nodeArgs: NODE_ARGS, env: environment(context), deadline: 900000
    })
    if (end.code !== 0 || end.lines.length !== 1) {
      context.fail(`${name}: ${describe(end)}`)
      continue
    }
    const { before, after, grown: more } = JSON.parse(end.lines[0])
    context.expect(after.threads.length === 0, `${name}: threads left: ${after.threads}`)
    context.expect(String(after.descriptors) === String(before.descriptors), `${name}: descriptors left`)
    context.expect(more <= GROWTH_MIB, `${name}: grew by ${more.toFixed(1)} MiB`)
    grown.push(`${name} ${more.toFixed(1)}`)
  }
  context.saw(`${count} cycles of each class, growth in MiB: ${grown.join(', ')}`)
}

/** @param {Context} context */
async function loadedTwice (context) {
  for (const way of ['cache', 'contexts']) {
    const topic = await context.createTopic('twice')
    const end = await run(lifecycle('twice.js'), { args: [way, topic], env: environment(context) })
    const good = ['copies differ true', 'got one more', 'got record of copy 0', 'got record of copy 1', 'threads gone']
    context.expect(end.code === 0 && [...end.lines].sort().join() === good.join(), `${way}: ${describe(end)}`)
  }
  context.saw('after a reset of the module cache, and in two contexts')
}

const kafkaWanted = { nodes: /** @type {const} */ (1) }

module.exports = [
  {
    id: 'close-at-full-flow',
    fault: 'close() at full flow, 50 times outside the handler, 50 inside',
    must: 'calls back within 5 s; the process ends by itself with its own exit code; nothing emitted after the ' +
      'callback',
    kafka: kafkaWanted,
    kafkajs: {
      quick: true,
      fault: 'disconnect() at full flow, 50 times outside the handler, 50 inside',
      must: 'resolves within 5 s; the process ends by itself with its own exit code; no message after it has resolved'
    },
    run: closeAtFullFlow
  },
  {
    id: 'close-brokers-gone',
    fault: 'close() with all brokers gone',
    must: 'calls back within 5 s; the process ends by itself with its own exit code; every send is answered',
    kafka: kafkaWanted,
    run: closeWithoutBrokers
  },
  {
    id: 'handler-throws',
    fault: 'handler throws',
    must: 'unhandled, the process ends as Node does; handled, the next record comes; no commit beyond the record',
    kafka: kafkaWanted,
    kafkajs: {
      quick: true,
      must: 'the record comes again, then the consumer crashes with what was thrown; it starts again with the record ' +
        'or, if it must not, the process ends by itself; what came before the record is committed, and no more'
    },
    run: (/** @type {Context} */ context) =>
      context.door === 'kafkajs' ? handlerRejects(context) : handlerThrows(context)
  },
  {
    id: 'loop-blocked',
    fault: 'event loop blocked for 20 s, session 6 s',
    must: 'still a member; everything once',
    kafka: kafkaWanted,
    kafkajs: { quick: true },
    run: blockedLoop
  },
  {
    id: 'slow-handler',
    fault: 'slow handler with a backlog of 500 MB',
    must: 'memory at most 64 MiB above idle (128 if records come as Buffers); then everything once',
    kafka: kafkaWanted,
    kafkajs: { quick: false },
    run: backlog('slow', ({ quick }) => quick ? 3000 : 30000)
  },
  {
    id: 'long-pause',
    fault: 'pause() with a backlog of 500 MB, twice a minute (FAULTS_PAUSE_MS)',
    must: 'memory at most 64 MiB above idle (128 if records come as Buffers); then everything once',
    kafka: kafkaWanted,
    kafkajs: { quick: false },
    run: backlog('paused', ({ quick }) => quick ? 3000 : Number(process.env.FAULTS_PAUSE_MS || 60000))
  },
  {
    id: 'workers-terminated',
    fault: '8 workers under traffic, terminated 20 times',
    must: 'no crash; the main thread loses nothing; threads back to the start',
    kafka: kafkaWanted,
    kafkajs: { quick: true },
    run: workers
  },
  {
    id: 'process-exit',
    fault: 'process.exit() at random moments, 100 times, with traffic',
    must: 'exit code kept, no signal, within 3 s',
    kafka: kafkaWanted,
    kafkajs: { quick: true },
    run: exitAtRandom
  },
  {
    id: 'sigterm',
    fault: 'SIGTERM with the shutdown that the README shows, 20 times, with traffic',
    must: 'exit code kept, no signal, within 3 s; everything taken is answered and committed',
    kafka: kafkaWanted,
    kafkajs: { quick: true },
    run: documentedShutdown
  },
  {
    id: 'cycles',
    fault: '1000 cycles of each class: created, used, closed',
    must: 'threads and descriptors as before, memory at most 20 MiB more after the first 100',
    kafka: kafkaWanted,
    run: cycles
  },
  {
    id: 'loaded-twice',
    fault: 'the addon loaded twice in one process',
    must: 'works in both copies',
    kafka: kafkaWanted,
    run: loadedTwice
  }
]
