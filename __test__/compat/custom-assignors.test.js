'use strict'

require('./support/suite').compareSection('custom-assignors')
