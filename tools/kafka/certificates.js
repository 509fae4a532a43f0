'use strict'

const { execFile } = require('node:child_process')
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { promisify } = require('node:util')

/** The passphrase of every encrypted key and PKCS#12 file made here. */
const PASSPHRASE = 'certificate-passphrase'

/** The host names in a certificate, by which clients reach the broker. */
const HERE = 'DNS:localhost,IP:127.0.0.1,IP:::1'

/**
 * Files in PEM unless their name says otherwise.
 *
 * @typedef {object} Certificates
 * @property {string} ca of the authority that signed the others
 * @property {string} otherCa of an authority that signed none of them
 * @property {string} server certificate and key of a broker on this machine
 * @property {string} expired the same, but expired
 * @property {string} wrongHost the same, but for another host
 * @property {string} clientCert
 * @property {string} clientKey
 * @property {string} clientKeyEncrypted with `passphrase`, like the others that can be
 * @property {string} clientPfx PKCS#12 with certificate, key and authority
 * @property {string} strangerCert as `clientCert`, but signed by `otherCa`
 * @property {string} strangerKey
 * @property {string} passphrase
 */

/** @param {string[]} args */
async function openssl (...args) {
  try {
    return await promisify(execFile)('openssl', args)
  } catch (error) {
    const { code, message } = /** @type {any} */ (error)
    if (code !== 'ENOENT') throw error
    const text = `Certificates are made with the openssl command, which is not installed: ${message}. ` +
      'Install it (Debian and Ubuntu: apt-get install openssl)'
    throw Object.assign(new Error(text), { cause: error })
  }
}

/** The authority and the certificates of a secured broker and its clients, freshly made in a folder. */
class CertificateFolder {
  /** @param {string} dir */
  constructor (dir) {
    this.dir = dir
  }

  /** @param {string} name */
  file (name) {
    return path.join(this.dir, name)
  }

  /** @param {string} name @returns {Promise<string>} the file of a new private key */
  async key (name) {
    const { privateKey } = await promisify(crypto.generateKeyPair)('rsa', { modulusLength: 2048 })
    const file = this.file(`${name}.key`)
    fs.writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    return file
  }

  /** @param {string} name */
  async authority (name) {
    const key = await this.key(name)
    const cert = this.file(`${name}.pem`)
    await openssl('req', '-x509', '-new', '-key', key, '-out', cert, '-days', '2', '-subj', `/CN=kafka-script ${name}`)
    return { key, cert }
  }

  /**
   * @param {string} name
   * @param {{ key: string, cert: string }} authority
   * @param {{ hosts?: string, expired?: boolean }} [options] hosts: subject alternative names
   */
  async certificate (name, authority, { hosts, expired = false } = {}) {
    const key = await this.key(name)
    const [request, cert, config] = [this.file(`${name}.csr`), this.file(`${name}.pem`), this.file(`${name}.cnf`)]
    const usage = 'extendedKeyUsage=serverAuth,clientAuth\n'
    fs.writeFileSync(config, [
      '[ca]', 'default_ca=authority', '[authority]', `database=${this.file(`${name}.index`)}`, 'rand_serial=yes',
      `new_certs_dir=${this.dir}`, 'default_md=sha256', 'policy=any', 'unique_subject=no',
      '[any]', 'commonName=supplied', '[names]', `${usage}${hosts ? `subjectAltName=${hosts}\n` : ''}`
    ].join('\n'))
    fs.writeFileSync(this.file(`${name}.index`), '')
    await openssl('req', '-new', '-key', key, '-out', request, '-subj', `/CN=${name}`)
    // Only `openssl ca` takes the dates, in versions before 3.4.
    const dates = expired ? ['20200101000000Z', '20200102000000Z'] : [day(-1), day(2)]
    await openssl('ca', '-batch', '-notext', '-config', config, '-in', request, '-out', cert, '-cert', authority.cert,
      '-keyfile', authority.key, '-extensions', 'names', '-startdate', dates[0], '-enddate', dates[1])
    return { key, cert }
  }

  /**
   * A key store as Kafka takes it: key and certificate in one file.
   *
   * @param {string} name
   * @param {{ key: string, cert: string }} authority
   * @param {{ hosts: string, expired?: boolean }} options
   */
  async server (name, authority, options) {
    const { key, cert } = await this.certificate(name, authority, options)
    const store = this.file(`${name}.store.pem`)
    fs.writeFileSync(store, fs.readFileSync(key, 'utf8') + fs.readFileSync(cert, 'utf8'), { mode: 0o600 })
    return store
  }
}

/**
 * @param {number} offset days from now
 * @returns {string} as openssl takes it
 */
function day (offset) {
  const time = new Date(Date.now() + offset * 24 * 60 * 60 * 1000)
  return `${time.toISOString().replace(/[-:T]|\.\d+/g, '')}`
}

/**
 * @param {string} dir an empty folder
 * @returns {Promise<Certificates>}
 */
async function makeCertificates (dir) {
  const folder = new CertificateFolder(dir)
  const [authority, other] = await Promise.all([folder.authority('ca'), folder.authority('other-ca')])
  const [server, expired, wrongHost, client, stranger] = await Promise.all([
    folder.server('server', authority, { hosts: HERE }),
    folder.server('expired', authority, { hosts: HERE, expired: true }),
    folder.server('wrong-host', authority, { hosts: 'DNS:elsewhere.example' }),
    folder.certificate('client', authority),
    folder.certificate('stranger', other)
  ])
  const clientKeyEncrypted = folder.file('client.encrypted.key')
  const clientPfx = folder.file('client.p12')
  const secret = `pass:${PASSPHRASE}`
  await Promise.all([
    openssl('pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-in', client.key, '-out', clientKeyEncrypted, '-passout', secret),
    openssl('pkcs12', '-export', '-in', client.cert, '-inkey', client.key, '-certfile', authority.cert,
      '-out', clientPfx, '-passout', secret)
  ])
  return {
    ca: authority.cert,
    otherCa: other.cert,
    server,
    expired,
    wrongHost,
    clientCert: client.cert,
    clientKey: client.key,
    clientKeyEncrypted,
    clientPfx,
    strangerCert: stranger.cert,
    strangerKey: stranger.key,
    passphrase: PASSPHRASE
  }
}

module.exports = { makeCertificates }
