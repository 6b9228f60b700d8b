import type { Prisma, Silence } from '../../../../prisma/generated/client/client.ts'
import { Severity } from '../../../../prisma/generated/client/enums.ts'
import { checkTenantExists } from '../../access/tenants/check-tenant-exists.ts'
import type { AppContext } from '../../app-context.ts'
import type { AuditSnapshot, Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { writeTenant } from '../../identity/tenant-scope.ts'
import { badInputs, type InputIssue } from '../../kit/errors.ts'
import { newId, publicId } from '../../kit/ids.ts'
import type { JsonText } from '../../kit/json/json-text.ts'
import { databaseTime } from '../lifecycle/resolve-open.ts'
import type { Matchers } from './match.ts'

export interface CreateSilenceInput {
  matchers: JsonText
  tenantId?: string | null
  reason: string
  startsAt?: Date | null
  endsAt: Date
}

export type SilenceRow = Silence

const MAX_REASON = 500
const MAX_LEVELS = 5
const MAX_TEXT = 512
const MAX_GROUP_FIELDS = 10
const MAX_DAYS = 366
const DAY_MS = 86_400_000
const FORM = 'expected an object with at least one of rule, severity, source and group'

/**
 * Creates a silence for the caller's tenant or for the tenant that the input names. If an unbound caller names no
 * tenant, the silence applies to the alerts of every tenant. Throws BAD_USER_INPUT with every problem, FORBIDDEN for
 * another tenant.
 */
export async function createSilence(core: AppContext, caller: Caller, input: CreateSilenceInput): Promise<SilenceRow> {
  const tenantId = writeTenant(caller.identity, input.tenantId)
  const issues: InputIssue[] = []
  const matchers = readMatchers(input.matchers.read(['input', 'matchers'], MAX_LEVELS), ['input', 'matchers'], issues)
  const reason = input.reason.trim()
  if (reason === '' || reason.length > MAX_REASON || reason.includes('\0'))
    issues.push({ path: ['input', 'reason'], message: `expected 1 to ${MAX_REASON} characters` })
  const now = core.clock()
  const startsAt = input.startsAt?.getTime() ?? now
  const endsAt = input.endsAt.getTime()
  if (endsAt <= Math.max(startsAt, now))
    issues.push({ path: ['input', 'endsAt'], message: 'is in the past; expected a future instant, after startsAt' })
  else if (endsAt - startsAt > MAX_DAYS * DAY_MS)
    issues.push({ path: ['input', 'endsAt'], message: `expected at most ${MAX_DAYS} days after startsAt` })
  await checkTenantExists(core, caller.identity, tenantId, ['input', 'tenantId'], issues)
  if (issues.length > 0) throw badInputs(issues)

  return audited(core, caller, 'silence.create', async (tx) => {
    const { kind, id: createdById, name } = caller.identity
    const createdAt = await databaseTime(core, tx)
    const silence = await tx.silence.create({
      data: {
        id: newId(),
        tenantId,
        matchers: matchers as Prisma.InputJsonObject,
        reason,
        startsAt: input.startsAt ?? createdAt,
        endsAt: input.endsAt,
        createdByKind: kind,
        createdById,
        createdByName: name,
        createdAt,
      },
    })
    const target = { type: 'silence', id: publicId('sil', silence.id) }
    return { result: silence, target, tenantId, after: silenceSnapshot(silence) }
  })
}

export const silenceSnapshot = ({ tenantId, matchers, reason, startsAt, endsAt }: SilenceRow): AuditSnapshot => ({
  tenantId,
  matchers: JSON.stringify(matchers),
  reason,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
})

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Parses matchers. Problems are added to `issues`, each with the path of the faulty part. */
export function readMatchers(value: unknown, path: readonly string[], issues: InputIssue[]): Matchers {
  const matchers: Matchers = {}
  const wrong = (at: readonly string[], message: string) => issues.push({ path: [...path, ...at], message })
  const text = (at: readonly string[], part: unknown): string | undefined => {
    if (typeof part === 'string' && part !== '' && part.length <= MAX_TEXT && !part.includes('\0')) return part
    wrong(at, `expected a text of 1 to ${MAX_TEXT} characters, where * matches any characters`)
    return undefined
  }
  if (!isObject(value) || Object.keys(value).length === 0) {
    wrong([], FORM)
    return matchers
  }
  for (const [name, part] of Object.entries(value)) {
    if (name === 'rule' || name === 'source') matchers[name] = text([name], part)
    else if (name === 'severity') {
      const severity = Object.values(Severity).find((level) => level === part)
      if (severity) matchers.severity = severity
      else wrong(['severity'], `expected one of ${Object.values(Severity).join(', ')}`)
    } else if (name === 'group') {
      if (!isObject(part) || Object.keys(part).length === 0 || Object.keys(part).length > MAX_GROUP_FIELDS)
        wrong(['group'], `expected an object of 1 to ${MAX_GROUP_FIELDS} fields with globs for their values`)
      else
        matchers.group = Object.fromEntries(
          Object.entries(part).flatMap(([field, glob]) => {
            const checked = text(['group', field], glob)
            return checked === undefined ? [] : [[field, checked]]
          }),
        )
    } else wrong([name], `is not a matcher; ${FORM}`)
  }
  return matchers
}
