'use strict'

exports.register = require('kafka-node-native/metrics').register
