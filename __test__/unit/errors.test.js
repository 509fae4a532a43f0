'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const errors = require('../../lib/errors')
const { ERROR_CODE, errorName } = require('../../lib/internal/errorCodes')

const LIB = path.join(__dirname, '../../lib')

const load = file => require(path.join(LIB, 'errors', file))
const loadInternal = name => require('../../lib/internal/errors')[name]

// file name -> err.name: they differ for those that mirror a broker error
const BY_MESSAGE = {
  BrokerNotAvailableError: 'BrokerNotAvailableError',
  FailedToRebalanceConsumerError: 'FailedToRebalanceConsumerError',
  InvalidConfigError: 'InvalidConfigError',
  InvalidRequestError: 'InvalidRequest',
  NotControllerError: 'NotController',
  TimeoutError: 'TimeoutError',
  MessageSizeTooLargeError: 'MessageSizeTooLarge',
  GroupCoordinatorNotAvailableError: 'GroupCoordinatorNotAvailable',
  GroupLoadInProgressError: 'GroupLoadInProgress',
  HeartbeatTimeoutError: 'HeartbeatTimeout',
  IllegalGenerationError: 'IllegalGeneration',
  NotCoordinatorForGroupError: 'NotCoordinatorForGroup',
  RebalanceInProgressError: 'RebalanceInProgress',
  UnknownMemberIdError: 'UnknownMemberId'
}

for (const [file, name] of Object.entries(BY_MESSAGE)) {
  test(`${file} has the name ${name} and a message that JSON shows`, () => {
    const err = new (load(file))('what happened')
    assert.ok(err instanceof Error)
    assert.equal(err.name, name)
    assert.equal(err.constructor.name, name)
    assert.equal(String(err), `${name}: what happened`)
    assert.equal(JSON.stringify(err), '{"message":"what happened"}')
    assert.ok(err.stack.startsWith(`${name}: what happened\n`))
  })
}

test('an error without a message has an undefined one', () => {
  const err = new errors.InvalidConfigError()
  assert.deepEqual(Object.entries(err), [['message', undefined]])
  assert.equal(String(err), 'InvalidConfigError')
})

test('ApiNotSupportedError has its own message', () => {
  assert.equal(String(new errors.ApiNotSupportedError()),
    'ApiNotSupportedError: The API is not supported by the receiving broker')
})

test('TopicsNotExistError keeps the topics as given and lists them in its message', () => {
  const err = new errors.TopicsNotExistError(['a', 'b'])
  assert.deepEqual(JSON.parse(JSON.stringify(err)), { topics: ['a', 'b'], message: 'The topic(s) a,b do not exist' })
  assert.equal(new errors.TopicsNotExistError('a').topics, 'a')
})

test('SaslAuthenticationError takes the code first', () => {
  const err = new errors.SaslAuthenticationError(58, 'refused')
  assert.deepEqual(JSON.parse(JSON.stringify(err)), { errorCode: 58, message: 'refused' })
  assert.equal(err.name, 'SaslAuthenticationError')
})

test('MessageSizeTooLargeError describes the position it is given', () => {
  const MessageSizeTooLarge = load('MessageSizeTooLargeError')
  assert.equal(new MessageSizeTooLarge({ topic: 't', partition: 1, offset: 7 }).message,
    'Found a message larger than the maximum fetch size of this consumer on topic t partition 1 at fetch offset 7. ' +
    'Increase the fetch size, or decrease the maximum message size the broker will allow.')
})

for (const name of ['InvalidConsumerOffsetError', 'FailedToRegisterConsumerError']) {
  test(`${name} holds its cause and shows its stack`, () => {
    const cause = new Error('cause')
    const err = new errors[name]('effect', cause)
    assert.ok(err instanceof loadInternal('NestedError'))
    assert.equal(String(err), `${name}: effect`)
    assert.equal(err.nested, cause)
    assert.deepEqual(Object.keys(err), ['nested'])
    assert.ok(err.stack.endsWith(`\nCaused By: ${cause.stack}`))
  })

  test(`${name} needs no cause`, () => {
    const err = new errors[name]('effect')
    assert.equal(err.nested, undefined)
    assert.ok(!err.stack.includes('Caused By'))
  })
}

test('QueueFullError can be recognised by its code', () => {
  const err = new errors.QueueFullError('100000 records are waiting')
  assert.ok(err instanceof loadInternal('QueueFullError'))
  assert.equal(String(err), 'QueueFullError: 100000 records are waiting')
  assert.equal(err.code, 'ERR_QUEUE_FULL')
  assert.equal(err.retriable, true)
})

test('the index has kafka-node\'s classes, and QueueFullError', () => {
  const { ConsumerGroupErrors, ...classes } = errors
  assert.deepEqual(Object.keys(classes), [
    'ApiNotSupportedError', 'BrokerNotAvailableError', 'TopicsNotExistError', 'FailedToRegisterConsumerError',
    'InvalidConsumerOffsetError', 'FailedToRebalanceConsumerError', 'InvalidConfigError', 'SaslAuthenticationError',
    'InvalidRequestError', 'QueueFullError'
  ])
  for (const [file, Class] of Object.entries(classes)) {
    assert.equal(Class, file === 'QueueFullError' ? loadInternal(file) : load(file))
  }
  assert.deepEqual(ConsumerGroupErrors.map(({ prototype }) => prototype.name), [
    'GroupCoordinatorNotAvailable', 'GroupLoadInProgress', 'HeartbeatTimeout', 'IllegalGeneration',
    'NotCoordinatorForGroup', 'RebalanceInProgress', 'UnknownMemberId'
  ])
})

test('every file of lib/errors can be required by itself', () => {
  for (const file of fs.readdirSync(path.join(LIB, 'errors'))) {
    if (file !== 'index.js') assert.equal(typeof load(file), 'function', file)
  }
})

test('broker codes have kafka-node\'s names, and every code has one', () => {
  assert.equal(errorName(-1), 'Unknown')
  assert.equal(errorName(3), 'UnknownTopicOrPartition')
  assert.equal(errorName(6), 'NotLeaderForPartition')
  assert.equal(errorName(12), 'OffsetMetadataTooLargeCode')
  assert.equal(errorName(17), 'InvalidTopic')
  assert.equal(errorName(36), 'TopicAlreadyExists')
  assert.equal(errorName(79), 'MemberIdRequired')
  assert.equal(errorName(9999), 'UnknownErrorCode9999')

  const names = Array.from({ length: 135 }, (_, i) => ERROR_CODE[i - 1])
  assert.ok(names.every(name => /^[A-Z][A-Za-z]+$/.test(name)))
  assert.equal(new Set(names).size, names.length)
})

test('a QueueFullError can be created even if stack limits are read-only, and leaves them as they were', () => {
  const before = Error.stackTraceLimit
  assert.equal(new errors.QueueFullError('full').stack, 'QueueFullError: full')
  assert.equal(Error.stackTraceLimit, before)
  // as `node --frozen-intrinsics` does
  Object.defineProperty(Error, 'stackTraceLimit', { writable: false })
  try {
    assert.equal(new errors.QueueFullError('full').message, 'full')
  } finally {
    Object.defineProperty(Error, 'stackTraceLimit', { writable: true })
  }
})
