'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')
const { root } = require('./paths')
const { versionOf } = require('./processes')

const RUSTUP = "curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y"

/** @typedef {{name: string, install: string}} MissingTool what is missing, and the command that installs it */

/**
 * Package names per package manager. The first manager found on the system provides the command.
 *
 * @type {{manager: string, install: string, packages: Record<string, string>}[]}
 */
const MANAGERS = [
  {
    manager: 'apt-get',
    install: 'sudo apt-get install -y',
    packages: {
      cc: 'build-essential',
      make: 'build-essential',
      perl: 'perl',
      java: 'openjdk-17-jdk-headless',
      mvn: 'maven'
    }
  },
  {
    manager: 'dnf',
    install: 'sudo dnf install -y',
    packages: {
      cc: 'gcc gcc-c++',
      make: 'make',
      perl: 'perl-core',
      java: 'java-17-openjdk-headless',
      mvn: 'maven'
    }
  },
  {
    manager: 'apk',
    install: 'sudo apk add',
    packages: {
      cc: 'build-base',
      make: 'build-base',
      perl: 'perl',
      java: 'openjdk17-jre-headless',
      mvn: 'maven'
    }
  },
  {
    manager: 'pacman',
    install: 'sudo pacman -S --needed',
    packages: {
      cc: 'base-devel',
      make: 'base-devel',
      perl: 'perl',
      java: 'jre17-openjdk-headless',
      mvn: 'maven'
    }
  },
  {
    manager: 'brew',
    install: 'brew install',
    packages: {
      perl: 'perl',
      java: 'openjdk@17',
      mvn: 'maven'
    }
  }
]

/** @param {string} name */
function onPath (name) {
  return (process.env.PATH || '').split(path.delimiter).some((dir) => dir && fs.existsSync(path.join(dir, name)))
}

/** @param {string} tool */
function installCommand (tool) {
  if (process.platform === 'darwin' && (tool === 'cc' || tool === 'make')) return 'xcode-select --install'
  const manager = MANAGERS.find((candidate) => onPath(candidate.manager))
  const packages = manager && manager.packages[tool]
  return packages ? `${manager.install} ${packages}` : `install ${tool} with your system's package manager`
}

function rustChannel () {
  const pinned = fs.readFileSync(path.join(root, 'rust-toolchain.toml'), 'utf8')
  const channel = /channel\s*=\s*"([^"]+)"/.exec(pinned)
  return channel ? channel[1] : 'stable'
}

function checkRust () {
  if (!onPath('cargo') && !onPath('cargo.exe')) {
    return { name: 'Rust (cargo)', install: `${RUSTUP}   # then open a new shell` }
  }
  // Run in the checkout, so that rustup reports the toolchain that rust-toolchain.toml pins.
  const cargo = spawnSync('cargo', ['--version'], { cwd: root, encoding: 'utf8' })
  if (cargo.status === 0) return null
  return {
    name: `Rust ${rustChannel()}`,
    install: `rustup toolchain install ${rustChannel()} --profile minimal --component rustfmt --component clippy`
  }
}

function checkCompiler () {
  const candidates = [process.env.CC || 'cc', 'gcc', 'clang']
  if (candidates.some((compiler) => versionOf(compiler, ['--version']))) return null
  return { name: 'a C compiler', install: installCommand('cc') }
}

function checkMake () {
  return versionOf('make', ['--version']) ? null : { name: 'make', install: installCommand('make') }
}

function checkPerl () {
  // OpenSSL's Configure needs modules that minimal perl installations lack.
  const modules = ['-MFindBin', '-MIPC::Cmd', '-MFile::Compare', '-MFile::Copy', '-e', 'print "perl"']
  return versionOf('perl', modules) ? null : { name: 'perl with its core modules', install: installCommand('perl') }
}

function checkJava () {
  const answer = versionOf('java', ['-version'])
  const version = answer && /version "(?:1\.)?(\d+)/.exec(answer)
  if (version && Number(version[1]) >= 17) return null
  const name = version ? `Java 17 or newer (found ${version[1]})` : 'Java 17 or newer'
  return { name, install: installCommand('java') }
}

function checkMaven () {
  const windows = process.platform === 'win32'
  const answer = versionOf(windows ? 'mvn.cmd' : 'mvn', ['-version'], { shell: windows })
  return answer ? null : { name: 'Maven', install: installCommand('mvn') }
}

function checkNode () {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const enough = major > 22 || (major === 22 && minor >= 13) || (major === 20 && minor >= 17)
  if (enough) return null
  return { name: `Node.js 20.17+, 22.13+ or 24+ (found ${process.versions.node})`, install: 'nvm install 24' }
}

/**
 * @param {(MissingTool | null)[]} checks
 * @returns {MissingTool[]}
 */
function onlyMissing (checks) {
  return checks.flatMap((check) => check || [])
}

/** The minimum that the project's scripts need. */
function missingBasics () {
  return onlyMissing([checkNode()])
}

/** Tools that a build needs and this machine lacks. */
function missingBuildTools () {
  return onlyMissing([checkNode(), checkRust(), checkCompiler(), checkMake(), checkPerl()])
}

/** Tools for tests on real Kafka that this machine lacks; none if a cluster is named or Docker is available. */
function missingKafkaTools () {
  if (process.env.KAFKA_BROKERS) return []
  const missing = onlyMissing([checkJava(), checkMaven()])
  if (missing.length && versionOf('docker', ['info', '--format', '{{.ServerVersion}}'])) return []
  return missing
}

/**
 * The list of missing tools, as text for people.
 *
 * @param {MissingTool[]} missing
 */
function describeMissing (missing) {
  const lines = missing.map(({ name, install }) => `  - ${name}\n      ${install}`)
  return lines.join('\n')
}

module.exports = { missingBuildTools, missingKafkaTools, missingBasics, describeMissing }
