'use strict'

/**
 * Calls what is the user's: propagators, samplers, processors, exporters. What they throw reaches neither sends nor
 * handlers, and ends no process; `diag` of the API is OpenTelemetry's own way to tell of it.
 */
class Guard {
  /** @param {import('../opentelemetry').Api['diag']} diag */
  constructor (diag) {
    this.diag = diag
  }

  /**
   * @template T
   * @param {() => T} call
   * @param {T} otherwise what to return if it throws
   * @returns {T}
   */
  call (call, otherwise) {
    try {
      return call()
    } catch (error) {
      this.report(error)
      return otherwise
    }
  }

  /** @param {unknown} error */
  report (error) {
    try {
      this.diag.error('kafka-node-native: telemetry has failed', error)
    } catch {
      // a logger that throws: there is nobody else to tell
    }
  }
}

module.exports = { Guard }
