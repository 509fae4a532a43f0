'use strict'

const { CODE } = require('../errors')

/**
 * Tokens for OAUTHBEARER, of a function of the user's. librdkafka asks for one when a handle starts, and again when
 * four fifths of a token's life are over; if there is none, a few seconds later.
 *
 * @typedef {import('../protocol').Token} Token
 *
 * @typedef {object} TokenFailure why there is no token
 * @property {unknown} [thrown] what the user's function has thrown
 * @property {string} [reason] why the token cannot be used
 *
 * @typedef {object} GivenToken what the user's function gave, unchecked
 * @property {unknown} [value]
 * @property {unknown} [lifetime]
 * @property {unknown} [principal]
 * @property {unknown} [principalName] another name of it
 * @property {Record<string, unknown>} [extensions]
 *
 * @typedef {object} TokenSource
 * @property {() => GivenToken | null | undefined | Promise<GivenToken | null | undefined>} provide the user's function
 * @property {string} principal for tokens that do not name one
 * @property {() => void} given called when the token is in use
 * @property {(failure: TokenFailure) => string} refused called when there is none, with an empty failure if what was
 *   provided is no token; returns the reason as text
 */

/** What librdkafka sends. It would quote a text with anything else in its error: here nobody sees a token. */
const SENDABLE = /^[\t\r\n\x20-\x7e]*$/

const noop = () => {}

/** How long a token serves that does not tell, ms. */
const UNTOLD_LIFETIME = 5 * 60 * 1000
/** What is later than this is a time, what is less a duration, ms. */
const FIRST_TIME = 1e11

/**
 * @param {string} part of a token, in Base64 with either alphabet
 * @returns {{ exp: number, sub: string } | null} the claims, unchecked; null when it is no JSON object
 */
function jsonOf (part) {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64').toString())
    return value !== null && typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

/**
 * @param {string} token
 * @returns {{ expiresAt?: number, principal?: string }} what a JSON Web Token, or a signed URL of Amazon MSK, says
 */
function claimsOf (token) {
  const parts = token.split('.')
  const claims = parts.length === 3 ? jsonOf(parts[1]) : null
  if (claims !== null) {
    return {
      ...(Number.isFinite(claims.exp) ? { expiresAt: claims.exp * 1000 } : {}),
      ...(typeof claims.sub === 'string' ? { principal: claims.sub } : {})
    }
  }
  const text = Buffer.from(token, 'base64').toString('latin1')
  const seconds = /[?&]X-Amz-Expires=(\d+)/i.exec(text)
  if (seconds === null) return {}
  const date = /[?&]X-Amz-Date=(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/i.exec(text)
  const signed = date === null
    ? Date.now()
    : Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3]), Number(date[4]), Number(date[5]), Number(date[6]))
  return { expiresAt: signed + Number(seconds[1]) * 1000 }
}

/**
 * @param {GivenToken | null | undefined} given
 * @param {string} principal for a token that does not name one
 * @returns {Token | null} null if it is no token
 */
function toToken (given, principal) {
  if (!given || typeof given.value !== 'string' || given.value === '') return null
  const { value, lifetime, principalName = given.principal, extensions } = given
  const claims = claimsOf(value)
  const told = Number(lifetime) > 0 ? Number(lifetime) + (Number(lifetime) < FIRST_TIME ? Date.now() : 0) : undefined
  return {
    value,
    expiresAt: Math.floor(told || claims.expiresAt || Date.now() + UNTOLD_LIFETIME),
    principal: String(principalName || claims.principal || principal),
    extensions: Object.keys(extensions || {}).map(name =>
      [name, String(/** @type {Record<string, unknown>} */ (extensions)[name])])
  }
}

/**
 * @param {Token} token
 * @returns {string | null} what is wrong with it
 */
function problemOf ({ value, extensions = [] }) {
  const parts = [['value', value], ...extensions.map(([name, text]) => [`extension ${name}`, text])]
  const bad = parts.find(([, text]) => !SENDABLE.test(text))
  return bad === undefined
    ? null
    : `its ${bad[0]} must only consist of visible ASCII characters, space, tab, CR and LF`
}

/**
 * Answers a handle's event `tokenWanted`.
 *
 * @param {import('../handles/index').ProducerHandle | import('../handles/index').ConsumerHandle} handle
 * @param {TokenSource} source
 */
async function giveToken (handle, { provide, principal, given, refused }) {
  const fail = (/** @type {TokenFailure} */ failure) => {
    handle.request({ op: 'setTokenFailure', reason: refused(failure) }, noop)
  }
  /** @type {Token | null} */
  let token
  try {
    token = toToken(await provide(), principal)
  } catch (error) {
    return fail({ thrown: error })
  }
  if (token === null) return fail({})
  const problem = problemOf(token)
  if (problem !== null) return fail({ reason: problem })
  handle.request({ op: 'setToken', token }, error => {
    if (error && error.code !== CODE.DESTROY) fail({ reason: error.message })
    else given()
  })
}

module.exports = { giveToken, toToken }
