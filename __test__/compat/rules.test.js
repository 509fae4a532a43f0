'use strict'

require('./support/suite').compareSection('rules')
