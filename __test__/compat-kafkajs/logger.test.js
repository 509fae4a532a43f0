'use strict'

require('./support/suite').compareSection('logger')
