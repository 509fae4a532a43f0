'use strict'

const { test } = require('node:test')
const assert = require('node:assert/strict')
const { checkPorts, parseHosts } = require('../../lib/internal/hosts')

test('hosts are split at commas, and at their last colon', () => {
  assert.deepEqual(parseHosts('a:1,b.example:9092'), [{ host: 'a', port: 1 }, { host: 'b.example', port: 9092 }])
  assert.deepEqual(parseHosts('[::1]:9092'), [{ host: '::1', port: 9092 }])
  assert.deepEqual(parseHosts('a:1, b:2'), [{ host: 'a', port: 1 }, { host: ' b', port: 2 }])
})

test('a host without a port has none', () => {
  assert.deepEqual(parseHosts('localhost'), [{ host: '', port: NaN }])
  assert.deepEqual(parseHosts('localhost:'), [{ host: 'localhost', port: 0 }])
  assert.deepEqual(parseHosts('localhost:x'), [{ host: 'localhost', port: NaN }])
})

test('a URL is refused: its scheme would be looked up as a host', () => {
  assert.throws(() => parseHosts('a:1,http://b:9092'),
    { name: 'InvalidConfigError', message: 'kafkaHost http://b:9092 is a URL; write each broker as host:port' })
})

test('anything but a string is refused, as kafka-node does', () => {
  for (const hosts of /** @type {any[]} */ ([['a:1'], 9092])) {
    assert.throws(() => parseHosts(hosts), { name: 'TypeError', message: 'hosts.split is not a function' })
  }
})

test('a port that no socket accepts is refused, with the form to use', () => {
  assert.doesNotThrow(() => checkPorts('a:0,b:65535', [{ host: 'a', port: 0 }, { host: 'b', port: 65535 }]))
  for (const port of [NaN, -1, 65536, 1.5]) {
    assert.throws(() => checkPorts(`a:1,bad:${port}`, [{ host: 'a', port: 1 }, { host: 'bad', port }]), {
      name: 'RangeError', code: 'ERR_SOCKET_BAD_PORT', message: /the port of "bad" .* Write each broker as host:port$/
    })
  }
})

test('a host without a port is quoted as it was given', () => {
  assert.throws(() => checkPorts('x', parseHosts('x')), { message: /^kafkaHost: the port of "x" should be/ })
  assert.throws(() => checkPorts('a:1,x', parseHosts('a:1,x')), { message: /the port of "x" should be/ })
})
