import type { AuditOutcome } from '../../../prisma/generated/client/enums.ts'
import { createFilterReader, nameCondition } from '../graphql/filter.ts'
import type { TimeWindow } from '../graphql/types/enums.ts'
import type { Identity } from '../identity/identity.ts'
import { readScope } from '../identity/tenant-scope.ts'
import { badInputs } from '../kit/errors.ts'
import { uuidFloor } from '../kit/ids.ts'

/** A filter of audit entries. Fields that are null, absent or empty do not filter. */
export interface AuditFilter {
  actorIds?: readonly string[] | null
  actions?: readonly string[] | null
  outcomes?: readonly AuditOutcome[] | null
  targetId?: string | null
  tenantId?: string | null
  window?: TimeWindow | null
  since?: Date | null
  until?: Date | null
}

/** SQL conditions on `audit_entries e`, with the values of their parameters. */
export interface AuditQuery {
  /** The tenant that the filter names; null if it names none. */
  tenantId: string | null
  conditions: readonly string[]
  values: readonly unknown[]
}

/**
 * Checks a filter and adds the identity's scope: a bound identity sees only the chain of its tenant. Null when no entry
 * can match. Throws BAD_USER_INPUT at `path` with every issue.
 */
export function auditQuery(
  identity: Identity,
  filter: AuditFilter | null | undefined,
  now: number,
  path: readonly string[] = ['filter'],
): AuditQuery | null {
  const fields = filter ?? {}
  const { issues, listed, names, span, text } = createFilterReader(path)
  const actorIds = listed('actorIds', fields.actorIds)
  for (const id of actorIds ?? []) text('actorIds', id)
  const actions = names('actions', fields.actions)
  const outcomes = listed('outcomes', fields.outcomes)
  const targetId = text('targetId', fields.targetId)
  const { since, until } = span(fields, now)
  if (issues.length > 0) throw badInputs(issues)
  const scope = readScope(identity, fields.tenantId, [...path, 'tenantId'].join('.'))
  if (scope === null) return null

  const values: unknown[] = []
  const value = (one: unknown) => `$${values.push(one)}`
  const conditions: string[] = []
  if (scope !== 'all') conditions.push(`e.tenant_id = ${value(scope.tenantId)}`)
  // Times become ranges of `id`, because a UUIDv7 begins with the time of its entry.
  if (since !== null) conditions.push(`e.id >= ${value(uuidFloor(since))}::uuid`)
  if (until !== null) conditions.push(`e.id < ${value(uuidFloor(until))}::uuid`)
  if (actorIds) conditions.push(`e.actor_id = ANY(${value(actorIds)}::text[])`)
  if (actions) conditions.push(nameCondition('e.action', actions, value))
  if (outcomes) conditions.push(`e.outcome = ANY(${value(outcomes)}::text[]::"AuditOutcome"[])`)
  if (targetId !== null) conditions.push(`e.target_id = ${value(targetId)}`)
  return { tenantId: scope === 'all' ? null : scope.tenantId, conditions, values }
}
