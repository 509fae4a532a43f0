'use strict'

// A registry in memory, with as much of npm's protocol as `npm install` uses: documents and tarballs.

const crypto = require('node:crypto')
const { once } = require('node:events')
const http = require('node:http')
const zlib = require('node:zlib')

/**
 * One file of a gzipped tar archive.
 *
 * @param {Buffer} tarball
 * @param {string} wanted
 * @returns {Buffer}
 */
function readFromTarball (tarball, wanted) {
  const tar = zlib.gunzipSync(tarball)
  const field = (offset, length) => tar.toString('latin1', offset, offset + length).replace(/\0.*$/s, '').trim()
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const name = field(at, 100)
    const size = parseInt(field(at + 124, 12), 8)
    if (name === wanted) return tar.subarray(at + 512, at + 512 + size)
    at += 512 + Math.ceil(size / 512) * 512
  }
  throw new Error(`the tarball has no ${wanted}`)
}

/**
 * Serves tarballs as a registry on a free port of the loopback interface.
 *
 * @param {Buffer[]} tarballs each with its package.json, from `npm pack`
 * @returns {Promise<{url: string, requests: string[], close: () => Promise<void>}>} `requests`: every path asked for
 */
async function startRegistry (tarballs) {
  const packages = new Map()
  for (const tarball of tarballs) {
    const manifest = JSON.parse(readFromTarball(tarball, 'package/package.json').toString())
    const versions = packages.get(manifest.name) || new Map()
    versions.set(manifest.version, { manifest, tarball })
    packages.set(manifest.name, versions)
  }
  const requests = []
  const server = http.createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://registry').pathname)
    requests.push(path)
    const [, tarName, tarVersion] = /^\/-\/tarballs\/(.+)\/([^/]+)\.tgz$/.exec(path) || []
    if (tarName) {
      const found = packages.get(tarName)?.get(tarVersion)
      if (found) return response.end(found.tarball)
    }
    const versions = packages.get(path.slice(1))
    if (!versions) {
      response.writeHead(404, { 'content-type': 'application/json' })
      return response.end(JSON.stringify({ error: 'not found' }))
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({
      name: path.slice(1),
      'dist-tags': { latest: [...versions.keys()].at(-1) },
      versions: Object.fromEntries([...versions].map(([version, { manifest, tarball }]) => [version, {
        ...manifest,
        dist: {
          tarball: `${url}/-/tarballs/${manifest.name}/${version}.tgz`,
          integrity: `sha512-${crypto.createHash('sha512').update(tarball).digest('base64')}`
        }
      }]))
    }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    requests,
    async close () {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

module.exports = { startRegistry }
