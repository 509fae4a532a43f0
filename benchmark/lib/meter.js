'use strict'

const fs = require('node:fs')
const { monitorEventLoopDelay } = require('node:perf_hooks')

const MB = 1024 * 1024

/** @param {number} value @param {number} [digits] */
const round = (value, digits = 3) => Number(value.toFixed(digits))

/** Resident memory of this process in MB, native memory included. */
const residentMb = () => process.memoryUsage.rss() / MB
const peakResidentMb = () => process.resourceUsage().maxRSS / 1024

/** Wall clock time, CPU time of all threads, and event loop delay from `start` to `stop`. */
class Meter {
  constructor () {
    // Resolution 1 ms: an idle loop shows about 1 ms.
    this.delay = monitorEventLoopDelay({ resolution: 1 })
    this.running = false
    this.cpu = process.cpuUsage()
    this.started = process.hrtime.bigint()
  }

  start () {
    this.running = true
    this.delay.enable()
    this.cpu = process.cpuUsage()
    this.started = process.hrtime.bigint()
  }

  get seconds () {
    return Number(process.hrtime.bigint() - this.started) / 1e9
  }

  /** @param {number} records since the start */
  stop (records) {
    const { seconds } = this
    const { user, system } = process.cpuUsage(this.cpu)
    this.delay.disable()
    return {
      records,
      seconds: round(seconds),
      recordsPerSecond: Math.round(records / seconds),
      cpuMicrosPerRecord: round((user + system) / records),
      // a loop that never turned was delayed for the whole time
      loopDelayP99Ms: round(this.delay.count > 0 ? this.delay.percentile(99) / 1e6 : seconds * 1000),
      loopDelayMaxMs: round(this.delay.count > 0 ? this.delay.max / 1e6 : seconds * 1000),
      peakRssMb: round(peakResidentMb(), 1)
    }
  }
}

/**
 * @param {number[]} samples in ms
 */
function percentiles (samples) {
  const sorted = Float64Array.from(samples).sort()
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]
  return { samples: sorted.length, p50Ms: round(at(0.5)), p99Ms: round(at(0.99)), p999Ms: round(at(0.999)) }
}

/** Threads and open files of this process; null where the system does not say. */
function handles () {
  try {
    const threads = /^Threads:\s+(\d+)/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))
    return { threads: Number(threads && threads[1]), files: fs.readdirSync('/proc/self/fd').length - 1 }
  } catch {
    return { threads: null, files: null }
  }
}

module.exports = { Meter, percentiles, handles, residentMb, peakResidentMb, round }
