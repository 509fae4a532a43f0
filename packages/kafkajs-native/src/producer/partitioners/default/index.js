'use strict'

module.exports = require('..').DefaultPartitioner
