'use strict'

// A reporter for `node --test` that writes one JSON object per line, for scripts/test.js to count and show.

const { inspect } = require('node:util')

/** @param {any} error */
function describeError (error) {
  if (!error) return null
  // node:test wraps what the test threw; the wrapper adds nothing.
  const cause = error.code === 'ERR_TEST_FAILURE' && error.cause ? error.cause : error
  return {
    failureType: error.failureType || null,
    exitCode: error.exitCode,
    signal: error.signal,
    text: typeof cause === 'string' ? cause : inspect(cause, { depth: 6, maxStringLength: 20000 })
  }
}

/** @param {AsyncIterable<{type: string, data: any}>} source */
module.exports = async function * reporter (source) {
  for await (const { type, data } of source) {
    let event
    switch (type) {
      case 'test:dequeue':
        event = { type: 'started', name: data.name, file: data.file, nesting: data.nesting }
        break
      case 'test:pass':
      case 'test:fail':
        event = {
          type: type === 'test:pass' ? 'passed' : 'failed',
          name: data.name,
          file: data.file,
          nesting: data.nesting,
          suite: data.details.type === 'suite',
          skip: data.skip,
          todo: data.todo,
          error: describeError(data.details.error)
        }
        break
      case 'test:stdout':
      case 'test:stderr':
        event = { type: 'output', file: data.file, text: data.message }
        break
      default:
        continue
    }
    yield `${JSON.stringify(event)}\n`
  }
}
