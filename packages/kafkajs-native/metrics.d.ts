export * from 'kafka-node-native/metrics'
