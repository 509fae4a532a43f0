'use strict'

const { section } = require('../support/section')

/** How each is made. */
const MADE = {
  ApiNotSupportedError: [[]],
  BrokerNotAvailableError: [['a message']],
  TopicsNotExistError: [['a'], [['a', 'b']], [[]]],
  InvalidConfigError: [['a message']],
  SaslAuthenticationError: [[58, 'a message'], [null, 'a message']],
  TimeoutError: [['a message']],
  MessageSizeTooLargeError: [['a message'], [{ topic: 'T', partition: 3, offset: 7 }]],
  InvalidRequestError: [['a message']],
  NotControllerError: [['a message']],
  InvalidConsumerOffsetError: [['a message'], ['a message', new Error('the cause')]],
  FailedToRegisterConsumerError: [['a message'], ['a message', new Error('the cause')]],
  FailedToRebalanceConsumerError: [['a message']],
  GroupCoordinatorNotAvailableError: [['a message']],
  GroupLoadInProgressError: [['a message']],
  HeartbeatTimeoutError: [['a message']],
  IllegalGenerationError: [['a message']],
  NotCoordinatorForGroupError: [['a message']],
  RebalanceInProgressError: [['a message']],
  UnknownMemberIdError: [['a message']]
}

module.exports = section('Errors', (scenario) => {
  scenario('lib/errors has one extra class', {
    contract: '12.1',
    meant: { QueueFullError: { id: 'D18', original: ["'undefined'"], ours: ["'function'"] } }
  }, (t) => {
    t.log('QueueFullError', typeof t.require('lib/errors').QueueFullError)
  })

  scenario('lib/errors holds these classes', { contract: '12.1' }, (t) => {
    const errors = t.require('lib/errors')
    t.log('keys', Object.keys(errors).filter((name) => name !== 'QueueFullError').sort())
    t.log('group errors', errors.ConsumerGroupErrors.map((/** @type {any} */ Class) => Class.name))
    for (const file of Object.keys(MADE)) {
      if (errors[file]) t.log('same object', file, errors[file] === t.require(`lib/errors/${file}`))
    }
  })

  for (const [file, ways] of Object.entries(MADE)) {
    scenario(`${file}: name, message, fields`, { contract: '12.1' }, (t) => {
      const Class = t.require(`lib/errors/${file}`)
      for (const args of ways) {
        const error = new Class(...args)
        t.log('text', error.name, error.message, String(error))
        t.log('fields', Object.keys(error).sort())
        t.log('JSON', Object.entries(JSON.parse(JSON.stringify(error))).sort())
        t.log('kind', error instanceof Error, error instanceof Class, error.constructor === Class)
        t.log('stack', String(error.stack).split('\n')[0], String(error.stack).includes('the cause'))
      }
    })
  }

  scenario('not only instanceof recognises them as errors', {
    contract: '12.1',
    meant: {
      tag: { id: 'D17', original: ["'[object Object]'"], ours: ["'[object Error]'"] },
      native: { id: 'D17', original: ['false'], ours: ['true'] }
    }
  }, (t) => {
    const error = new (t.require('lib/errors/InvalidConfigError'))('a message')
    t.log('tag', Object.prototype.toString.call(error))
    t.log('native', require('node:util').types.isNativeError(error))
  })
})
