'use strict'

require('./support/suite').compareSection('foreign-clients')
