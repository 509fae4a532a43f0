'use strict'

// The tests of a service run by Jest, the real one: with its fake timers, its module registry, and the look for open
// handles at its end.

const assert = require('node:assert/strict')
const fs = require('node:fs')
const path = require('node:path')
const { after, before, describe, it } = require('node:test')

const { installedApplication } = require('../support/installed')
const { npmCommand, run } = require('../../scripts/lib/processes')

const JEST = '30.5.2'

describe("a service's tests, run by Jest", { timeout: 300000 }, () => {
  /** @type {Awaited<ReturnType<typeof installedApplication>>} */
  let application

  before(async () => {
    application = await installedApplication('jest')
    const tools = path.join(application.folder, 'tools')
    fs.mkdirSync(tools)
    fs.writeFileSync(path.join(tools, 'package.json'), JSON.stringify({ name: 'tools', private: true }))
    const npm = npmCommand()
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
    const options = { cwd: tools, shell: npm.shell }
    const { code, output } = await run(npm.command, [...npm.args, ...args, `jest@${JEST}`], options)
    assert.equal(code, 0, output)
    fs.copyFileSync(path.join(__dirname, 'jest', 'service.js'), path.join(application.folder, 'service.test.js'))
  })

  after(() => application && application.remove())

  /** @param {string[]} args of Jest */
  function jest (...args) {
    const bin = path.join(application.folder, 'tools', 'node_modules', 'jest', 'bin', 'jest.js')
    return run(process.execPath, [bin, '--rootDir', application.folder, '--ci', ...args], { cwd: application.folder })
  }

  it('pass with real and fake timers, and Jest ends by itself', async () => {
    const { code, output } = await jest()
    assert.equal(code, 0, output)
    assert.match(output, /5 passed, 5 total/)
    assert.doesNotMatch(output, /did not exit|failed to exit/)
  })

  it('leave no handle open that --detectOpenHandles would name', async () => {
    const { code, output } = await jest('--detectOpenHandles')
    assert.equal(code, 0, output)
    assert.match(output, /5 passed, 5 total/)
    assert.doesNotMatch(output, /open handle/)
  })
})
