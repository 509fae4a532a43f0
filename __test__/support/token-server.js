'use strict'

const http = require('node:http')
const { once } = require('node:events')

const encoded = (/** @type {string} */ text) => Buffer.from(text).toString('base64')
  .replace(/=+$/, '').replace(/\+/g, '-').replace(/\//g, '_')

/** @param {object} claims @returns {string} a token that is not signed */
const jwt = (claims) => `${encoded('{"alg":"none"}')}.${encoded(JSON.stringify(claims))}.`

/**
 * A server that gives out tokens of a few seconds. With less than about 7, a broker may refuse the new token of a
 * connection that was made with the rest of an old one: it takes one a second.
 */
class TokenServer {
  /** @param {{ lifetime?: number }} [options] s */
  constructor ({ lifetime = 3 } = {}) {
    this.tokens = 0
    this.server = http.createServer((request, response) => {
      this.tokens++
      const now = Math.floor(Date.now() / 1000)
      response.end(JSON.stringify({ access_token: jwt({ sub: 'alice', iat: now, exp: now + lifetime }) }))
    })
  }

  async start () {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
  }

  /** @returns {Promise<{ value: string }>} */
  token () {
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.server.address())
    return new Promise((resolve, reject) => {
      http.get({ host: '127.0.0.1', port, agent: false }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part) => { text += part })
        response.on('end', () => resolve({ value: JSON.parse(text).access_token }))
      }).on('error', reject)
    })
  }

  stop () {
    this.server.close()
  }
}

module.exports = { TokenServer }
