'use strict'

const fs = require('node:fs')
const net = require('node:net')
const os = require('node:os')
const path = require('node:path')

const { cacheRoot } = require('./jars')

// A started broker is found through a small file, and asked to stop through a socket. Not by its process id: that may
// belong to somebody else by then, whereas a socket answers only as long as its owner lives.

/** @typedef {{ brokers: string, version: string, pid: number, socket: string }} Entry */

function folder () {
  return path.join(cacheRoot(), 'running')
}

/**
 * One for each process: in separate network namespaces, several may serve the same port.
 *
 * @param {string} brokers
 */
function fileOf (brokers) {
  return path.join(folder(), `${brokers.slice(brokers.lastIndexOf(':') + 1)}-${process.pid}.json`)
}

/**
 * Makes a broker of this process known to `status` and `stop`.
 *
 * @param {{ brokers: string, version: string }} kafka
 * @param {() => void} onStop called when `stop` asks
 * @returns {Promise<() => void>} makes it unknown again
 */
async function announce ({ brokers, version }, onStop) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-ctl-'))
  const socket = path.join(dir, 'socket')
  /** @type {Set<net.Socket>} */
  const connections = new Set()
  const server = net.createServer((connection) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
    connection.on('error', () => {})
    connection.once('data', onStop)
  })
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, () => resolve(undefined))
  })
  server.unref()
  const file = fileOf(brokers)
  fs.mkdirSync(folder(), { recursive: true })
  fs.writeFileSync(`${file}.tmp`, JSON.stringify({ brokers, version, pid: process.pid, socket }))
  fs.renameSync(`${file}.tmp`, file)
  return () => {
    server.close()
    fs.rmSync(file, { force: true })
    fs.rmSync(dir, { recursive: true, force: true })
    // Last, since it tells whoever asked for the stop that it is done.
    for (const connection of connections) connection.destroy()
  }
}

/** @param {string} socket @returns {Promise<net.Socket | null>} null when nobody is there any more */
function connect (socket) {
  return new Promise((resolve, reject) => {
    const connection = net.connect(socket)
    connection.once('connect', () => resolve(connection))
    connection.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      // any other error says nothing about the owner; assuming it dead would lose it for good
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(null)
      else reject(error)
    })
  })
}

/** @param {string} file @returns {Entry | null} null if it has disappeared in the meantime: its owner has ended */
function read (file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return null
    throw error
  }
}

/** @returns {Promise<Entry[]>} the ones that are alive; what dead ones left behind is removed */
async function list () {
  if (!fs.existsSync(folder())) return []
  const entries = []
  for (const name of fs.readdirSync(folder()).filter((name) => name.endsWith('.json'))) {
    const file = path.join(folder(), name)
    const entry = read(file)
    if (!entry) continue
    const connection = await connect(entry.socket)
    connection?.destroy()
    if (connection) {
      entries.push(entry)
    } else {
      fs.rmSync(file, { force: true })
      fs.rmSync(path.dirname(entry.socket), { recursive: true, force: true })
    }
  }
  return entries
}

/** @param {Entry} entry @returns {Promise<void>} resolves when all of it has ended */
async function stop (entry) {
  const connection = await connect(entry.socket)
  if (!connection) return
  const closed = new Promise((resolve) => connection.once('close', resolve))
  connection.resume()
  connection.write('stop')
  await closed
}

module.exports = { announce, list, stop }
