'use strict'

require('./support/suite').compareSection('no-ack-batches')
