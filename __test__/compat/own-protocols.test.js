'use strict'

require('./support/suite').compareSection('own-protocols')
