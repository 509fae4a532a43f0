'use strict'

const { root } = require('./paths')
const { killGroup, run } = require('./processes')
const { hostTriple, cargoEnv, claimTargetDir } = require('./addon')
const { Tally } = require('./tally')

/**
 * Runs the crate's unit tests. In the release profile and for the named target, as `napi build` does, so that
 * OpenSSL and librdkafka are compiled once for both.
 *
 * @param {{filter?: string, env: NodeJS.ProcessEnv, onStart: (stop: () => void) => void}} options
 */
async function runRustLayer ({ filter, env, onStart }) {
  const args = ['test', '--locked', '--release', '--target', hostTriple()]
  if (filter) args.push(filter)
  claimTargetDir()
  const { code, output } = await run('cargo', args, {
    cwd: root,
    env: cargoEnv(env),
    detached: true,
    onStart: (child) => onStart(() => killGroup(child.pid))
  })
  const tally = new Tally()
  for (const line of output.split('\n')) {
    const test = /^test (.+?) \.\.\. (ok|FAILED|ignored)(?:, (.*))?$/.exec(line)
    if (!test) continue
    const [, name, outcome, reason] = test
    if (outcome === 'ok') tally.pass('cargo test')
    if (outcome === 'FAILED') tally.failures.push({ name, file: 'cargo test', text: '' })
    if (outcome === 'ignored') tally.skipped.push({ name, file: 'cargo test', reason: reason || 'ignored' })
  }
  if (code !== 0) {
    if (tally.failures.length === 0) {
      tally.failures.push({ name: 'the tests compile and run', file: 'cargo test', text: '' })
    }
    tally.output.set('cargo test', output)
  }
  return tally
}

module.exports = { runRustLayer }
