'use strict'

// Runs a Windows program under wine: node wine.js WINE PROGRAM ARGUMENTS...
// Node.js ends with EBADF under wine when its output is a pipe, so output takes the way through files.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { spawn } = require('node:child_process')

const POLL_MS = 20

const [wine, program, ...args] = process.argv.slice(2)
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kafka-node-native-wine-'))

/** A file that a program writes and this process reads, as far as it has been written. */
class Relay {
  /** @param {string} name @param {number} target file descriptor */
  constructor (name, target) {
    const file = path.join(folder, name)
    this.input = fs.openSync(file, 'w')
    this.output = fs.openSync(file, 'r')
    this.target = target
  }

  pass () {
    const buffer = Buffer.alloc(65536)
    for (;;) {
      const length = fs.readSync(this.output, buffer, 0, buffer.length, null)
      if (length === 0) return
      fs.writeSync(this.target, buffer.toString('latin1', 0, length).replace(/\r\n/g, '\n'), null, 'latin1')
    }
  }
}

const relays = [new Relay('stdout', 1), new Relay('stderr', 2)]
const passAll = () => relays.forEach((relay) => relay.pass())
// setpriv: a program whose relay was killed is killed, too.
const child = spawn('setpriv', ['--pdeathsig', 'KILL', wine, program, ...args], {
  stdio: ['ignore', relays[0].input, relays[1].input]
})
const timer = setInterval(passAll, POLL_MS)
child.once('error', (error) => {
  console.error(error.message)
  process.exit(1)
})
child.once('exit', (code, signal) => {
  clearInterval(timer)
  passAll()
  fs.rmSync(folder, { recursive: true, force: true })
  if (signal) process.kill(process.pid, signal)
  else process.exitCode = code === null ? 1 : code
})
for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGTERM', 'SIGINT'])) {
  process.on(signal, () => child.kill(signal))
}
