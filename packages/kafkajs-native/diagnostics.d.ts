export * from 'kafka-node-native/diagnostics'
