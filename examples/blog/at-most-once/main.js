'use strict'

// Starts a member of the group, and once it has its partitions sends it a message. Ctrl+C ends both.

const startConsumer = require('./consumer')
const sendMessage = require('./producer')

const consumer = startConsumer()
consumer.once('connect', sendMessage)
