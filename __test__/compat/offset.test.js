'use strict'

require('./support/suite').compareSection('offset')
