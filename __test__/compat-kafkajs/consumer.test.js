'use strict'

require('./support/suite').compareSection('consumer')
