'use strict'

// Reads RECORDS records of a topic from its beginning through on('message') of a ConsumerGroup.
// node consume.js BROKERS TOPIC RECORDS [ENCODING]; prints one line of JSON.

const { monitorEventLoopDelay } = require('perf_hooks')
const { ConsumerGroup } = require('../..')

const [brokers, topic, amount, encoding = 'utf8'] = process.argv.slice(2)
const records = Number(amount)

const group = new ConsumerGroup({
  kafkaHost: brokers, groupId: `bench-${process.pid}-${Date.now()}`, fromOffset: 'earliest', autoCommit: false, encoding
}, topic)
group.on('error', error => { throw error })
let count = 0
let bytes = 0
let started
let cpu
const delay = monitorEventLoopDelay({ resolution: 1 })
group.once('connect', () => {
  started = process.hrtime.bigint()
  cpu = process.cpuUsage()
  delay.enable()
})
group.on('message', message => {
  bytes += message.value.length
  if (++count === records) {
    const seconds = Number(process.hrtime.bigint() - started) / 1e9
    const { user, system } = process.cpuUsage(cpu)
    delay.disable()
    console.log(JSON.stringify({
      records, seconds, recordsPerSecond: Math.round(records / seconds), cpuMicrosPerRecord: (user + system) / records,
      loopDelayP99Ms: delay.percentile(99) / 1e6, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024), bytes
    }))
    group.close(() => {})
  }
})
