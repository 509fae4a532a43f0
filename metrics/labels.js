'use strict'

// What metrics tell apart.

const OF_CLIENT = ['client_id']
const OF_TOPIC = [...OF_CLIENT, 'topic']
const OF_GROUP = [...OF_CLIENT, 'group_id']
const OF_BROKER = [...OF_CLIENT, 'broker']
const OF_PARTITION = [...OF_GROUP, 'topic', 'partition']

module.exports = { OF_BROKER, OF_CLIENT, OF_GROUP, OF_PARTITION, OF_TOPIC }
