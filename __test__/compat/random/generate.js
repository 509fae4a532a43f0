'use strict'

const { Random } = require('../../support/random')

/**
 * A program is data: it can be run in another process, shortened, and printed.
 *
 * @typedef {object} New makes an object
 * @property {'new'} do
 * @property {string} name of the object in the program
 * @property {string} kind what the door makes of it
 * @property {any[]} args
 *
 * @typedef {object} Call
 * @property {'call'} do
 * @property {string} on name of an object
 * @property {string} method
 * @property {any[]} args
 * @property {boolean} [callback] whether one is given as the last argument
 * @property {boolean} [wait] for the outcome, before the next step
 * @property {string} [keep] the name that the object which it resolves with has in the program
 *
 * @typedef {object} Wait for an event, such as `ready`, that has come or comes
 * @property {'wait'} do
 * @property {string} on
 * @property {string} event
 * @property {boolean} [again] for one that has come since the last time it was waited for
 *
 * @typedef {object} Settle waits until no more messages come
 * @property {'settle'} do
 *
 * @typedef {New | Call | Wait | Settle} Step
 * @typedef {{ seed: number, cast: string, steps: Step[] }} Program
 *
 * @typedef {Record<string, any>} State what the generator remembers about a program
 * @typedef {object} Move something that a program may do next
 * @property {number} weight
 * @property {(state: State) => any} [when] left out: always
 * @property {(random: Random, state: State) => Step | Step[]} make may change the state
 *
 * @typedef {object} Cast a part of the API that programs are about
 * @property {string} name
 * @property {number} weight
 * @property {number} length the most steps, not counting the opening
 * @property {(random: Random, state: State) => Step[]} open
 * @property {Move[]} moves
 * @property {Step[]} [close] what every program ends with
 *
 * @typedef {{ topic: string, partition: number, offset: number, key: any, value: any }} Message
 *
 * @typedef {object} Door an API: what it is made of, how to call it, and what is normal for it
 * @property {string} name
 * @property {Record<string, number[]>} topics by the name in the program: how many records each partition starts with
 * @property {Cast[]} casts
 * @property {(folder: string) => any} load
 * @property {(module: any, kind: string, args: any[], world: World) => any} create
 * @property {string[]} events that are recorded
 * @property {string[]} [signals] events that can only be waited for: they come too often
 * @property {(object: any) => void} [close] ends an object that a program has left open
 * @property {(event: string, argument: any) => Message | null} [message] what an event carries, if it brings one
 * @property {(value: any, revive: (inner: any) => any) => any} [revive] what stands for values that JSON lacks
 * @property {number} [answer] how long a call may take to be answered, ms
 * @property {(value: any) => string} [show] a value as text
 * @property {(value: any) => any} [tidy] a result without what is in another order each time
 * @property {(line: string, label: string, program: Program) => string} [normalise] takes out of a line what is never
 *   the same
 * @property {(program: Program) => boolean} [scatters] whether records may be in any partition: their values count
 * @property {Array<{ id: string, is: (row: import('./compare').Row, program: Program) => any }>} meant differences
 *   that are listed
 *
 * @typedef {{ brokers: string, names: Record<string, string> }} World `names` are real ones, by those in programs
 */

/**
 * @template {{ weight: number }} T
 * @param {Random} random
 * @param {T[]} list
 * @returns {T}
 */
function weighted (random, list) {
  let at = random.next() * list.reduce((sum, { weight }) => sum + weight, 0)
  return list.find(({ weight }) => (at -= weight) < 0) || list[list.length - 1]
}

/**
 * @param {Door} door
 * @param {number} seed
 * @returns {Program} the same for the same seed
 */
function generate (door, seed) {
  const random = new Random(seed)
  const cast = weighted(random, door.casts)
  /** @type {State} */
  const state = {}
  const steps = cast.open(random, state)
  const length = 2 + random.below(cast.length - 1)
  for (let i = 0; i < length; i++) {
    const possible = cast.moves.filter(({ when }) => !when || when(state))
    steps.push(...[weighted(random, possible).make(random, state)].flat())
  }
  steps.push(...cast.close || [])
  return { seed, cast: cast.name, steps }
}

/** @param {any} value @returns {string} as it may stand in a program */
function print (value) {
  return String(JSON.stringify(value)).replace(/"(\w+)":/g, ' $1: ').replace(/\{ ?"\$object":"(\w+)"\}/g, '$1')
    .replace(/\{ ?\$object: "(\w+)"\}/g, '$1').replace(/"/g, "'")
}

/** @param {Program} program @returns {string} a line a step */
function printProgram ({ seed, cast, steps }) {
  const lines = steps.map((step) => {
    if (step.do === 'new') return `${step.name} = new ${step.kind}(${step.args.map(print).join(', ')})`
    if (step.do === 'wait') return `wait for '${step.event}' of ${step.on}${step.again ? ' again' : ''}`
    if (step.do === 'settle') return 'wait until no message comes any more'
    const args = [...step.args.map(print), ...step.callback ? ['callback'] : []].join(', ')
    const kept = step.keep ? `${step.keep} = ` : ''
    return `${kept}${step.on}.${step.method}(${args})${step.wait ? '' : ' // and on at once'}`
  })
  return [`seed ${seed}, about ${cast}`, ...lines].join('\n    ')
}

module.exports = { generate, printProgram }
