export * from 'kafka-node-native/kafkajs'
