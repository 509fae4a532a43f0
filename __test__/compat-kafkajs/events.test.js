'use strict'

require('./support/suite').compareSection('events')
