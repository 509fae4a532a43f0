'use strict'

require('./support/suite').compareSection('errors')
