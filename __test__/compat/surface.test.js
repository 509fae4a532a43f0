'use strict'

require('./support/suite').compareSection('surface')
