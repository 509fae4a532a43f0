'use strict'

const { AdoptableError, callable } = require('../callable')

/** An error with a cause: `nested` holds it and its stack is appended to this error's own. */
class NestedError extends AdoptableError {
  /**
   * @param {string} [message]
   * @param {Error} [nested] the cause
   */
  constructor (message, nested) {
    super(message)
    this.nested = nested
    if (nested) this.stack += `\nCaused By: ${nested.stack}`
  }
}
NestedError.prototype.name = 'NestedError'

module.exports = callable(NestedError)
