'use strict'

// Creates, uses and closes objects of one class repeatedly.
// arguments: class, topic, cycles, how many first cycles are not measured

const { say, nativeThreads, descriptors, when, rss } = require('./common')
const { open } = require('./open')

const [kind, topic, cycles, warmUp] = process.argv.slice(2)

const fetchOne = ({ object }, then) => object.once('message', () => then(null))
const readOne = ({ object }, then) => object.once('data', () => then(null))
const send = ({ object }, then) => object.send([{ topic, messages: 'again' }], then)

/** How an object of each class is used before it is closed. */
const USES = {
  KafkaClient: ({ object }, then) => object.topicExists([topic], then),
  Producer: send,
  HighLevelProducer: send,
  ProducerStream: ({ object }, then) => object.write({ topic, messages: 'again' }, then),
  Consumer: fetchOne,
  ConsumerStream: readOne,
  ConsumerGroup: fetchOne,
  ConsumerGroupStream: readOne,
  Offset: ({ object }, then) => object.fetchLatestOffsets([topic], then),
  Admin: ({ object }, then) => object.listGroups(then)
}

function cycle (number, then) {
  // a group of its own, with nothing committed and no members to wait for
  const opened = open(kind, topic, {}, 'cycle-' + process.pid + '-' + number)
  let used = false
  const step = () => USES[kind](opened, error => {
    if (used) return
    used = true
    if (error) say('error ' + error.message)
    opened.close(then)
  })
  // messages may arrive as soon as it is a member
  if (kind.startsWith('ConsumerGroup')) step()
  else opened.ready(step)
}

function measure () {
  if (global.gc) global.gc()
  return { threads: nativeThreads(), descriptors: descriptors(), rss: rss() }
}

let before
function next (number) {
  if (number === Number(warmUp)) {
    return when(() => nativeThreads().length === 0, () => {
      before = measure()
      cycle(number, () => next(number + 1))
    })
  }
  if (number < Number(warmUp) + Number(cycles)) return cycle(number, () => next(number + 1))
  when(() => nativeThreads().length === 0, () => {
    const after = measure()
    say(JSON.stringify({ before, after, grown: after.rss - before.rss }))
  })
}
next(0)
