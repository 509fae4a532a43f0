'use strict'

require('./support/suite').compareSection('partitioners')
