'use strict'

// Makes, uses and closes objects of one class again and again.
// arguments: class, topic, cycles, first cycles that are not measured

const { say, nativeThreads, descriptors, when, rss } = require('./common')
const { open } = require('./open')

const [kind, topic, cycles, warmUp] = process.argv.slice(2)

function use (opened, then) {
  const { object } = opened
  if (kind === 'KafkaClient') object.topicExists([topic], then)
  else if (object.send) object.send([{ topic, messages: 'again' }], then)
  else object.once('message', () => then(null))
}

function cycle (number, then) {
  // a group of its own, with nothing committed and nobody to wait for
  const opened = open(kind, topic, {}, 'cycle-' + process.pid + '-' + number)
  let used = false
  opened.ready(() => {
    if (opened.object.on && kind !== 'ConsumerGroup') step()
  })
  if (kind === 'ConsumerGroup') step()
  function step () {
    use(opened, error => {
      if (used) return
      used = true
      if (error) say('error ' + error.message)
      opened.object.close(then)
    })
  }
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
