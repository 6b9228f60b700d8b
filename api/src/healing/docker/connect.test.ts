import { cpSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../../ops/lib/processes/ports.mjs'
import { type Certificate, createAuthority } from '../../../test/servers/certificate.ts'
import { startTestEngine, type TestEngine } from '../../../test/servers/docker.ts'
import { ok, startReceiver } from '../../../test/servers/receivers.ts'
import { SettingsError } from '../../env.ts'
import { connectDocker, type DockerSettings } from './connect.ts'
import { createEngine, messageOf } from './engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'al-tls-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Writes the files that Docker's clients and its engine expect in a folder. */
function writeCertificates(name: string, ca: string, { cert, key }: Certificate): string {
  const path = mkdtempSync(join(folder, `${name}-`))
  for (const [file, text] of Object.entries({ 'ca.pem': ca, 'cert.pem': cert, 'key.pem': key }))
    writeFileSync(join(path, file), text)
  return path
}

const authority = createAuthority()
const stranger = createAuthority()
const good = writeCertificates('good', authority.cert, authority.issue())
const settingsFor = (host: string, path: string | undefined): DockerSettings => ({
  AUTOHEAL_MODE: 'heal',
  DOCKER_HOST: host,
  DOCKER_TLS_VERIFY: path !== undefined,
  DOCKER_CERT_PATH: path,
})

describe('the files of DOCKER_CERT_PATH', () => {
  const refusal = (path: string) =>
    connectDocker(settingsFor('tcp://127.0.0.1:2376', path)).then(
      () => expect.unreachable(),
      (error: unknown) => {
        expect(error).toBeInstanceOf(SettingsError)
        return (error as Error).message
      },
    )
  /** A copy of the folder with good certificates. */
  const copy = () => {
    const path = mkdtempSync(join(folder, 'copy-'))
    cpSync(good, path, { recursive: true })
    return path
  }

  test('are refused with the name of the setting and of the file that is missing', async () => {
    for (const name of ['ca.pem', 'cert.pem', 'key.pem']) {
      const path = copy()
      unlinkSync(join(path, name))
      const message = await refusal(path)
      expect(message).toContain(`DOCKER_CERT_PATH is "${path}"`)
      expect(message).toContain(`${name} cannot be read (ENOENT`)
    }
  })

  test('are refused if they are no certificates, or if the key is that of another certificate', async () => {
    const broken = copy()
    writeFileSync(join(broken, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n')
    expect(await refusal(broken)).toMatch(/DOCKER_CERT_PATH is .*ca\.pem cannot be used/)
    const mixed = copy()
    writeFileSync(join(mixed, 'key.pem'), authority.issue().key)
    expect(await refusal(mixed)).toMatch(/DOCKER_CERT_PATH is .*cert\.pem with key\.pem cannot be used/)
  })
})

const port = await freePort()
const otherPort = await freePort()
const started = await startTestEngine([
  ...['--tlsverify', '--tlscacert', join(good, 'ca.pem'), '--tlscert', join(good, 'cert.pem')],
  ...['--tlskey', join(good, 'key.pem'), '--host', `tcp://127.0.0.1:${port}`, '--host', `tcp://127.0.0.2:${otherPort}`],
])
const engine = started as TestEngine

describe.skipIf('reason' in started)('an engine over TCP that verifies certificates', { timeout: 60_000 }, () => {
  afterAll(() => engine.close())

  const host = `tcp://127.0.0.1:${port}`
  const listOver = async (path: string | undefined, at = host) => {
    const docker = await connectDocker(settingsFor(at, path))
    return createEngine(docker!).list()
  }
  const faultOver = (path: string | undefined, at = host) =>
    listOver(path, at).then(
      () => expect.unreachable(),
      (error: unknown) => messageOf(error),
    )

  test('is used with the certificates of DOCKER_CERT_PATH', async () => {
    await engine.run('remote')
    const listed = await listOver(writeCertificates('client', authority.cert, authority.issue()))
    expect(listed.map(({ name }) => name)).toEqual(['remote'])
    expect((await listOver(good, `tcp://localhost:${port}`)).length).toBe(1)
  })

  test('is not trusted if its certificate is not signed by ca.pem', async () => {
    const path = writeCertificates('wrong-ca', stranger.cert, authority.issue())
    expect(await faultOver(path)).toMatch(/^the engine's certificate is not signed by ca\.pem in DOCKER_CERT_PATH/)
  })

  test('refuses a client certificate of another authority, and the message says so', async () => {
    const path = writeCertificates('wrong-client', authority.cert, stranger.issue())
    expect(await faultOver(path)).toMatch(/^the engine refuses the client certificate, cert\.pem in DOCKER_CERT_PATH/)
  })

  test('is not trusted at an address that its certificate does not name', async () => {
    expect(await faultOver(good, `tcp://127.0.0.2:${otherPort}`)).toMatch(
      /^the engine's certificate is not for the host in DOCKER_HOST \(.*127\.0\.0\.2/,
    )
  })

  test('that does not use TLS is named as such', async () => {
    const plain = await startReceiver(ok(200))
    try {
      expect(await faultOver(good, `tcp://${new URL(plain.url).host}`)).toBe(
        'DOCKER_TLS_VERIFY is set, but the engine at DOCKER_HOST does not use TLS',
      )
    } finally {
      await plain.close()
    }
  })

  test('that requires TLS is not reached without it, and the message names the settings', async () => {
    expect(await faultOver(undefined)).toBe(
      'the engine at DOCKER_HOST requires TLS; set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH',
    )
  })
})
