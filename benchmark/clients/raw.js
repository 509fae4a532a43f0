'use strict'

/** @type {import('../lib/clients').Client} */
module.exports = {
  id: 'raw',
  title: 'librdkafka',
  kind: 'native',
  node: 0,
  modes: { message: 'consume_batch_queue, produce_batch' },
  tasks: ['consume', 'produce', 'latency', 'endToEnd'],
  settings: {
    consume: 'no group; fetch.wait.max.ms 100, fetch.queue.backoff.ms 10, 16 MB prefetch, 1000 records a call',
    produce: 'linger.ms 0; as many requests in flight as partitions with acks 1, idempotent with acks all'
  }
}
