'use strict'

require('./support/suite').compareSection('client')
