'use strict'

// Records a span like a traced service; it must arrive complete, in both encodings.

const assert = require('node:assert/strict')
const { Annotation, BatchRecorder, TraceId, jsonEncoder: { JSON_V2 }, option: { Some } } = require('zipkin')
const { KafkaLogger } = require('zipkin-transport-kafka')
const { brokers, createTopic, main, readTopic, uniqueName } = require('./support')

const traceId = new TraceId({
  traceId: new Some('5c7d31940cb80828'),
  spanId: 'cb37670e772e86e2',
  sampled: new Some(true)
})

async function trace (encoder) {
  const topic = await createTopic(uniqueName('zipkin'))
  const errors = []
  const logger = new KafkaLogger({
    topic,
    clientOpts: { kafkaHost: brokers },
    onError: (error) => errors.push(error),
    ...encoder && { encoder }
  })
  const recorder = new BatchRecorder({ logger })
  const annotations = [
    [1, new Annotation.ServiceName('shop')],
    [1, new Annotation.Rpc('GET')],
    [1, new Annotation.BinaryAnnotation('http.path', '/orders')],
    [1, new Annotation.ServerRecv()],
    [3, new Annotation.ServerSend()]
  ]
  for (const [timestamp, annotation] of annotations) recorder.record({ traceId, timestamp, annotation })
  const [message] = await readTopic(topic, 1, { encoding: 'buffer' })
  await logger.close()
  assert.deepEqual(errors, [])
  return message.value
}

main(async () => {
  const thrift = await trace()
  assert.ok(thrift.includes('/orders') && thrift.includes('shop'))
  const [span] = JSON.parse((await trace(JSON_V2)).toString())
  assert.deepEqual([span.name, span.kind, span.localEndpoint.serviceName], ['get', 'SERVER', 'shop'])
  console.log(`a span of ${thrift.length} bytes in Thrift, and as JSON ${JSON.stringify(span)}`)
})
