'use strict'

require('./support/suite').compareSection('lifetime')
