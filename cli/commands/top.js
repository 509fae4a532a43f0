'use strict'

const { Option } = require('commander')
const { integer, seconds } = require('../arguments')
const { addConnectionOptions, connection, withAdmin } = require('../connection')
const { describeFailure } = require('../failures')
const { describeAll, forEachOf, groupIds, partitionsOf, totalLag } = require('../groupState')
const { isInterrupted, onInterrupt } = require('../interruption')
const { Output, printable, tableLines } = require('../output')
const { clearTimeout, setTimeout } = require('../../core/scheduling/timers')

const HEAD = ['GROUP', 'STATE', 'MEMBERS', 'LAG', 'READ/S', 'WRITTEN/S']

/**
 * @typedef {import('../connection').ConnectionOptions & { json?: boolean, once?: boolean, interval: number,
 *   sort: 'lag' | 'name' | 'rate', count?: number }} Options
 *
 * @typedef {object} Sample what is known of a group at a time
 * @property {bigint} at ns of a clock that only goes forward
 * @property {Map<string, { committed: bigint | null, end: bigint | null }>} places by topic and partition
 *
 * @typedef {object} Line
 * @property {string} group
 * @property {string} state
 * @property {number} members
 * @property {string} lag
 * @property {number | null} readPerSecond null without an earlier sample
 * @property {number | null} writtenPerSecond
 */

/**
 * How many more there are in the partitions that both samples know.
 *
 * @param {Sample | undefined} before
 * @param {Sample} now
 * @param {'committed' | 'end'} what
 * @returns {number | null}
 */
function perSecond (before, now, what) {
  if (before === undefined) return null
  let more = 0n
  for (const [key, place] of now.places) {
    const earlier = before.places.get(key)
    const [then, at] = [earlier ? earlier[what] : null, place[what]]
    // A group that has been moved back has read nothing.
    if (then !== null && at !== null && at > then) more += at - then
  }
  const elapsed = Number(now.at - before.at) / 1e9
  return elapsed > 0 ? Math.round(Number(more) / elapsed * 10) / 10 : null
}

/**
 * @param {import('../connection').Admin} admin
 * @param {string[]} names none for all
 * @param {Map<string, Sample>} samples the last ones by group; brought up to date
 * @returns {Promise<Line[]>}
 */
async function look (admin, names, samples) {
  const groups = await describeAll(admin, names.length > 0 ? names : await groupIds(admin))
  return forEachOf(groups, async ({ groupId, state, members, error }) => {
    const partitions = error === undefined ? await partitionsOf(admin, groupId, members) : []
    /** @type {Sample} */
    const sample = {
      at: process.hrtime.bigint(),
      places: new Map(partitions.map(({ topic, partition, committed, end }) => [JSON.stringify([topic, partition]), {
        committed: committed === null ? null : BigInt(committed),
        end: end === null ? null : BigInt(end)
      }]))
    }
    const before = samples.get(groupId)
    samples.set(groupId, sample)
    return {
      group: groupId,
      state,
      members: members.length,
      lag: String(totalLag(partitions)),
      readPerSecond: perSecond(before, sample, 'committed'),
      writtenPerSecond: perSecond(before, sample, 'end')
    }
  })
}

/**
 * @param {Line[]} lines
 * @param {Options['sort']} by
 */
function sorted (lines, by) {
  const compare = {
    name: () => 0,
    lag: (/** @type {Line} */ a, /** @type {Line} */ b) => Number(BigInt(b.lag) - BigInt(a.lag)),
    rate: (/** @type {Line} */ a, /** @type {Line} */ b) => (b.readPerSecond || 0) - (a.readPerSecond || 0)
  }[by]
  return [...lines].sort((a, b) => compare(a, b) || (a.group < b.group ? -1 : 1))
}

/** @param {Line} line */
const cells = ({ group, state, members, lag, readPerSecond, writtenPerSecond }) =>
  [group, state, members, lag, readPerSecond, writtenPerSecond]

/** Redraws a table in place, on a screen of its own. */
class Screen {
  /** @param {Output} output */
  constructor (output) {
    this.output = output
  }

  begin () {
    this.output.write('\x1b[?1049h\x1b[?25l')
  }

  /**
   * @param {Line[]} lines
   * @param {string} title
   */
  show (lines, title) {
    // some terminals say 0
    const [columns, rows] = [process.stdout.columns || 80, process.stdout.rows || 24]
    const text = [title, '', ...tableLines(HEAD, lines.map(cells))]
    const more = text.length - (rows - 1)
    const shown = more > 0 ? [...text.slice(0, rows - 2), `... ${more + 1} more`] : text
    this.output.write('\x1b[H' + shown.map(each => `${each.slice(0, columns)}\x1b[K\n`).join('') + '\x1b[J')
  }

  end () {
    this.output.write('\x1b[?25h\x1b[?1049l')
  }
}

/** One line for each group and time, for logs and other programs. */
class Lines {
  /** @param {Output} output */
  constructor (output) {
    this.output = output
    this.isFirst = true
  }

  begin () {}

  /** @param {Line[]} lines */
  show (lines) {
    const time = new Date().toISOString()
    if (this.output.isJson) {
      for (const line of lines) this.output.line(JSON.stringify({ time, ...line }))
      return
    }
    const [head, ...rows] = tableLines(['TIME', ...HEAD], lines.map(line => [time, ...cells(line)]))
    if (this.isFirst) this.output.line(head)
    this.isFirst = false
    for (const row of rows) this.output.line(row)
  }

  end () {}
}

/**
 * @param {number} ms
 * @returns {Promise<void>} resolved early by Ctrl-C
 */
function pause (ms) {
  return new Promise(resolve => {
    const timer = setTimeout(done, ms)
    const forget = onInterrupt(done)
    function done () {
      clearTimeout(timer)
      resolve()
      // not yet known when it is called at once
      if (forget) forget()
    }
  })
}

/**
 * @param {string[]} names
 * @param {Options} options
 */
async function top (names, options) {
  const { once = false, interval, sort } = options
  const count = once ? 1 : options.count
  const output = new Output(options)
  const isLive = Boolean(process.stdout.isTTY) && !options.json && !once
  const view = isLive ? new Screen(output) : new Lines(output)
  /** @type {Map<string, Sample>} */
  const samples = new Map()
  /** @type {Line[]} */
  let lines = []
  const forget = onInterrupt(() => {})
  try {
    await withAdmin(await connection(options), async admin => {
      view.begin()
      try {
        for (let i = 0; !isInterrupted() && (count === undefined || i < count); i++) {
          if (i > 0) await pause(interval * 1000)
          if (isInterrupted()) break
          let title = `${new Date().toLocaleTimeString()}, every ${interval} s. Ctrl-C ends.`
          try {
            lines = sorted(await look(admin, names, samples), sort)
          } catch (error) {
            // Brokers come back; whoever watches wants to see it.
            if (i === 0) throw error
            const [what] = describeFailure(error).split('\n')
            title = printable(what)
            if (!isLive) {
              output.note(what)
              continue
            }
          }
          view.show(lines, title)
        }
      } finally {
        view.end()
      }
    })
  } finally {
    forget()
  }
}

/** @param {import('commander').Command} program */
module.exports = program => {
  addConnectionOptions(program.command('top [groups...]')
    .summary('watch groups: lag, rates, members')
    .description('Shows groups with their lag, and how many messages a second they commit and their topics get. ' +
      'Redraws in a terminal; prints lines in a pipe.'))
    .option('-i, --interval <seconds>', 'between two looks', seconds, 2)
    .option('-n, --count <n>', 'look so many times; default: until Ctrl-C', integer({ min: 1 }))
    .option('--once', 'look once, without rates')
    .addOption(new Option('-s, --sort <by>', 'what comes first').choices(['lag', 'name', 'rate']).default('lag'))
    .option('--json', 'print a line of JSON for each group and look')
    .addHelpText('after', `
Examples:
  kafka-node-native top --brokers localhost:9092
  kafka-node-native top billing shipping --interval 10 --json >> lag.log
  kafka-node-native top --once --sort name`)
    .action(top)
}
