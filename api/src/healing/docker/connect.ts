import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import type Docker from 'dockerode'
import { type Env, SettingsError } from '../../env.ts'

export type DockerSettings = Pick<Env, 'AUTOHEAL_MODE' | 'DOCKER_HOST' | 'DOCKER_TLS_VERIFY' | 'DOCKER_CERT_PATH'>

const DEFAULT_SOCKET = '/var/run/docker.sock'

/**
 * Creates a client for the engine that the settings name, in the form of Docker's own command line: a socket, or TCP
 * with or without TLS. Null if auto-heal is off, or if no engine is named and the usual socket does not exist; Docker's
 * library is not loaded then. Throws SettingsError if a file of DOCKER_CERT_PATH cannot be read or used.
 */
export async function connectDocker(settings: DockerSettings): Promise<Docker | null> {
  const { AUTOHEAL_MODE, DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH = '' } = settings
  if (AUTOHEAL_MODE === 'off') return null
  const socketPath = DOCKER_HOST.startsWith('unix://') ? DOCKER_HOST.slice('unix://'.length) : null
  if (socketPath === DEFAULT_SOCKET && !existsSync(socketPath)) return null
  const { default: Docker } = await import('dockerode')
  if (socketPath !== null) return new Docker({ socketPath })
  const { hostname, port } = new URL(DOCKER_HOST.replace(/^tcp:/, 'http:'))
  if (!DOCKER_TLS_VERIFY) return new Docker({ protocol: 'http', host: hostname, port })
  return new Docker({ protocol: 'https', host: hostname, port, ...readCertificates(DOCKER_CERT_PATH) })
}

function readCertificates(folder: string) {
  const problem = (text: string) =>
    new SettingsError(`DOCKER_CERT_PATH is ${JSON.stringify(folder)}, which DOCKER_TLS_VERIFY needs: ${text}`)
  const file = (name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8')
    } catch (error) {
      throw problem(`${name} cannot be read (${error instanceof Error ? error.message : error})`)
    }
  }
  const [ca, cert, key] = [file('ca.pem'), file('cert.pem'), file('key.pem')]
  const check = (names: string, use: () => unknown) => {
    try {
      use()
    } catch (error) {
      throw problem(`${names} cannot be used (${error instanceof Error ? error.message : error})`)
    }
  }
  // A secure context ignores a `ca` that is no certificate.
  check('ca.pem', () => new X509Certificate(ca))
  check('cert.pem with key.pem', () => createSecureContext({ cert, key }))
  return { ca, cert, key }
}
