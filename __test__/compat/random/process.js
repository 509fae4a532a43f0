'use strict'

// The process in which a program runs on one side.
//   node process.js '{"door":"...","folder":"...","brokers":"...","names":{},"program":{},"patience":1,"counts":[]}'

const { show: showValue } = require('../support/show')

/** How long nothing may come for a side to count as at rest, and the longest wait for that, ms; times the patience. */
const QUIET = 600
const MOST_SETTLING = 8000
/** How long a call (if the door does not say) or an awaited event may take, ms; times the patience. */
const ANSWER = 4000
const EVENT = 15000

const { door: doorFile, folder, brokers, names: given, program, patience, counts } = JSON.parse(process.argv[2])
const names = { ...given, brokers }
/** @type {import('./generate').Door} */
const door = require(doorFile)
const module_ = door.load(folder)
const show = door.show || showValue

/** @type {Map<string, string[]>} */
const tracks = new Map()
/** @type {Map<string, any>} */
const objects = new Map()
/** @type {Map<string, Map<string, number>>} how often events have come, by object */
const seen = new Map()
/** @type {Map<string, number>} how often an object's event had come when it was waited for last */
const awaited = new Map()
/** @type {Promise<any>[]} the outcomes of calls that were not waited for */
const atOnce = []
const settled = /** @type {number[]} */ ([])
let messages = 0
let lastSign = Date.now()
let step = 0
let ended = false

/** @param {string} text @returns {string} with the program's names for what has a name of its own in every run */
function withoutNames (text) {
  for (const [name, actual] of Object.entries(names)) text = text.split(String(actual)).join(`<${name}>`)
  return text
}

/** @param {any} value @returns {boolean} whether it is an object without a class; kafka-node's structs have one */
function isPlain (value) {
  if (value === null || typeof value !== 'object') return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || (prototype !== null && !prototype.constructor?.name)
}

/** @param {any} value @returns {any} its objects' keys in order: those of results come as brokers happen to answer */
function inOrder (value) {
  if (Array.isArray(value)) return value.map(inOrder)
  if (!isPlain(value)) return value
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, inOrder(value[key])]))
}

/** @param {any[]} args @returns {string} such as `(null, { t: { 0: 17 } })` */
const showArguments = (args) => `(${args.map((arg) => show(arg)).join(', ')})`

/** @param {any} value @returns {any} in an order that is always the same */
const tidy = (value) => inOrder(door.tidy ? door.tidy(value) : value)

/** @param {string} label @param {string} line @param {{ once?: boolean }} [options] once: not a second time */
function log (label, line, { once = false } = {}) {
  if (ended) return
  line = withoutNames(line)
  line = door.normalise ? door.normalise(line, label, program) : line
  const lines = tracks.get(label) || []
  tracks.set(label, lines)
  if (!once || !lines.includes(line)) lines.push(line)
}

/** @param {number} ms */
const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** @param {any} value @returns {any} with real names, buffers and objects in place of what stands for them */
function revive (value) {
  if (typeof value === 'string') return value.replace(/\$(\w+)/g, (all, name) => name in names ? names[name] : all)
  if (Array.isArray(value)) return value.map(revive)
  if (value === null || typeof value !== 'object') return value
  if ('$object' in value) return objects.get(value.$object)
  const special = door.revive && door.revive.call(module_, value, revive)
  if (special !== undefined) return special
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.replace(/^\$(\w+)$/,
    (all, name) => name in names ? names[name] : all), revive(inner)]))
}

/** @param {string} name @param {any} object */
function watch (name, object) {
  objects.set(name, object)
  /** @type {Map<string, number>} */
  const counts = new Map()
  const count = (/** @type {string} */ event) => counts.set(event, (counts.get(event) || 0) + 1)
  seen.set(name, counts)
  if (typeof object.on !== 'function') return
  for (const event of door.signals || []) object.on(event, () => count(event))
  for (const event of door.events) {
    object.on(event, (/** @type {any[]} */ ...args) => {
      count(event)
      const message = door.message ? door.message(event, args[0]) : null
      if (message) {
        messages++
        lastSign = Date.now()
        const { topic, partition, offset, key, value } = message
        log(`${name} ${event} ${withoutNames(topic)}/${partition}`, `${offset}: ${show(key)} ${show(value)}`)
      } else {
        log(`${name} ${event}`, showArguments(tidy(args)), { once: true })
      }
    })
  }
}

/** @param {() => boolean} is @param {number} ms @returns {Promise<boolean>} whether it came true in time */
async function until (is, ms) {
  const end = Date.now() + ms * patience
  while (!is() && Date.now() < end) await delay(10)
  return is()
}

async function settle () {
  const wanted = counts[settled.length] || 0
  lastSign = Date.now()
  // the other side has gone before, and says how much there is to wait for
  await until(() => messages >= wanted, MOST_SETTLING)
  await until(() => Date.now() - lastSign >= QUIET * patience, MOST_SETTLING)
  settled.push(messages)
}

/** @param {import('./generate').Call} call @param {string} label */
async function make ({ on, method, args, callback, wait, keep }, label) {
  const object = objects.get(on)
  if (object === undefined) return
  let answers = 0
  const values = revive(args)
  const answered = new Promise((resolve) => {
    if (callback) {
      values.push((/** @type {any[]} */ ...results) => {
        log(label, `${++answers === 1 ? 'calls back' : 'calls back again'} ${showArguments(tidy(results))}`)
        resolve(true)
      })
    }
    try {
      const result = object[method](...values)
      if (result && typeof result.then === 'function') {
        result.then(
          (/** @type {any} */ value) => {
            if (keep) watch(keep, value)
            log(label, keep ? 'resolves' : `resolves ${show(tidy(value))}`)
            resolve(true)
          },
          (/** @type {any} */ error) => { log(label, `rejects ${show(error)}`); resolve(true) })
      } else if (!callback) {
        if (result !== undefined && result !== object) log(label, `returns ${show(tidy(result))}`)
        resolve(true)
      }
    } catch (error) {
      log(label, `throws ${show(error)}`)
      resolve(true)
    }
  })
  if (!wait) {
    atOnce.push(answered)
    return
  }
  if (!await soon(answered)) log(label, 'no answer')
}

/** @param {Promise<any>} outcome @returns {Promise<any>} what is fulfilled with, or undefined when it takes too long */
async function soon (outcome) {
  /** @type {any} */
  let timer
  const late = new Promise((resolve) => { timer = setTimeout(resolve, (door.answer || ANSWER) * patience) })
  const result = await Promise.race([outcome, late])
  // a timer that is left would keep the process from ending, as if the client did
  clearTimeout(timer)
  return result
}

async function run () {
  for (const each of program.steps) {
    step++
    const label = `${step} ${each.do === 'new' ? each.name : each.do === 'settle' ? '' : `${each.on}.`}`
    if (each.do === 'new') {
      try {
        watch(each.name, door.create(module_, each.kind, revive(each.args), { brokers, names }))
      } catch (error) {
        log(`${label} = new ${each.kind}`, `throws ${show(error)}`)
      }
    } else if (each.do === 'call') {
      await make(each, `${label}${each.method}`)
    } else if (each.do === 'settle') {
      await settle()
    } else if (objects.has(each.on)) {
      const counts = seen.get(each.on)
      const key = `${each.on} ${each.event}`
      const before = each.again ? awaited.get(key) || 0 : 0
      const came = await until(() => (counts?.get(each.event) || 0) > before, EVENT)
      if (!came) log(`${label}${each.event}`, 'never came')
      awaited.set(key, counts?.get(each.event) || 0)
    }
  }
  await soon(Promise.all(atOnce))
}

/** The step in which something went wrong that nobody caught; what comes after it is not compared. */
let crashed = 0
process.on('uncaughtException', (error) => {
  if (ended) return
  crashed = crashed || step
  log(`${step} uncaught`, show(error))
})
process.on('unhandledRejection', (error) => {
  log(`${step} unhandled`, show(error))
})

run().then(() => {
  ended = true
  // an answer that came late was an answer
  for (const [label, lines] of tracks) {
    if (lines.length > 1) tracks.set(label, lines.filter((line) => line !== 'no answer'))
  }
  process.send?.({ tracks: [...tracks], settled, crashed }, undefined, undefined, () => process.disconnect())
  for (const object of [...objects.values()].reverse()) {
    try {
      if (door.close) door.close(object)
    } catch {
      // it may have been closed by the program
    }
  }
})
