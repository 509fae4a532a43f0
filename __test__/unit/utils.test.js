'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const utils = require('../../lib/utils')

const invalid = message => ({ name: 'InvalidConfigError', message })

test('validateConfig names the option, its value and what is allowed', () => {
  utils.validateConfig('clientId', 'aZ0._-')
  utils.validateConfig('options.groupId', '')
  assert.throws(() => utils.validateConfig('options.groupId', 'my group'), invalid(
    'options.groupId my group is illegal, contains a character other than ASCII alphanumerics, \'.\', \'_\' and \'-\''))
  assert.throws(() => utils.validateConfig('clientId', 'line\n'), { name: 'InvalidConfigError' })
})

test('validateTopicNames knows the broker\'s rules', () => {
  assert.equal(utils.validateTopicNames(['a', 'A.b_c-0', '...', 'x'.repeat(249)]), true)
  assert.throws(() => utils.validateTopicNames(['a', '']), invalid('topic name is illegal, cannot be empty'))
  assert.throws(() => utils.validateTopicNames(['.']), invalid('topic name cannot be . or ..'))
  assert.throws(() => utils.validateTopicNames(['..']), invalid('topic name cannot be . or ..'))
  assert.throws(() => utils.validateTopicNames(['x'.repeat(250)]),
    invalid('topic name is illegal, cannot be longer than 249 characters'))
  assert.throws(() => utils.validateTopicNames(['a/b']), invalid(
    'topic name a/b is illegal, contains a character other than ASCII alphanumerics .,_ and -'))
})

test('validateTopics wants partitions to be numbers, where there are any', () => {
  utils.validateTopics(['a', { topic: 'b' }, { topic: 'c', partition: 1 }])
  for (const partition of /** @type {any[]} */ (['0', undefined])) {
    assert.throws(() => utils.validateTopics([{ topic: 'a', partition }]),
      invalid('Offset must be a number and can not contain characters'))
  }
})

test('groupPartitionsByTopic and createTopicPartitionList are inverse', () => {
  const list = [{ topic: 'a', partition: 0 }, { topic: 'a', partition: 1 }, { topic: 'constructor', partition: 0 }]
  const grouped = utils.groupPartitionsByTopic(list)
  assert.deepEqual(grouped, { a: [0, 1], constructor: [0] })
  assert.deepEqual(utils.createTopicPartitionList(grouped), list)
  assert.throws(() => utils.groupPartitionsByTopic(/** @type {any} */ ({})), { name: 'AssertionError' })
})
