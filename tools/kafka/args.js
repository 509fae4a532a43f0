'use strict'

const USAGE = `Usage: node tools/kafka/cli.js COMMAND [options]

  start    start a real Kafka and run until Ctrl-C
    --version 4|3.9           default: 4
    --port N                  default: a random free port; the article's scripts expect 9092
    --topic name[:partitions] create a topic; may be repeated
    --detach                  return when it is ready, and leave it running
  status   list what is running
  stop     end what is running
    --port N                  only the one on this port`

/**
 * @typedef {object} Arguments
 * @property {'start' | 'stop' | 'status' | 'help'} command
 * @property {'4' | '3.9'} version
 * @property {number | undefined} port
 * @property {{ name: string, partitions: number }[]} topics
 * @property {boolean} detach
 */

/**
 * @param {string} text
 * @returns {{ name: string, partitions: number }}
 */
function parseTopic (text) {
  const match = /^([A-Za-z0-9._-]{1,249})(?::(\d+))?$/.exec(text)
  const partitions = match && match[2] !== undefined ? Number(match[2]) : 1
  if (!match || partitions < 1) {
    throw new Error(`--topic ${JSON.stringify(text)} is not name:partitions, such as test:3`)
  }
  return { name: match[1], partitions }
}

/**
 * @param {string} text
 * @returns {number}
 */
function parsePort (text) {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) {
    throw new Error(`--port ${JSON.stringify(text)} is not a number from 1 to 65535`)
  }
  return port
}

/**
 * @param {string[]} argv without node and the script
 * @returns {Arguments}
 * @throws {Error} naming what is wrong
 */
function parseArguments (argv) {
  /** @type {Arguments} */
  const result = { command: 'help', version: '4', port: undefined, topics: [], detach: false }
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h') || argv[0] === 'help') return result
  const [command, ...rest] = argv
  if (command !== 'start' && command !== 'stop' && command !== 'status') {
    throw new Error(`Unknown command ${JSON.stringify(command)}: use start, stop or status`)
  }
  result.command = command
  while (rest.length > 0) {
    const [, option, inline] = /** @type {RegExpExecArray} */ (/^([^=]*)(?:=([^]*))?$/.exec(String(rest.shift())))
    const value = () => {
      const text = inline === undefined ? rest.shift() : inline
      if (text === undefined) throw new Error(`${option} needs a value`)
      return text
    }
    const allowed = command === 'start' ? ['--version', '--port', '--topic', '--detach'] : ['--port']
    if (!allowed.includes(option)) throw new Error(`${command} knows no option ${JSON.stringify(option)}`)
    if (option === '--port') result.port = parsePort(value())
    else if (option === '--topic') result.topics.push(parseTopic(value()))
    else if (option === '--detach') result.detach = true
    else {
      const version = value()
      if (version !== '4' && version !== '3.9') throw new Error(`--version ${JSON.stringify(version)} is not 4 or 3.9`)
      result.version = version
    }
  }
  return result
}

module.exports = { USAGE, parseArguments }
