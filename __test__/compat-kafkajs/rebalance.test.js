'use strict'

require('./support/suite').compareSection('rebalance')
