'use strict'

const { spawnSync } = require('node:child_process')
const path = require('node:path')

/** Kafka 4 brokers do not run on an older Java, and one Java for both versions keeps the setup simple. */
const JAVA_MAJOR = 17

/**
 * The `java` to run: `JAVA_HOME`'s if set, otherwise the one on the path.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
function javaCommand (env = process.env) {
  return env.JAVA_HOME ? path.join(env.JAVA_HOME, 'bin', 'java') : 'java'
}

/**
 * The major version in the output of `java -version`, or 0 if there is none: `1.8.0_392` is 8, `17.0.15` is 17.
 *
 * @param {string} text
 * @returns {number}
 */
function parseJavaMajor (text) {
  const match = /version "(?:1\.)?(\d+)/.exec(text)
  return match ? Number(match[1]) : 0
}

/**
 * @param {string} command
 * @param {string[]} args
 * @returns {string | null} what it printed, or null if it does not exist or fails
 */
function output (command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 30000 })
  if (result.error || result.status !== 0) return null
  return result.stdout + result.stderr
}

/** @returns {number} the major version of Java, 0 without Java */
function javaMajor () {
  return parseJavaMajor(output(javaCommand(), ['-version']) || '')
}

/** @returns {boolean} */
function hasMaven () {
  return output('mvn', ['-v']) !== null
}

/** @returns {boolean} whether Docker's engine answers and `docker compose` exists */
function hasDocker () {
  return output('docker', ['compose', 'version']) !== null &&
    output('docker', ['version', '--format', '{{.Server.Version}}']) !== null
}

/**
 * Says what is missing to run Kafka's own jars, and how to get it.
 *
 * @param {{ java: number, maven: boolean }} found `java` is a major version, 0 for none
 * @returns {string | null} null when nothing is missing
 */
function missingToolsMessage (found) {
  const lacks = []
  if (found.java === 0) lacks.push(`java (${JAVA_MAJOR} or newer)`)
  else if (found.java < JAVA_MAJOR) lacks.push(`java ${JAVA_MAJOR} or newer (found: ${found.java})`)
  if (!found.maven) lacks.push('mvn (Maven)')
  if (lacks.length === 0) return null
  const needsJava = found.java < JAVA_MAJOR
  const debian = [needsJava && `openjdk-${JAVA_MAJOR}-jre-headless`, !found.maven && 'maven'].filter(Boolean)
  const mac = [needsJava && `openjdk@${JAVA_MAJOR}`, !found.maven && 'maven'].filter(Boolean)
  return [
    `Real Kafka cannot be started: ${lacks.join(' and ')} missing.`,
    `  Debian, Ubuntu: sudo apt-get install -y ${debian.join(' ')}`,
    `  macOS:          brew install ${mac.join(' ')}`,
    'Or start Docker, or name a running Kafka: KAFKA_BROKERS=host:port'
  ].join('\n')
}

module.exports = { JAVA_MAJOR, javaCommand, parseJavaMajor, javaMajor, hasMaven, hasDocker, missingToolsMessage }
