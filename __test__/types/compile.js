'use strict'

const path = require('node:path')
const ts = require('typescript')

const root = path.join(__dirname, '../..')

/**
 * Compiles as a strict service does.
 *
 * @param {string[]} files
 * @param {ts.CompilerOptions} more among them `paths`, which say what packages are
 */
function compile (files, more) {
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    target: ts.ScriptTarget.ES2020,
    lib: ['lib.es2020.d.ts'],
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules/@types')],
    ...more
  })
  const complaints = ts.formatDiagnostics(ts.getPreEmitDiagnostics(program), {
    getCanonicalFileName: name => name, getCurrentDirectory: () => root, getNewLine: () => '\n'
  })
  return { program, complaints }
}

module.exports = { compile }
