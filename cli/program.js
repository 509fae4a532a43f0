'use strict'

const { Command, CommanderError } = require('commander')
const { EXIT, Failed, UsageError, describeFailure } = require('./failures')
const { isInterrupted, watchSignals } = require('./interruption')
const { packageVersion } = require('./version')

// `npx kafka-node-native`: the commands, and how each ends. A command loads what it works with when it runs, so that
// help and completion need no addon.

const NAME = 'kafka-node-native'

const COMMANDS = [
  './commands/topics',
  './commands/produce',
  './commands/consume',
  './commands/groups',
  './commands/top',
  './commands/doctor',
  './commands/devBroker',
  './commands/moveOffsets',
  './commands/completion'
]

const EPILOGUE = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
Each command explains itself: ${NAME} topics create --help`

/** @returns {Command} */
function createProgram () {
  const program = new Command(NAME)
    .description('A Kafka cluster from the shell, through the client that your services use.')
    .version(packageVersion())
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, `${NAME}: `))
    })
    .showHelpAfterError()
    .exitOverride()
    .addHelpText('after', EPILOGUE)
  for (const file of COMMANDS) require(file)(program)
  return program
}

/**
 * @param {unknown} error
 * @returns {number} the exit code
 */
function codeOf (error) {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  return error instanceof UsageError ? EXIT.usage : EXIT.failure
}

/** @param {string[]} argv as in `process.argv` */
async function run (argv) {
  watchSignals()
  try {
    await createProgram().parseAsync(argv)
  } catch (error) {
    process.exitCode = codeOf(error)
    // Commander has printed its own.
    if (error instanceof CommanderError || error instanceof Failed || isInterrupted()) return
    process.stderr.write(`${NAME}: ${describeFailure(error)}\n`)
  }
}

module.exports = { createProgram, run }
