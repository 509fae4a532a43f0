'use strict'

const { show } = require('../support/show')

/**
 * One value in place of one argument, and what came of it: the first thing noted counts, except for a crash, which
 * always does.
 */
class Case {
  /** @param {{ load: (file?: string) => any, brokers: string, topic: string, other: string, tag: string,
   *   kept: { object: any, cleanups?: (() => any)[] } }} world */
  constructor ({ load, brokers, topic, other, tag, kept }) {
    this.require = load
    this.brokers = brokers
    /** with one record */
    this.topic = topic
    /** empty */
    this.other = other
    this.tag = tag
    this.group = `${tag}-group`
    /** what one case leaves for the next one of the same argument */
    this.kept = kept
    /** @type {string | null} */
    this.outcome = null
    /** @type {string[]} what else was noted */
    this.later = []
    this.finish = () => {}
    this.finished = new Promise((resolve) => { this.finish = () => resolve(undefined) })
    /** @type {(() => any)[]} */
    this.cleanups = []
    this.over = false
    this.callback = (/** @type {any} */ error, /** @type {any[]} */ ...results) => {
      if (error) this.note('calls back with', error)
      else this.works(`calls back (${[error, ...results].map((each) => show(each)).join(', ')})`)
    }
  }

  get kafka () {
    return this.require()
  }

  /** @param {string} what */
  works (what) {
    this.record(`works: ${what}`)
  }

  /** @param {'throws' | 'calls back with' | 'emits' | 'crashes'} how @param {any} error */
  note (how, error) {
    const text = `${how}: ${error instanceof Error ? `${error.name}: ${error.message}` : show(error)}`
    if (how === 'crashes' && this.outcome && !this.outcome.startsWith('crashes')) {
      this.later.push(this.outcome)
      this.outcome = null
    }
    this.record(text)
  }

  /** @param {string} text */
  record (text) {
    if (this.over) return
    if (this.outcome === null) this.outcome = text
    else this.later.push(text)
    this.finish()
  }

  /** @param {string} label */
  name (label) {
    return `${this.tag}-${label}`
  }

  /**
   * What a method is called on, made once for all values, and anew after a case that may have broken it.
   *
   * @param {(x: Case) => any} make
   */
  async keep (make) {
    if (!this.kept.object) {
      const { cleanups } = this
      this.cleanups = []
      this.kept.object = await make(this)
      this.kept.cleanups = this.cleanups
      this.cleanups = cleanups
    }
    const { object } = this.kept
    for (const emitter of [object, object.client]) {
      if (!emitter || typeof emitter.on !== 'function') continue
      const listener = (/** @type {any} */ error) => this.over || emitter !== object || this.note('emits', error)
      emitter.on('error', listener)
      this.cleanups.push(() => emitter.removeListener('error', listener))
    }
    return object
  }

  /** @param {any} object its `error` events are noted; closed at the end @returns {any} */
  watch (object) {
    if (typeof object.on === 'function') {
      object.on('error', (/** @type {any} */ error) => this.over || this.note('emits', error))
      if (object.client && typeof object.client.on === 'function') object.client.on('error', () => {})
    }
    this.cleanups.push(() => {
      if (typeof object.close === 'function') object.close(() => {})
      else if (typeof object.destroy === 'function') object.destroy()
    })
    return object
  }

  /** @param {any} [options] @returns {any} */
  client (options = {}) {
    return this.watch(new this.kafka.KafkaClient({ kafkaHost: this.brokers, ...options }))
  }

  /** @param {any} emitter @param {string} event */
  event (emitter, event) {
    return new Promise((resolve) => emitter.once(event, resolve))
  }

  /** @param {(done: (...args: any[]) => void) => void} call */
  called (call) {
    return new Promise((resolve) => call(resolve))
  }

  /** @param {() => boolean} condition */
  async until (condition) {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  async readyClient () {
    const client = this.client()
    await this.event(client, 'ready')
    return client
  }

  async readyProducer () {
    const producer = this.watch(new this.kafka.Producer(this.client()))
    await this.event(producer, 'ready')
    return producer
  }

  end () {
    this.over = true
    for (const cleanup of this.cleanups.reverse()) {
      try { cleanup() } catch { /* what was made of the value may not even close */ }
    }
  }
}

module.exports = { Case }
