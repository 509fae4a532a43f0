#!/usr/bin/env node
'use strict'

require('../cli/program').run(process.argv)
