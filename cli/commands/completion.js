'use strict'

const { Argument } = require('commander')
const { Output } = require('../output')

// Scripts for shells, made of the commands and options that there are.

/**
 * @typedef {import('commander').Command} Command
 * @typedef {{ path: string[], commands: string[], options: Array<{ long: string, description: string }> }} Place
 */

/**
 * @param {Command} command
 * @param {string[]} [path]
 * @returns {Place[]} the command and those within it
 */
function places (command, path = []) {
  const commands = command.commands.filter(each => each.name() !== 'help')
  const own = /** @type {any} */ (command).options
    .map((/** @type {any} */ { long, description }) => ({ long, description }))
  return [
    { path, commands: commands.map(each => each.name()), options: [...own, { long: '--help', description: 'help' }] },
    ...commands.flatMap(each => places(each, [...path, each.name()]))
  ]
}

/** @param {Place} place */
const words = ({ commands, options }) => [...commands, ...options.map(({ long }) => long)].join(' ')

/**
 * @param {string[]} path
 * @returns {string} where one is, and the word that leads from there to the path
 */
const step = path => `${path.slice(0, -1).join('/')} ${path[path.length - 1]}`

/** @param {Place[]} all */
function bash (all) {
  const steps = all.filter(({ path }) => path.length > 0)
    .map(({ path }) => `      '${step(path)}') path='${path.join('/')}' ;;`)
  const lists = all.map(place => `    '${place.path.join('/')}') words='${words(place)}' ;;`)
  return `# kafka-node-native completion bash
_kafka_node_native () {
  local path='' words='' word i
  for (( i = 1; i < COMP_CWORD; i++ )); do
    word="\${COMP_WORDS[i]}"
    case "$path $word" in
${steps.join('\n')}
    esac
  done
  case "$path" in
${lists.join('\n')}
  esac
  COMPREPLY=( $(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}") )
}
complete -o default -F _kafka_node_native kafka-node-native
`
}

/** @param {Place[]} all */
function zsh (all) {
  const steps = all.filter(({ path }) => path.length > 0)
    .map(({ path }) => `      '${step(path)}') place='${path.join('/')}' ;;`)
  const lists = all.map(place => `    '${place.path.join('/')}') candidates=(${words(place)}) ;;`)
  // `path` is the shell's own.
  return `#compdef kafka-node-native
# kafka-node-native completion zsh
_kafka_node_native () {
  local place='' word
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place $word" in
${steps.join('\n')}
    esac
  done
  case "$place" in
${lists.join('\n')}
  esac
  compadd -- $candidates || _files
}
if [ "$funcstack[1]" = "_kafka_node_native" ]; then
  _kafka_node_native "$@"
else
  compdef _kafka_node_native kafka-node-native
fi
`
}

/** @param {Place[]} all */
function fish (all) {
  const quoted = (/** @type {string} */ text) => `'${text.replace(/[\\']/g, each => `\\${each}`)}'`
  const steps = all.filter(({ path }) => path.length > 0)
    .map(({ path }) => `      case ${quoted(step(path))}\n` +
      `        set place ${quoted(path.join('/'))}`)
  const lines = all.flatMap(({ path, commands, options }) => {
    const when = `complete -c kafka-node-native -n "test (__kafka_node_native_place) = ${quoted(path.join('/'))}"`
    return [
      ...commands.map(name => `${when} -f -a ${name}`),
      ...options.map(({ long, description }) => `${when} -l ${long.slice(2)} -d ${quoted(description)}`)
    ]
  })
  return `# kafka-node-native completion fish
function __kafka_node_native_place
  set -l place ''
  for word in (commandline -opc)[2..-1]
    switch "$place $word"
${steps.join('\n')}
    end
  end
  echo "$place"
end
${lines.join('\n')}
`
}

const SHELLS = new Map([['bash', bash], ['zsh', zsh], ['fish', fish]])

/** @param {Command} program */
module.exports = program => {
  program.command('completion')
    .summary('print a script that completes commands and options')
    .description('Prints a script by which a shell completes commands and options, where the command is on the PATH.')
    .addArgument(new Argument('<shell>').choices([...SHELLS.keys()]))
    .addHelpText('after', `
Examples:
  source <(kafka-node-native completion bash)
  kafka-node-native completion zsh > "\${fpath[1]}/_kafka-node-native"
  kafka-node-native completion fish > ~/.config/fish/completions/kafka-node-native.fish`)
    .action((/** @type {string} */ shell) => {
      const script = /** @type {(all: Place[]) => string} */ (SHELLS.get(shell))
      new Output({}).write(script(places(program)))
    })
}
