'use strict'

// The process that `moveOffsets` starts in a folder with the original: version 0 of OffsetFetch reads offsets
// out of ZooKeeper, and librdkafka does not speak it. It is told by its parent what to read, and answers with
// `{ partitions: [{ topic, partition, offset }] }`, offset -1 where there is none, or `{ error }`.

process.once('message', (/** @type {any} */ { folder, clientOptions, group, topics }) => {
  const answer = (/** @type {object} */ message) => {
    /** @type {any} */ (process).send(message, () => process.exit())
  }
  const fail = (/** @type {any} */ error) => answer({ error: String((error && error.message) || error) })
  process.on('uncaughtException', fail)

  const { KafkaClient } = require(folder)
  const client = new KafkaClient(clientOptions)
  client.on('error', fail)
  client.once('ready', () => {
    // All topics: asking for one that does not exist might create it.
    client.loadMetadataForTopics([], (/** @type {any} */ err, /** @type {any} */ answers) => {
      if (err) return fail(err)
      const { metadata } = answers[1]
      const missing = topics.filter((/** @type {string} */ topic) => !metadata[topic])
      if (missing.length > 0) return fail(`the cluster has no topic ${missing.join(', ')}`)
      /** @type {{ topic: string, partition: number }[]} */
      const wanted = []
      for (const topic of topics) {
        for (const partition of Object.keys(metadata[topic])) wanted.push({ topic, partition: Number(partition) })
      }
      client.sendOffsetFetchRequest(group, wanted, (/** @type {any} */ err, /** @type {any} */ offsets) => {
        // A broker without ZooKeeper closes the connection on this request.
        if (err) {
          return fail(`${err.message || err}. Is the broker at ${clientOptions.kafkaHost} one in ZooKeeper mode?`)
        }
        answer({ partitions: wanted.map(each => ({ ...each, offset: offsets[each.topic][each.partition] })) })
      })
    })
  })
})
