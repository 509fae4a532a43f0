'use strict'

require('./support/suite').compareSection('late-calls')
