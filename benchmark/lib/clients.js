'use strict'

const fs = require('node:fs')
const path = require('node:path')

/**
 * A client under measurement: one file in `clients/`.
 *
 * @typedef {object} Client
 * @property {string} id as given to `--clients`
 * @property {string} title
 * @property {'own' | 'peer' | 'native'} kind `own`: this package; `peer`: from npm; `native`: a program without Node
 * @property {string} [door] of this package, when it is not the main one
 * @property {string} [package]
 * @property {string} [range]
 * @property {Record<string, string>} [extra] packages that are installed alongside it
 * @property {string[]} [scripts] packages whose install scripts it needs
 * @property {number} node major version of Node that runs it
 * @property {{message?: string, batch?: string}} modes the names of its ways to consume
 * @property {string[]} [apis] further consumer classes
 * @property {string[]} [tasks] what it can do; default: all
 * @property {import('./works').Feature[]} [has] what not every client can do
 * @property {string} [kafka] the only Kafka version that it can be measured on
 * @property {Record<string, string>} [unable] by codec: why not
 * @property {{consume: string, produce: string}} settings in words, for the report
 * @property {import('./adapter').Adapt} [adapt]
 */

const folder = path.join(__dirname, '..', 'clients')
const ORDER = ['raw', 'ours', 'ours-kafkajs']

/** @returns {Client[]} the ceiling first, then ours, then the peers */
function loadClients () {
  const rank = (/** @type {Client} */ { id }) => ORDER.includes(id) ? ORDER.indexOf(id) : ORDER.length
  return fs.readdirSync(folder).filter((file) => file.endsWith('.js')).sort()
    .map((file) => require(path.join(folder, file)))
    .sort((a, b) => rank(a) - rank(b))
}

module.exports = { loadClients }
