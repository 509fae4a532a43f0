'use strict'

/**
 * @param {number} time ms
 * @returns {Promise<void>}
 */
module.exports = time => new Promise(resolve => {
  setTimeout(resolve, time)
})
