import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type Docker from 'dockerode'
import type { Env } from '../../env.ts'

export type DockerSettings = Pick<Env, 'AUTOHEAL_MODE' | 'DOCKER_HOST' | 'DOCKER_TLS_VERIFY' | 'DOCKER_CERT_PATH'>

const DEFAULT_SOCKET = '/var/run/docker.sock'

/**
 * Creates a client for the engine that the settings name, in the form of Docker's own command line: a socket, or TCP
 * with or without TLS. Null if auto-heal is off, or if no engine is named and the usual socket does not exist; Docker's
 * library is not loaded then.
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
  const file = (name: string) => readFileSync(join(DOCKER_CERT_PATH, name))
  return new Docker({
    protocol: 'https',
    host: hostname,
    port,
    ca: file('ca.pem'),
    cert: file('cert.pem'),
    key: file('key.pem'),
  })
}
