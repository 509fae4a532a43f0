'use strict'

// What the diagnostics channels tell during a test.

const { channel, tracingChannel } = require('node:diagnostics_channel')
const { Collected } = require('./kafkajs-clients')

/** @typedef {import('../../diagnostics').DiagnosticsMessages} Messages */

const PREFIX = 'kafka-node-native:'
const CHANNELS = ['send', 'delivery', 'batch', 'commit', 'rebalance', 'connection', 'error', 'statistics']
const TRACE_EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error']

/** Collects what is published about one client until its test ends. */
class Watched {
  /**
   * @param {import('node:test').TestContext} context
   * @param {string} clientId
   * @param {string[]} [names] of channels
   */
  constructor (context, clientId, names = CHANNELS) {
    this.collected = new Collected()
    const ends = names.map(name => {
      const listener = message => {
        if (message.clientId === clientId) this.collected.add({ name, message })
      }
      channel(PREFIX + name).subscribe(listener)
      return () => { channel(PREFIX + name).unsubscribe(listener) }
    })
    this.end = () => { for (const end of ends.splice(0)) end() }
    context.after(this.end)
  }

  /** All of one channel so far. */
  of (name) {
    return this.collected.all.filter(each => each.name === name).map(({ message }) => message)
  }

  /** The first of one channel, when there is one. */
  async first (name, accept = message => message !== null) {
    const find = () => this.of(name).find(accept)
    await this.collected.until(() => find() !== undefined)
    return find()
  }
}

/**
 * Collects the events of a tracing channel until its test ends.
 *
 * @param {import('node:test').TestContext} context
 * @param {'send' | 'process'} name
 * @param {string} clientId
 */
function trace (context, name, clientId) {
  const collected = new Collected()
  const listeners = /** @type {any} */ (Object.fromEntries(TRACE_EVENTS.map(event => [event, message => {
    // as it is now
    if (message.clientId === clientId) collected.add({ event, message, ...message })
  }])))
  tracingChannel(PREFIX + name).subscribe(listeners)
  context.after(() => tracingChannel(PREFIX + name).unsubscribe(listeners))
  return collected
}

module.exports = { CHANNELS, PREFIX, TRACE_EVENTS, Watched, trace }
