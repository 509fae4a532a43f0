'use strict'

module.exports = {
  roundrobin: require('./roundrobin'),
  range: require('./range')
}
