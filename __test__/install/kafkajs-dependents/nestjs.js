'use strict'

// NestJS: a hybrid application with HTTP and Kafka, requests that are answered, events, retries, status, shutdown.

require('reflect-metadata')
const assert = require('node:assert/strict')
const { Controller, Module } = require('@nestjs/common')
const { NestFactory } = require('@nestjs/core')
const {
  ClientKafka, Ctx, EventPattern, KafkaRetriableException, MessagePattern, Payload, Transport
} = require('@nestjs/microservices')
const { firstValueFrom } = require('rxjs')
const { brokers, createTopics, main, uniqueName, until } = require('./support')

const sums = uniqueName('nest-sum')
const events = uniqueName('nest-event')
const failures = uniqueName('nest-fail')

/** @type {any[]} */
const heard = []
let attempts = 0

class Service {
  sum (numbers) {
    return { sum: numbers.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0) }
  }

  event (payload, context) {
    const { key, headers, offset } = context.getMessage()
    heard.push({
      payload, topic: context.getTopic(), partition: context.getPartition(), key: String(key),
      header: String(headers.trace), offset: Number(offset), heartbeat: typeof context.getHeartbeat()
    })
  }

  fails () {
    if (++attempts < 3) throw new KafkaRetriableException('not yet')
  }
}

/** Decorators without a compiler. */
function decorate (method, decorator, parameters) {
  const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, method)
  decorator(Service.prototype, method, descriptor)
  parameters.forEach((parameter, index) => parameter(Service.prototype, method, index))
}
Controller()(Service)
decorate('sum', MessagePattern(sums), [Payload()])
decorate('event', EventPattern(events), [Payload(), Ctx()])
decorate('fails', EventPattern(failures), [])
class App {}
Module({ controllers: [Service] })(App)

main(async () => {
  await createTopics(sums, `${sums}.reply`, events, failures)
  const app = await NestFactory.create(App, { logger: false })
  const options = (/** @type {string} */ groupId) => ({
    client: { clientId: 'nest', brokers: [brokers], retry: { initialRetryTime: 50 } },
    consumer: { groupId },
    subscribe: { fromBeginning: true },
    run: { autoCommit: true }
  })
  const microservice = app.connectMicroservice({ transport: Transport.KAFKA, options: options(uniqueName('nest')) })
  const statuses = []
  microservice.status.subscribe((status) => statuses.push(status))
  await app.startAllMicroservices()
  await app.init()

  const client = new ClientKafka(options(uniqueName('nest-client')))
  const clientStatuses = []
  client.status.subscribe((status) => clientStatuses.push(status))
  client.subscribeToResponseOf(sums)
  await client.connect()
  const answers = await Promise.all([[1, 2], [3, 4], [5]].map((numbers) => firstValueFrom(client.send(sums, numbers))))
  assert.deepEqual(answers, [{ sum: 3 }, { sum: 7 }, { sum: 5 }])
  await firstValueFrom(client.emit(events, { key: 'k', value: { hello: 'world' }, headers: { trace: 't' } }))
  await until(() => heard.length === 1, 'the event')
  assert.deepEqual(heard[0], {
    payload: { hello: 'world' },
    topic: events,
    partition: 0,
    key: 'k',
    header: 't',
    offset: 0,
    heartbeat: 'function'
  })
  await firstValueFrom(client.emit(failures, 'x'))
  await until(() => attempts === 3, 'the event that fails twice')
  assert.equal(client.unwrap().constructor.name, 'Client')
  await client.close()
  await app.close()
  assert.ok(statuses.includes('connected'), statuses.join())
  assert.ok(clientStatuses.includes('connected'), clientStatuses.join())
})
