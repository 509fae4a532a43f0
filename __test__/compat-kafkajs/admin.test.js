'use strict'

require('./support/suite').compareSection('admin')
