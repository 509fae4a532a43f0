'use strict'

const net = require('node:net')
const { once } = require('node:events')
const { setTimeout: delay } = require('node:timers/promises')

// The network between clients and brokers, as bad as a test wants it. Each broker has a listener here, whose address
// takes the broker's place in what brokers say of each other, so that clients know no other.

const HOST = '127.0.0.1'
const FIND_COORDINATOR = 10
/** The requests whose answers name brokers: Produce, Fetch, Metadata, FindCoordinator. */
const NAMING = new Set([0, 1, 3, FIND_COORDINATOR])
/** A slow connection carries its bytes in portions that are this far apart, ms. */
const PORTION_MS = 20

/** @typedef {import('./hostileBroker').ApiName} ApiName */

/**
 * @typedef {object} Faults what holds for every connection, from now on
 * @property {number} [latency] ms, each way
 * @property {number} [jitter] ms, added at random
 * @property {number} [bytesPerSecond] each way
 * @property {boolean} [slowClose] the end of a connection does not reach the other side
 */

/** @typedef {{ api: number, bytes: number, end: 'close' | 'reset' | 'silence' }} Cut */

/** What is on its way in one direction of one connection: in order, and as slowly as the faults want. */
class Lane {
  /** @param {FaultProxy} proxy @param {net.Socket} target */
  constructor (proxy, target) {
    this.proxy = proxy
    this.target = target
    this.last = Promise.resolve()
    this.isSilent = false
  }

  /** @param {Buffer} bytes */
  send (bytes) {
    const { latency = 0, jitter = 0 } = this.proxy.faults
    const due = latency + jitter > 0 ? delay(latency + Math.random() * jitter) : null
    this.last = this.last.then(async () => {
      await due
      await this.carry(bytes)
    })
    return this.last
  }

  /** @param {Buffer} bytes */
  async carry (bytes) {
    for (let at = 0; at < bytes.length && !this.isSilent && !this.target.destroyed;) {
      const { bytesPerSecond = Infinity } = this.proxy.faults
      const portion = Math.max(1, Math.min(bytes.length - at, Math.round(bytesPerSecond * PORTION_MS / 1000)))
      this.target.write(bytes.subarray(at, at + portion))
      at += portion
      if (bytesPerSecond < Infinity) await delay(PORTION_MS)
    }
  }
}

/** One connection of a client and its continuation to the broker. */
class Link {
  /** @param {FaultProxy} proxy @param {net.Socket} client @param {{ port: number, broker: number }} route */
  constructor (proxy, client, { port, broker }) {
    this.proxy = proxy
    this.broker = broker
    this.client = client
    this.upstream = net.connect({ host: HOST, port })
    this.toClient = new Lane(proxy, client)
    this.toBroker = new Lane(proxy, this.upstream)
    /** @type {Map<number, number>} what each request under way asks */
    this.asked = new Map()
    for (const socket of [client, this.upstream]) socket.setNoDelay(true).on('error', () => {})
    this.frames(client, (frame) => {
      this.asked.set(frame.readInt32BE(8), frame.readInt16BE(4))
      this.toBroker.send(frame)
    })
    this.frames(this.upstream, (frame) => this.answer(frame))
    this.pair(client, this.upstream, this.toBroker)
    this.pair(this.upstream, client, this.toClient)
    client.on('close', () => proxy.links.delete(this))
  }

  /** @param {net.Socket} from @param {net.Socket} to @param {Lane} lane that has to be empty first */
  pair (from, to, lane) {
    from.on('close', () => {
      if (lane.isSilent || this.proxy.faults.slowClose) return
      lane.last.then(() => to.destroy())
    })
  }

  /** @param {net.Socket} socket @param {(frame: Buffer) => void} each whole, with its length */
  frames (socket, each) {
    let rest = Buffer.alloc(0)
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data])
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const size = 4 + rest.readInt32BE(0)
        each(rest.subarray(0, size))
        rest = rest.subarray(size)
      }
    })
  }

  /** @param {Buffer} frame */
  answer (frame) {
    const correlation = frame.readInt32BE(4)
    const api = this.asked.get(correlation)
    this.asked.delete(correlation)
    const { cut, rewrite } = this.proxy
    const translated = api !== undefined && NAMING.has(api) ? this.proxy.translate(frame) : frame
    const bytes = rewrite === null ? translated : rewrite(api, translated)
    if (cut === null || cut.api !== api) {
      this.toClient.send(bytes)
      return
    }
    this.proxy.cut = null
    this.toClient.send(bytes.subarray(0, cut.bytes)).then(() => {
      if (cut.end === 'silence') this.silence()
      else this.end(cut.end === 'reset')
      this.proxy.wasCut()
    })
  }

  /** Nothing passes any more, and nobody is told: as when a router forgets a connection. */
  silence () {
    this.toClient.isSilent = true
    this.toBroker.isSilent = true
  }

  /** @param {boolean} reset */
  end (reset) {
    if (reset) this.client.resetAndDestroy()
    else this.client.end()
    this.upstream.destroy()
  }
}

class FaultProxy {
  /** @param {string} brokers the addresses that brokers advertise */
  constructor (brokers) {
    /** @type {Faults} */
    this.faults = {}
    /** @type {Set<Link>} */
    this.links = new Set()
    /** @type {Cut | null} */
    this.cut = null
    this.wasCut = () => {}
    /** @type {((api: number, frame: Buffer) => Buffer) | null} what a test makes of each answer */
    this.rewrite = null
    /** @type {Set<number>} brokers that nothing reaches */
    this.holes = new Set()
    this.routes = brokers.split(',').map((address, broker) => {
      const port = Number(address.split(':')[1])
      const server = net.createServer((client) => {
        const link = new Link(this, client, { port, broker })
        this.links.add(link)
        if (this.holes.has(broker)) link.silence()
      })
      return { port, server, ownPort: 0 }
    })
  }

  async start () {
    for (const route of this.routes) {
      route.server.listen(0, HOST)
      await once(route.server, 'listening')
      route.ownPort = /** @type {net.AddressInfo} */ (route.server.address()).port
    }
    return this
  }

  stop () {
    for (const { server } of this.routes) server.close()
    for (const { client, upstream } of this.links) {
      client.destroy()
      upstream.destroy()
    }
  }

  get brokers () { return this.routes.map(({ ownPort }) => `${HOST}:${ownPort}`).join(',') }

  /**
   * The same answer with our addresses. In every version of these answers a port follows its host, and has the same
   * size whatever it is, so that nothing else has to be understood.
   *
   * @param {Buffer} frame
   */
  translate (frame) {
    const copy = Buffer.from(frame)
    for (let at = copy.indexOf(HOST); at >= 0; at = copy.indexOf(HOST, at + 1)) {
      const place = at + HOST.length
      const route = this.routes.find(({ port }) => copy.readInt32BE(place) === port)
      if (route) copy.writeInt32BE(route.ownPort, place)
    }
    return copy
  }

  /**
   * Cuts the next answer to such a request in its middle.
   *
   * @param {number} api key
   * @param {{ bytes: number, end: Cut['end'] }} how many bytes of it still come, and what follows
   * @returns {Promise<void>} when that has happened
   */
  cutAnswer (api, { bytes, end }) {
    this.cut = { api, bytes, end }
    return new Promise((resolve) => { this.wasCut = resolve })
  }

  /** All connections break. */
  reset () {
    for (const link of [...this.links]) link.end(true)
  }

  /** All connections end as when a broker stops. */
  close () {
    for (const link of [...this.links]) link.end(false)
  }

  /** All connections become half-open; new ones work. */
  silence () {
    for (const link of this.links) link.silence()
  }

  /** Nothing reaches a broker, on old connections or new ones, which are still accepted. @param {number} broker */
  swallow (broker) {
    this.holes.add(broker)
    for (const link of this.links) if (link.broker === broker) link.silence()
  }

  /** New connections work again. */
  heal () {
    this.faults = {}
    this.holes.clear()
  }
}

module.exports = { FIND_COORDINATOR, FaultProxy, HOST }
