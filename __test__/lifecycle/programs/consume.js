'use strict'

// Reads numbers from a topic of one partition as a member of a group, commits and closes. arguments: topic, count

const { root, kafkaHost, say } = require('./common')
const kafka = require(root)

const [topic, count] = process.argv.slice(2)
const group = new kafka.ConsumerGroup({ kafkaHost, groupId: topic + '-' + process.pid, fromOffset: 'earliest' }, topic)
let next = 0
group.on('error', error => say('error ' + error.message))
group.on('message', ({ value, key, offset, timestamp }) => {
  const right = value === String(next) && key === 'k' + next && offset === next && timestamp instanceof Date
  if (!right) say('wrong ' + next)
  if (++next === Number(count)) group.close(true, error => say(error ? 'error ' + error.message : 'received ' + count))
})
