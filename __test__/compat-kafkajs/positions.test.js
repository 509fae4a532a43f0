'use strict'

require('./support/suite').compareSection('positions')
