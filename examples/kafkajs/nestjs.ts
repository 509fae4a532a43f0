// A NestJS microservice on Kafka, and a client of it: a request that is answered, and an event. Nest's Kafka transport
// loads `kafkajs`; that this is ours it need not know. Ends by itself.
//
//   npm install kafkajs@npm:kafkajs-native @nestjs/common @nestjs/core @nestjs/microservices reflect-metadata rxjs
//   npm install -D typescript @types/node
//   npx tsc --experimentalDecorators --emitDecoratorMetadata --outDir build nestjs.ts
//   KAFKA_BROKERS=127.0.0.1:9092 node build/nestjs.js

import 'reflect-metadata'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import {
  ClientKafka, Ctx, EventPattern, KafkaContext, KafkaOptions, MessagePattern, MicroserviceOptions, Payload, Transport
} from '@nestjs/microservices'
import { Kafka, logLevel } from 'kafkajs'
import { firstValueFrom } from 'rxjs'

const brokers = (process.env.KAFKA_BROKERS || '127.0.0.1:9092').split(',')
const run = Date.now().toString(36)
const sums = `sum-${run}`
const orders = `orders-${run}`

let heard: () => void
const isHeard = new Promise<void>((resolve) => { heard = resolve })

@Controller()
class Service {
  @MessagePattern(sums)
  sum (@Payload() numbers: number[]): number {
    return numbers.reduce((a, b) => a + b, 0)
  }

  @EventPattern(orders)
  ordered (@Payload() order: { item: string }, @Ctx() context: KafkaContext): void {
    console.log(`order of ${order.item}, from partition ${context.getPartition()}`)
    heard()
  }
}

@Module({ controllers: [Service] })
class App {}

/** As in any application of Nest's: what is in `client` and `consumer` goes to `new Kafka()` and `kafka.consumer()`. */
function options (groupId: string): KafkaOptions['options'] {
  return {
    client: { clientId: 'nest', brokers, logLevel: logLevel.ERROR },
    consumer: { groupId },
    subscribe: { fromBeginning: true }
  }
}

async function main (): Promise<void> {
  const admin = new Kafka({ brokers, logLevel: logLevel.ERROR }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [sums, `${sums}.reply`, orders].map((topic) => ({ topic, numPartitions: 1 })) })
  await admin.disconnect()

  const app = await NestFactory.createMicroservice<MicroserviceOptions>(App, {
    transport: Transport.KAFKA, options: options(`service-${run}`), logger: false
  })
  await app.listen()

  const client = new ClientKafka(options(`client-${run}`)!)
  client.subscribeToResponseOf(sums)
  await client.connect()
  console.log(`1 + 2 + 3 = ${await firstValueFrom(client.send(sums, [1, 2, 3]))}`)
  await firstValueFrom(client.emit(orders, { item: 'tea' }))
  await isHeard
  await client.close()
  await app.close()
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
