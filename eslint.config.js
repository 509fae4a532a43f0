'use strict'

const path = require('node:path')

const js = require('@eslint/js')
const stylistic = require('@stylistic/eslint-plugin')
const globals = require('globals')

// What users run must parse on Node 14: ES2020, and no `node:` prefix in require.
const SHIPPED = ['index.js', 'kafka.js', 'kafkajs.js', 'logging.js', 'metrics.js', 'opentelemetry.js', 'dev-broker.js',
  'lib/**/*.js', 'kafkajs/**/*.js', 'metrics/**/*.js', 'opentelemetry/**/*.js', 'core/**/*.js', 'dev-broker/**/*.js',
  'cli/**/*.js', 'bin/**/*.js', 'packages/**/*.js']

/** The tests that wait for a broker, be it a real one. */
const WITH_BROKERS = ['compat', 'compat-kafkajs', 'consistency', 'embedded', 'hostile', 'integration', 'lifecycle']
  .map((layer) => `__test__/${layer}/**/*.test.js`)

/**
 * What each folder may import besides itself, as in the file map of docs/architecture.md: imports go down only. No door
 * knows another. A name also stands for the module next to the folder.
 *
 * @type {Record<string, string[]>}
 */
const BELOW = {
  core: ['binding', 'package'],
  lib: ['core'],
  kafkajs: ['core'],
  metrics: ['core'],
  opentelemetry: ['core', 'metrics', 'package.json'],
  'dev-broker': ['core'],
  cli: ['core', 'lib', 'kafkajs', 'dev-broker'],
  bin: ['cli'],
  tools: [],
  scripts: ['dev-broker', 'tools', '__test__', 'package'],
  benchmark: ['index', 'scripts', 'tools'],
  examples: [],
  packages: []
}

/**
 * Forbids `require` of files of this package outside the named folders.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
const onlyImport = {
  meta: { schema: { type: 'array', items: { type: 'string' } } },
  create (context) {
    const check = (/** @type {any} */ node, /** @type {any} */ source) => {
      const name = source && (source.type === 'TemplateLiteral' ? source.quasis[0].value.cooked : source.value)
      if (typeof name !== 'string' || !name.startsWith('.')) return
      const target = path.relative(__dirname, path.resolve(path.dirname(context.filename), name))
      const folder = target.split(path.sep)[0].replace(/\.js$/, '') || 'index'
      if (context.options.includes(folder)) return
      context.report({ node, message: `Imports go down only: ${folder} is not below this file.` })
    }
    return {
      'CallExpression[callee.name="require"]': (/** @type {any} */ node) => check(node, node.arguments[0]),
      'CallExpression[callee.object.name="require"]': (/** @type {any} */ node) => check(node, node.arguments[0]),
      'ExportNamedDeclaration, ExportAllDeclaration': (/** @type {any} */ node) => check(node, node.source),
      ImportDeclaration: (/** @type {any} */ node) => check(node, node.source),
      ImportExpression: (/** @type {any} */ node) => check(node, node.source)
    }
  }
}

/**
 * Wants a `timeout` in the options of each outermost `describe` and `it`.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
const testDeadline = {
  meta: { schema: [] },
  create (context) {
    const isTest = (/** @type {any} */ { type, callee }) =>
      type === 'CallExpression' && ['describe', 'it'].includes(callee.name)
    const hasTimeout = (/** @type {any} */ { type, properties }) =>
      type === 'ObjectExpression' && properties.some((/** @type {any} */ { key }) => key && key.name === 'timeout')
    return {
      CallExpression (node) {
        if (!isTest(node) || node.arguments.some(hasTimeout)) return
        if (context.sourceCode.getAncestors(node).some(isTest)) return
        context.report({
          node,
          message: 'A test that waits for a broker needs a deadline: give the outermost describe or it a timeout.'
        })
      }
    }
  }
}

// Test tools replace the global timers with fakes.
const TIMERS = ['clearImmediate', 'clearInterval', 'clearTimeout', 'queueMicrotask', 'setImmediate', 'setInterval',
  'setTimeout'].map(name => ({ name, message: 'Take it from core/scheduling/timers.js.' }))

module.exports = [
  { ignores: ['binding.js', 'binding.d.ts', 'dist/', 'npm/', 'target/', 'node_modules/', '**/*.d.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.cjs'],
    plugins: { '@stylistic': stylistic },
    languageOptions: {
      ecmaVersion: 2023,
      sourceType: 'commonjs',
      globals: globals.node
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      strict: ['error', 'global'],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-throw-literal': 'error',
      'no-unused-vars': ['error', { args: 'after-used', argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@stylistic/semi': ['error', 'never'],
      '@stylistic/quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: 'always' }],
      '@stylistic/indent': ['error', 2, { SwitchCase: 1, ignoreComments: true, flatTernaryExpressions: true }],
      '@stylistic/max-len': ['error', { code: 120, ignoreUrls: true }],
      '@stylistic/comma-dangle': ['error', 'never'],
      '@stylistic/space-before-function-paren': ['error', 'always'],
      '@stylistic/keyword-spacing': 'error',
      '@stylistic/space-before-blocks': 'error',
      '@stylistic/space-infix-ops': 'error',
      '@stylistic/object-curly-spacing': ['error', 'always'],
      '@stylistic/array-bracket-spacing': ['error', 'never'],
      '@stylistic/brace-style': ['error', '1tbs', { allowSingleLine: true }],
      '@stylistic/comma-spacing': 'error',
      '@stylistic/eol-last': 'error',
      '@stylistic/no-multiple-empty-lines': ['error', { max: 1, maxEOF: 0 }],
      '@stylistic/no-trailing-spaces': 'error',
      '@stylistic/no-tabs': 'error'
    }
  },
  {
    files: SHIPPED,
    languageOptions: { ecmaVersion: 2020 },
    rules: {
      'no-restricted-syntax': ['error', {
        selector: 'CallExpression[callee.name="require"] > Literal[value=/^node:/]',
        message: 'Node 14 does not know the node: prefix in require.'
      }, {
        selector: 'MemberExpression[object.name="Object"][property.name="hasOwn"]',
        message: 'Node 14 has no Object.hasOwn.'
      }, {
        selector: 'CallExpression[callee.property.name=/^(at|replaceAll|findLast|findLastIndex|toSorted|toReversed)$/]',
        message: 'Node 14 has no such method.'
      }],
      'no-restricted-globals': ['error', 'structuredClone', 'fetch', 'AbortController', 'AggregateError', ...TIMERS],
      'no-restricted-properties': ['error',
        { object: 'process', property: 'nextTick', message: 'Take it from core/scheduling/timers.js.' },
        ...TIMERS.flatMap(({ name, message }) =>
          ['global', 'globalThis'].map(object => ({ object, property: name, message })))]
    }
  },
  ...Object.entries(BELOW).map(([folder, below]) => ({
    files: [`${folder}/**/*.{js,cjs,mjs}`, `${folder}.js`],
    plugins: { house: { rules: { 'only-import': onlyImport } } },
    rules: { 'house/only-import': ['error', folder, ...below] }
  })),
  {
    // what tests wait with waits by their clock, also by a fake one; the class is what agents look for
    files: ['packages/*/src/**/*.js'],
    rules: { 'no-restricted-globals': 'off', 'no-useless-constructor': 'off' }
  },
  {
    // where the real ones are kept
    files: ['core/scheduling/timers.js'],
    rules: { 'no-restricted-properties': 'off' }
  },
  {
    // Node 20 bounds whole files only, and does not say which test hangs.
    files: WITH_BROKERS,
    plugins: { house: { rules: { 'test-deadline': testDeadline } } },
    rules: { 'house/test-deadline': 'error' }
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: globals.node }
  }
]
