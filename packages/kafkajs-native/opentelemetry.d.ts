export * from 'kafka-node-native/opentelemetry'
