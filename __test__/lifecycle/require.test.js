'use strict'

const { describe: suite, it } = require('node:test')
const assert = require('node:assert/strict')
const path = require('node:path')
const { run, describe } = require('../support/program')

const program = path.join(__dirname, 'programs', 'require.js')

suite('require()', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  it('starts no thread, opens no file and holds no handle', { timeout: 60000 }, async () => {
    const end = await run(program)
    assert.deepEqual([end.code, end.signal], [0, null], describe(end))
    const { before, after } = JSON.parse(end.lines[0])
    assert.deepEqual(after, before)
  })
})
