import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeWebhook, OTHER } from '../features/deliveries.ts'
import { startTestApp, type TestApp } from '../harness.ts'
import { codeOf, read } from './pages.ts'

const SCRIPT = codeOf(read('docs/audit.md')).find(({ language }) => language === 'python')?.text ?? ''
const hasPython = spawnSync('python3', ['--version']).status === 0

const verify = (ndjson: string) => {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', SCRIPT], { input: ndjson, encoding: 'utf8' })
  return { status, stdout: stdout.trim().split('\n'), stderr: stderr.trim() }
}

describe.skipIf(!hasPython)('the script of docs/audit.md that verifies an export', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await startTestApp()
    // Creates audit entries of the installation and of two tenants: with and without a target, allowed and denied.
    await app.ok('mutation { createTenant(input: { id: "tenant-new", name: "Łódź" }) { tenant { id } } }')
    await app.ok('mutation { createApiKey(input: { name: "script", role: VIEWER }) { secret } }')
    await makeWebhook(app, { name: 'Zażółć "gęślą" jaźń' })
    await makeWebhook(app, {}, OTHER)
    await app.fails(
      '{ auditEntries(first: 1) { nodes { id } } }',
      {},
      { as: { role: 'VIEWER', tenantId: 'tenant-acme' } },
    )
  })
  afterAll(() => app.stop())

  const exported = async (parameters = '') => {
    const response = await app.http(`/exports/audit?format=ndjson${parameters}`)
    expect(response.status).toBe(200)
    return response.text()
  }

  test('calls a healthy export of everything healthy, chain by chain', async () => {
    const { status, stdout, stderr } = verify(await exported())
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.map((line) => line.replace(/\d+ entries; head [0-9a-f]{64}$/, 'N')).toSorted()).toEqual([
      'tenant-acme N',
      'tenant-new N',
      'tenant-other N',
      'the installation: N',
    ])
  })

  test('calls a healthy export of one tenant healthy, with the head that the API names', async () => {
    // Verified before the export: the export is itself an entry, in the chain of the installation.
    const { verifyAuditChain } = await app.ok<{ verifyAuditChain: { ok: boolean; checked: number; head: string } }>(
      'query { verifyAuditChain(tenantId: "tenant-acme") { ok checked head } }',
    )
    expect(verifyAuditChain.ok).toBe(true)
    expect(verify(await exported('&tenantId=tenant-acme'))).toEqual({
      status: 0,
      stdout: [`tenant-acme ${verifyAuditChain.checked} entries; head ${verifyAuditChain.head}`],
      stderr: '',
    })
  })

  test('names the first entry that was changed, or that follows a missing one', async () => {
    const lines = (await exported('&tenantId=tenant-acme')).trim().split('\n')
    const [first, second] = lines.map((line) => JSON.parse(line))
    const changed = [JSON.stringify({ ...first, actor_id: 'somebody-else' }), ...lines.slice(1)].join('\n')
    expect(verify(changed)).toMatchObject({ status: 1, stderr: `broken at ${first.id}` })
    expect(verify(lines.slice(1).join('\n'))).toMatchObject({ status: 1, stderr: `broken at ${second.id}` })
  })
})
