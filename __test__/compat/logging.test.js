'use strict'

require('./support/suite').compareSection('logging')
