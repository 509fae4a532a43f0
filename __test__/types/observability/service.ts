// What a service may do with the messages of diagnostics channels, with metrics and with OpenTelemetry.
import * as api from '@opentelemetry/api'
import { channel, tracingChannel } from 'node:diagnostics_channel'
import * as client from 'prom-client'
import type {
  BatchMessage, CommitMessage, ConnectionMessage, DeliveryMessage, DiagnosticsMessages, ErrorInfo, ErrorMessage,
  ProcessContext, RebalanceMessage, SendContext, SendMessage, StatisticsMessage, TracingContexts
} from 'kafka-node-native/diagnostics'
import { register, RegisterOptions } from 'kafka-node-native/metrics'
import { Api, register as trace, RegisterOptions as TraceOptions } from 'kafka-node-native/opentelemetry'

function subscribe<Name extends keyof DiagnosticsMessages> (
  name: Name, listener: (message: DiagnosticsMessages[Name]) => void
): void {
  channel(name).subscribe(message => listener(message as DiagnosticsMessages[Name]))
}

const text = (error: ErrorInfo | null): string => error === null ? 'well' : `${error.name} ${error.code ?? ''}`

subscribe('kafka-node-native:send', (message: SendMessage) => {
  const counts: number[] = message.partitions.map(({ count }) => count)
  console.log(message.id, message.bytes, message.count, counts)
})
subscribe('kafka-node-native:delivery', ({ duration, error, partitions: [first] }: DeliveryMessage) => {
  console.log(duration.toFixed(), text(error), first.offset + first.count, text(first.error))
})
subscribe('kafka-node-native:batch', ({ groupId, highWatermark, lastOffset }: BatchMessage) => {
  console.log(groupId?.length, highWatermark - lastOffset)
})
subscribe('kafka-node-native:commit', ({ memberId, partitions }: CommitMessage) => {
  console.log(memberId, partitions.map(({ topic, partition, offset }) => `${topic}/${partition}: ${offset}`))
})
subscribe('kafka-node-native:rebalance', ({ type, generationId, lost }: RebalanceMessage) => {
  if (type === 'revoked' && lost) console.log(generationId)
})
subscribe('kafka-node-native:connection', ({ state, host, port }: ConnectionMessage) => {
  if (state === 'down') console.log(`${host}:${port + 0}`)
})
subscribe('kafka-node-native:error', ({ operation, error, topics }: ErrorMessage) => {
  if (operation === 'send') console.log(text(error), topics.join())
})
subscribe('kafka-node-native:statistics', ({ interval, statistics }: StatisticsMessage) => {
  console.log(interval / 1000, statistics.txmsgs)
})

const name: keyof TracingContexts = 'kafka-node-native:process'
tracingChannel<unknown, ProcessContext>(name).subscribe({
  start: ({ handler, topic }) => console.log(handler === 'eachMessage', topic),
  end: () => {},
  asyncStart: () => {},
  asyncEnd: ({ count, lastOffset }) => console.log(count + lastOffset),
  error: ({ error }) => console.log(error)
})
const sent = ({ clientId, topics }: SendContext) => console.log(clientId, topics[0].count)
tracingChannel<unknown, SendContext>('kafka-node-native:send').start.subscribe(context => sent(context as SendContext))

const options: RegisterOptions = { registry: new client.Registry(), prefix: 'shop_' }
const unregister: () => void = register(client, options)
unregister()
register(client)()

const traced: TraceOptions = {
  inject: false, meterProvider: api.metrics.getMeterProvider(), tracerProvider: api.trace.getTracerProvider()
}
const untrace: () => void = trace(api, traced)
untrace()
const own: Api = { ...api, diag: api.diag }
trace(own)()

// @ts-expect-error: it is the module that is given
trace(api.trace)
// @ts-expect-error: spans are not taken out by halves
trace(api, { spans: false })
// @ts-expect-error: it is the module that is given
register(client.register)
// @ts-expect-error: no such channel
subscribe('kafka-node-native:sends', () => {})
// @ts-expect-error: no message has a value
subscribe('kafka-node-native:batch', ({ value }) => console.log(value))
