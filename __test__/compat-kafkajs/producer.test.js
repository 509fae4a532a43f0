'use strict'

require('./support/suite').compareSection('producer')
