'use strict'

const { show } = require('../../compat/support/show')

/**
 * An error as programs see it: class, name, text, whether it may be tried again, what it carries, and its causes.
 *
 * @param {any} error
 * @param {(value: any) => string} showValue
 * @returns {string}
 */
function showError (error, showValue) {
  const { constructor: Class, name, message, retriable, cause } = error
  const hidden = ['name', 'message', 'stack', 'retriable', 'cause', 'generatedMessage', 'retryTime', 'helpUrl']
  const fields = Object.keys(error).filter((key) => !hidden.includes(key) && error[key] !== undefined)
    .map((key) => `${key}: ${showValue(error[key])}`)
  if (retriable !== undefined) fields.unshift(`retriable: ${showValue(retriable)}`)
  if (error.helpUrl) fields.push('helpUrl')
  if (cause !== undefined) fields.push(`cause: ${showValue(cause)}`)
  const title = Class && Class.name !== name ? `${Class.name}, name ${name}` : name
  return `[${title} ${showValue(message)}${fields.length ? ` { ${fields.join(', ')} }` : ''}]`
}

/** @param {any} value @returns {string} a line of text, with errors as programs see them */
const text = (value) => show(value, [], showError)

module.exports = { text }
