'use strict'

const { checkCommits, checkSeek, checkSubscription, checkTopicPartitions } = require('./arguments')
const { roundRobin } = require('./assigners')
const { Iteration } = require('./iterate')
const { memberOptions } = require('./options')
const { Pauses } = require('./pauses')
const { Runner, nestedCalls } = require('./runner')
const { KafkaJSNonRetriableError } = require('../errors')
const { toDescription } = require('../groupDescription')
const { MEMBER_IDENTITY } = require('../groupMembers')
const { InstrumentationEmitter, consumerEvents, createOn } = require('../instrumentation')
const { createErrorFromCode } = require('../protocolErrors')
const { createRetry, retryOptions } = require('../retry')
const { PartitionQueues } = require('../../core/consumer/partitionQueues')
const { clearTimeout, setTimeout } = require('../../core/scheduling/timers')

/**
 * @typedef {import('../cluster').Cluster} Cluster
 * @typedef {import('../errors').Caught} Caught
 * @typedef {import('./partition').Partition} Partition
 * @typedef {import('./pauses').TopicPartitions} TopicPartitions
 * @typedef {import('../../kafkajs').ConsumerConfig} ConsumerConfig
 * @typedef {import('../../kafkajs').ConsumerIterationConfig} IterationConfig
 * @typedef {import('./runner').EachBatchHandler} EachBatchHandler
 * @typedef {import('./runner').EachMessageHandler} EachMessageHandler
 * @typedef {import('../../kafkajs').PartitionOffset & { high: string, lag: string }} PartitionLag
 * @typedef {{ topic?: string | RegExp, topics?: Array<string | RegExp>, fromBeginning?: boolean }} Subscription
 *
 * @typedef {object} Handlers
 * @property {EachBatchHandler | null} [eachBatch]
 * @property {EachMessageHandler | null} [eachMessage]
 * @property {number} [partitionsConsumedConcurrently]
 * @typedef {IterationConfig & Handlers} RunConfig
 *
 * @typedef {object} OwnParams
 * @property {Cluster} cluster
 * @property {import('../logger').Logger} logger the root one
 * @property {import('../instrumentation').InstrumentationEmitter} [instrumentationEmitter]
 * @property {import('../groupMembers').GroupMembers | null} [members]
 * @property {number} [isolationLevel]
 * @property {import('../retry').GivenRetry} [retry]
 * @property {Array<import('./assigners').PartitionAssigner>} [partitionAssigners]
 * @typedef {Omit<ConsumerConfig, 'partitionAssigners'> & Pick<OwnParams, 'partitionAssigners'>} ConsumerOptions
 *
 * @typedef {'allowAutoTopicCreation' | 'maxInFlightRequests' | 'readUncommitted'} OfCluster
 * @typedef {Omit<ConsumerConfig, OfCluster | 'partitionAssigners' | 'retry'> & OwnParams} Params
 *
 * @typedef {'groupInstanceId' | 'groupRemoteAssignor' | 'onRebalance' | 'retry' | 'instrumentationEmitter'} Optional
 * @typedef {Required<Omit<Params, Optional | 'members'>> & Pick<Params, Optional>} ContextParams with the defaults
 *
 * @typedef {ReturnType<typeof createContext>} Context what a consumer has for as long as it is there
 * @typedef {object} Source a native handle with what it has brought
 * @property {import('../../core/handles').ConsumerHandle} handle
 * @property {PartitionQueues} queues
 * @property {import('../../core/handles/events').ErrorEvent | null} missed the last error before somebody was there to
 *   hear it
 */

const { CONNECT, CRASH, DISCONNECT, FETCH, FETCH_START, HEARTBEAT, STOP } = consumerEvents

const LEADER_NOT_AVAILABLE = 5

const NOT_INITIALIZED = 'Consumer group was not initialized, consumer#run must be called first'

/** How long a question may take when requests have no limit of their own, ms. */
const REQUEST_TIMEOUT = 30000

/**
 * What outlives single runs.
 *
 * @param {ContextParams} params
 */
function createContext (params) {
  const { cluster, groupId, logger, instrumentationEmitter, retry } = params
  const own = logger.namespace('Consumer')
  const assigners = params.partitionAssigners.map(create =>
    create({ groupId, logger: own, cluster }))
  const options = memberOptions(params, assigners)
  const pauses = new Pauses()
  /** @type {Map<string, Map<number, number>>} positions that the user wants of what is not assigned yet */
  const seeks = new Map()
  /** @type {Map<string, Map<number, Partition>>} partitions that have gone while a handler had them */
  const leftOvers = new Map()
  /** @type {Source | null} */
  let current = null

  const context = {
    /** @type {Runner | null} */
    runner: null,
    cluster,
    groupId,
    rootLogger: logger,
    emitter: instrumentationEmitter || new InstrumentationEmitter(),
    retry,
    assigners,
    protocolName: options.protocolName,
    sessionTimeout: params.sessionTimeout,
    heartbeatInterval: params.heartbeatInterval,
    maxBytesPerPartition: params.maxBytesPerPartition,
    onRebalance: params.onRebalance,
    /** @type {Map<string, { fromBeginning: boolean }>} */
    topics: new Map(),
    pauses,
    seeks,

    requestTimeout: () => (cluster.native && cluster.native.requestTimeout) || REQUEST_TIMEOUT,

    /** @returns {Source} of a cluster that is connected */
    source: () => /** @type {Source} */ (current),

    /** @param {Source} source */
    closeSource: source => {
      if (current !== source) return Promise.resolve()
      current = null
      source.queues.stop()
      return cluster.closePrimary()
    },

    balance: () => {
      if (current !== null) current.queues.balance()
    },

    /**
     * What an assigner may ask for is what there is now: a partition that has been deleted, given to a member, would
     * keep it from starting with all the others.
     *
     * @param {Array<[string, number[]]>} topics
     * @param {string[]} subscribed
     */
    learnPartitions: (topics, subscribed) => {
      const names = new Set(topics.map(([topic]) => topic))
      for (const topic of subscribed) if (!names.has(topic)) cluster.topics.forget(topic)
      for (const [topic, ids] of topics) {
        if (cluster.findTopicPartitionMetadata(topic).length === ids.length) continue
        cluster.topics.take({
          topic,
          error: 0,
          partitions: ids.map(partition => ({ partition, leader: -1, replicas: [], isr: [], error: 0 }))
        })
      }
    },

    /**
     * @param {string} topic
     * @param {number} partition
     */
    takeSeek: (topic, partition) => take(seeks, topic, partition),

    /** @param {Partition} partition that has gone while a handler has it */
    leave: partition => {
      put(leftOvers, partition.topic, partition.partition, partition)
      partition.whenIdle().then(() => {
        const partitions = leftOvers.get(partition.topic)
        if (partitions && partitions.get(partition.partition) === partition) partitions.delete(partition.partition)
      })
    },

    /**
     * Who offsets are committed for in a transaction. While a handler still has a partition that has gone, it is the
     * member of then: the broker refuses that handler's transaction, as it should.
     *
     * @returns {import('../groupMembers').MemberIdentity | null}
     */
    identity: () => {
      if (context.runner === null) return null
      const { memberId, generationId } = context.runner.group
      if (memberId === '') return null
      for (const partitions of leftOvers.values()) {
        for (const partition of partitions.values()) {
          return { memberId, generationId: partition.generationId, groupInstanceId: params.groupInstanceId || null }
        }
      }
      return { memberId, generationId, groupInstanceId: params.groupInstanceId || null }
    },

    /**
     * @param {string} topic
     * @param {number} partition
     */
    leftOver: (topic, partition) => {
      const partitions = leftOvers.get(topic)
      return partitions && partitions.get(partition)
    },

    /** @param {TopicPartitions[]} list */
    pause: list => {
      logger.namespace('ConsumerGroup').info(`Pausing fetching from ${list.length} topics`, { topicPartitions: list })
      pauses.pause(list)
      settleAll()
    },

    /** @param {TopicPartitions[]} list */
    resume: list => {
      logger.namespace('ConsumerGroup').info(`Resuming fetching from ${list.length} topics`, { topicPartitions: list })
      pauses.resume(list)
      settleAll()
    }
  }

  const settleAll = () => {
    if (context.runner === null) return
    for (const partition of context.runner.group.partitions()) {
      if (pauses.isPaused(partition.topic, partition.partition)) {
        partition.isInterrupted = true
        partition.queue.pause()
      } else {
        context.runner.settle(partition)
      }
    }
  }

  // the consumer's own handle answers questions about the cluster, so that no other one is needed
  cluster.openPrimary = () => {
    const queues = new PartitionQueues({
      arrived: queue => { if (context.runner !== null) context.runner.arrived(queue) },
      isHungry: () => context.runner !== null && context.runner.isHungry()
    })
    const handle = cluster.openConsumer(options.settings, {
      records: batch => queues.add(batch),
      event: event => {
        if (event.type === 'topic') queues.learnTopic(event)
        else if (current !== source) return
        else if (context.runner !== null) context.runner.group.hear(event)
        // librdkafka says only once what it does not get a coordinator for
        else if (event.type === 'error' && event.topic === null) source.missed = event
      }
    })
    queues.attach(handle)
    /** @type {Source} */
    const source = { handle, queues, missed: null }
    current = source
    return handle
  }
  cluster.watchRequests(consumerEvents, {
    events: [FETCH, FETCH_START, HEARTBEAT],
    answered: answered => {
      if (context.runner !== null) context.runner.answered(answered)
    }
  })
  return context
}

/**
 * @template T
 * @param {Map<string, Map<number, T>>} map
 * @param {string} topic
 * @param {number} partition
 * @param {T} value
 */
function put (map, topic, partition, value) {
  const partitions = map.get(topic)
  if (partitions) partitions.set(partition, value)
  else map.set(topic, new Map([[partition, value]]))
}

/**
 * @template T
 * @param {Map<string, Map<number, T>>} map
 * @param {string} topic
 * @param {number} partition
 * @returns {T | undefined} which is not there any more
 */
function take (map, topic, partition) {
  const partitions = map.get(topic)
  if (!partitions) return undefined
  const value = partitions.get(partition)
  partitions.delete(partition)
  return value
}

/**
 * Makes a consumer. The factory's parameters are KafkaJS's: agents wrap it.
 *
 * @param {Params} params
 */
function createConsumer ({
  cluster,
  groupId,
  retry,
  logger: rootLogger,
  partitionAssigners = [roundRobin],
  sessionTimeout = 30000,
  rebalanceTimeout = 60000,
  heartbeatInterval = 3000,
  maxBytesPerPartition = 1048576,
  minBytes = 1,
  maxBytes = 10485760,
  maxWaitTimeInMs = 5000,
  isolationLevel = 1,
  rackId = '',
  metadataMaxAge = 300000,
  groupInstanceId,
  groupProtocol = 'classic',
  groupRemoteAssignor,
  onRebalance,
  members = null,
  instrumentationEmitter: givenEmitter
}) {
  if (!groupId) throw new KafkaJSNonRetriableError('Consumer groupId must be a non-empty string.')
  const context = createContext({
    cluster,
    groupId,
    retry,
    logger: rootLogger,
    partitionAssigners,
    sessionTimeout,
    rebalanceTimeout,
    heartbeatInterval,
    maxBytesPerPartition,
    minBytes,
    maxBytes,
    maxWaitTimeInMs,
    isolationLevel,
    rackId,
    metadataMaxAge,
    groupInstanceId,
    groupProtocol,
    groupRemoteAssignor,
    onRebalance,
    instrumentationEmitter: givenEmitter
  })
  const { emitter, pauses, seeks, topics } = context
  const logger = rootLogger.namespace('Consumer')
  if (heartbeatInterval >= sessionTimeout) {
    throw new KafkaJSNonRetriableError(`Consumer heartbeatInterval (${heartbeatInterval}) must be lower than ` +
      `sessionTimeout (${sessionTimeout}). It is recommended to set heartbeatInterval to approximately a third of ` +
      'the sessionTimeout.')
  }

  /** @type {NodeJS.Timeout | null} until a consumer that has crashed starts again */
  let restartTimer = null
  /** @type {Promise<void> | null} */
  let stopping = null
  /** takes this member from those that transactions commit for */
  let forgetMember = () => {}
  /** how often the user has stopped it */
  let stops = 0
  /** it is stopped because of a crash */
  let isCrashing = false

  /** @returns {Runner} */
  const running = () => {
    if (context.runner === null) throw new KafkaJSNonRetriableError(NOT_INITIALIZED)
    return context.runner
  }

  const connect = async () => {
    await cluster.connect()
    emitter.emit(CONNECT)
  }

  /** @type {Pick<Iteration<unknown, unknown>, 'end' | 'isHandling'> | null} that this consumer runs for */
  let iteration = null

  /** @param {number} nested */
  const stopNow = async nested => {
    clearTimeout(restartTimer)
    const { runner } = context
    if (runner !== null) {
      await runner.stop(nested)
      context.runner = null
      forgetMember()
      emitter.emit(STOP)
    }
    clearTimeout(restartTimer)
    logger.info('Stopped', { groupId })
  }

  const stop = () => {
    // the loop over an iterator may be what stops the consumer, and waits for it
    const isInLoop = iteration !== null && iteration.isHandling
    // also while a crash stops it: it must not start again then
    if (!isCrashing) {
      stops++
      seeks.clear()
      // handlers that wait for it return then
      if (iteration !== null) iteration.end(null)
    }
    if (stopping === null) {
      const nested = isInLoop ? 1 : nestedCalls()
      stopping = stopNow(nested).finally(() => { stopping = null })
    } else if (context.runner !== null && nestedCalls() > 0) {
      context.runner.releaseNested()
    }
    return stopping
  }

  const disconnect = async () => {
    const stopped = stop()
    try {
      await stopped
      logger.debug('consumer has stopped, disconnecting', { groupId })
      await cluster.disconnect()
      emitter.emit(DISCONNECT)
    } catch (error) {
      const { message, stack } = /** @type {Error} */ (error)
      logger.error(`Caught error when disconnecting the consumer: ${message}`, { stack, groupId })
      throw error
    }
  }

  const subscribe = async (/** @type {Subscription} */ subscription) => {
    const { fromBeginning = false } = subscription
    if (context.runner !== null) {
      throw new KafkaJSNonRetriableError('Cannot subscribe to topic while consumer is running')
    }
    const list = checkSubscription(subscription)
    await cluster.connect()
    /** @type {string[]} */
    const names = []
    /** @type {string[] | null} of the whole cluster */
    let all = null
    for (const entry of list) {
      if (typeof entry === 'string') {
        names.push(entry)
        continue
      }
      if (all === null) {
        const metadata = await cluster.request(
          { op: 'metadata', topics: null, timeout: context.requestTimeout() }, 'Metadata')
        all = metadata.topics.map(({ topic }) => topic)
      }
      const matched = /** @type {string[]} */ (all).filter(topic => {
        // of one that is global or sticky
        entry.lastIndex = 0
        return entry.test(topic)
      })
      entry.lastIndex = 0
      logger.debug('Subscription based on RegExp',
        { groupId, topicRegExp: entry.toString(), matchedTopics: matched })
      names.push(...matched)
    }
    const before = new Map(topics)
    for (const topic of names) topics.set(topic, { fromBeginning })
    if (names.length === 0) return
    try {
      await learn(names)
    } catch (error) {
      // what could not be subscribed to must not make the next run fail
      for (const topic of names) if (!before.has(topic)) topics.delete(topic)
      throw error
    }
  }

  /**
   * @param {string[]} names which are made if need be, and if that is allowed
   * @throws raw, the first one's error
   */
  const learn = async names => {
    if (cluster.allowAutoTopicCreation !== false) return cluster.addMultipleTargetTopics(names)
    const metadata = await cluster.request(
      { op: 'metadata', topics: names, timeout: context.requestTimeout() }, 'Metadata')
    const failed = metadata.topics.find(({ error }) => error !== 0 && error !== LEADER_NOT_AVAILABLE)
    if (failed) throw createErrorFromCode(failed.error)
  }

  /** @param {RunConfig} options */
  const run = async ({
    autoCommit = true,
    autoCommitInterval = null,
    autoCommitThreshold = null,
    eachBatchAutoResolve = true,
    partitionsConsumedConcurrently = 1,
    eachBatch = null,
    eachMessage = null
  } = {}) => {
    if (context.runner !== null) {
      logger.warn('consumer#run was called, but the consumer is already running', { groupId })
      return
    }
    clearTimeout(restartTimer)
    pauses.clear()
    const options = {
      autoCommit,
      autoCommitInterval,
      autoCommitThreshold,
      eachBatchAutoResolve,
      concurrency: Math.max(1, Number(partitionsConsumedConcurrently) || 1),
      eachBatch,
      eachMessage
    }

    const start = async () => {
      logger.info('Starting', { groupId })
      const runner = new Runner(context, options, onCrash)
      context.runner = runner
      if (members !== null) forgetMember = members.add(groupId, context.identity)
      // one that is stopping has its handle until it has left
      if (stopping !== null) await stopping
      await runner.start()
    }

    /** @param {Caught & { retryCount?: number, retryTime?: number }} error */
    const onCrash = async error => {
      const { name, message, retryCount, stack } = error
      logger.error(`Crash: ${name}: ${message}`, { groupId, retryCount, stack })
      const stopsBefore = stops
      isCrashing = true
      const disconnected = disconnect()
      isCrashing = false
      await disconnected
      const restart = isRetriableCrash(error) && await mayRestart(error)
      emitter.emit(CRASH, { error, groupId, restart })
      if (!restart) {
        if (iteration !== null) iteration.end(error)
        return
      }
      const retryTime = error.retryTime || (retry && retry.initialRetryTime) || retryOptions().initialRetryTime
      // meanwhile: by a listener, or by `restartOnFailure`
      if (stops !== stopsBefore || context.runner !== null) return
      logger.error(`Restarting the consumer in ${retryTime}ms`, { retryCount, retryTime, groupId })
      restartTimer = setTimeout(() => {
        if (context.runner === null) start()
      }, retryTime)
    }

    await start()
  }

  /** @param {Error} error */
  const mayRestart = async error => {
    if (!retry || !retry.restartOnFailure) return true
    try {
      return await retry.restartOnFailure(error)
    } catch (/** @type {any} */ failure) {
      logger.error('Caught error when invoking user-provided "restartOnFailure" callback. Defaulting to restarting.',
        { error: (failure && failure.message) || failure, cause: error.message || error, groupId })
      return true
    }
  }

  const commitOffsets = async (/** @type {Parameters<typeof checkCommits>[0]} */ list = []) => {
    const offsets = checkCommits(list)
    const { group } = running()
    return createRetry(retry)(async () => {
      if (context.runner === null || !context.runner.running) return
      await group.commits.commit(offsets)
    })
  }

  /** @param {import('./arguments').Position} position */
  const seek = position => {
    const { topic, partition, offset } = checkSeek(position)
    const { group } = running()
    const assigned = group.find(topic, partition)
    if (assigned !== undefined && !assigned.isRevoked) group.seek(assigned, offset)
    else put(seeks, topic, partition, offset)
  }

  const pause = (/** @type {TopicPartitions[]} */ list = []) => {
    checkTopicPartitions(list, 'pause')
    running()
    context.pause(list)
  }

  const resume = (/** @type {TopicPartitions[]} */ list = []) => {
    checkTopicPartitions(list, 'resume')
    running()
    context.resume(list)
  }

  const paused = () => {
    if (context.runner === null) return []
    const result = []
    for (const [topic, partitions] of context.runner.group.assigned) {
      const list = [...partitions.keys()].filter(partition => pauses.isPaused(topic, partition)).sort((a, b) => a - b)
      if (list.length > 0) result.push({ topic, partitions: list })
    }
    return result
  }

  const describeGroup = async () => {
    await cluster.connect()
    return createRetry(retry)(async () => toDescription(await cluster.request(
      { op: 'describeGroup', group: groupId, timeout: context.requestTimeout() }, 'DescribeGroups')))
  }

  /**
   * @template T
   * @param {(handler: (thing: T) => Promise<void>) => RunConfig} options
   */
  const iterate = options => {
    /** @type {Iteration<T, RunConfig>} */
    const made = new Iteration({
      stop,
      isRunning: () => context.runner !== null,
      run: runOptions => {
        iteration = made
        return run(runOptions)
      }
    }, options)
    return made
  }

  /** @param {IterationConfig} [options] */
  const messages = (options = {}) => iterate(handler => ({
    ...options, partitionsConsumedConcurrently: 1, eachBatch: null, eachMessage: handler
  }))

  /** @param {IterationConfig} [options] */
  const batches = (options = {}) => iterate(handler => ({
    ...options, partitionsConsumedConcurrently: 1, eachMessage: null, eachBatch: handler
  }))

  const lag = async () => {
    const { group } = running()
    const list = [...group.partitions()]
    if (list.length === 0) return []
    const partitions = list.map(({ topic, partition }) => ({ topic, partition, offset: -1 }))
    const answers = await cluster.request(
      { op: 'offsets', partitions, timeout: context.requestTimeout() }, 'ListOffsets')
    /** @type {Map<string, PartitionLag[]>} */
    const topics = new Map()
    answers.forEach(({ topic, partition, offset: high, error }, i) => {
      if (error !== 0) throw createErrorFromCode(error)
      const { position } = list[i]
      const behind = Math.max(0, high - position)
      const entry = { partition, offset: String(position), high: String(high), lag: String(behind) }
      const entries = topics.get(topic)
      if (entries) entries.push(entry)
      else topics.set(topic, [entry])
    })
    return [...topics].map(([topic, partitions]) =>
      ({ topic, partitions: partitions.sort((a, b) => a.partition - b.partition) }))
  }

  return {
    connect,
    disconnect,
    subscribe,
    stop,
    run,
    commitOffsets,
    seek,
    describeGroup,
    pause,
    paused,
    resume,
    on: createOn(emitter, 'consumer', consumerEvents, logger),
    events: consumerEvents,
    logger: () => logger,
    messages,
    batches,
    lag,
    [MEMBER_IDENTITY]: Object.assign(context.identity, { groupId })
  }
}

/** @param {Caught} error */
function isRetriableCrash (error) {
  if (error.name === 'KafkaJSNumberOfRetriesExceeded') return true
  let cause = error
  while (cause.cause) cause = /** @type {Caught} */ (cause.cause)
  return cause.retriable === true
}

module.exports = createConsumer
