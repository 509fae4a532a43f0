'use strict'

require('./support/suite').compareSection('inheritance')
