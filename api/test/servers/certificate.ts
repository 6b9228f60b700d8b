import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** One DER value (ITU-T X.690): tag, length, contents. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const contents = Buffer.concat(parts)
  const n = contents.length
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), contents])
}

const SEQUENCE = 0x30
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const ECDSA_WITH_SHA256 = der(SEQUENCE, oid('2a8648ce3d040302'))
const COMMON_NAME = oid('550403')
const BASIC_CONSTRAINTS = oid('551d13')
const SUBJECT_ALT_NAME = oid('551d11')
const TRUE = der(0x01, Buffer.from([0xff]))
const LOOPBACK = Buffer.from([127, 0, 0, 1])

const nameOf = (commonName: string) =>
  der(SEQUENCE, der(0x31, der(SEQUENCE, COMMON_NAME, der(0x0c, Buffer.from(commonName)))))
const extension = (id: Buffer, value: Buffer) => der(SEQUENCE, id, der(0x04, value))
const IS_AUTHORITY = extension(BASIC_CONSTRAINTS, der(SEQUENCE, TRUE))
const IS_LOCAL = extension(SUBJECT_ALT_NAME, der(SEQUENCE, der(0x82, Buffer.from('localhost')), der(0x87, LOOPBACK)))

/** A certificate and its private key, both as PEM. */
export interface Certificate {
  key: string
  cert: string
}

interface Contents {
  subject: string
  issuer: string
  publicKey: KeyObject
  extension: Buffer
}

/** An X.509 certificate as PEM, signed with the key of its issuer. */
function certificate({ subject, issuer, publicKey, extension }: Contents, issuerKey: KeyObject): string {
  const validity = der(SEQUENCE, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')))
  const version3 = der(0xa0, der(0x02, Buffer.from([2])))
  const serial = der(0x02, Buffer.from([1]), randomBytes(8))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const extensions = der(0xa3, der(SEQUENCE, extension))
  const names = [nameOf(issuer), validity, nameOf(subject)]
  const tbs = der(SEQUENCE, version3, serial, ECDSA_WITH_SHA256, ...names, spki, extensions)
  const signature = der(0x03, Buffer.from([0]), sign('sha256', tbs, issuerKey))
  const lines =
    der(SEQUENCE, tbs, ECDSA_WITH_SHA256, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pemOf = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/**
 * A self-signed certificate for localhost. Like all certificates here, it is generated at run time, so that no key is
 * committed.
 */
export function selfSignedCertificate(): Certificate {
  const { publicKey, privateKey } = newKeys()
  const contents = { subject: 'localhost', issuer: 'localhost', publicKey, extension: IS_LOCAL }
  return { key: pemOf(privateKey), cert: certificate(contents, privateKey) }
}

/** A certificate authority. `issue` signs a certificate for localhost and 127.0.0.1, for servers and clients. */
export function createAuthority(): { cert: string; issue(): Certificate } {
  const { publicKey, privateKey } = newKeys()
  const issuer = `authority ${randomBytes(4).toString('hex')}`
  return {
    cert: certificate({ subject: issuer, issuer, publicKey, extension: IS_AUTHORITY }, privateKey),
    issue() {
      const keys = newKeys()
      const contents = { subject: 'localhost', issuer, publicKey: keys.publicKey, extension: IS_LOCAL }
      return { key: pemOf(keys.privateKey), cert: certificate(contents, privateKey) }
    },
  }
}
