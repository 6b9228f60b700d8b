import type { Prisma } from '../../../../prisma/generated/client/client.ts'
import { Severity } from '../../../../prisma/generated/client/enums.ts'
import { checkTenantExists } from '../../access/check-tenant-exists.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { writeTenant } from '../../identity/tenant-scope.ts'
import { badInputs, conflict, type InputIssue, notFound } from '../../kit/errors.ts'
import { newId, publicId } from '../../kit/ids.ts'
import type { JsonText } from '../../kit/json-text.ts'
import { checkRule } from '../rules/input.ts'
import { BUILTIN_TEMPLATES, type TemplateRule } from './builtin-templates.ts'
import { INSTALLATION, type TemplateShape, templateOf } from './template.ts'

export interface CreateAlertTemplateInput {
  slug: string
  name: string
  description: string
  tenantId?: string | null
  rule: JsonText
}

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const MAX_TEXT = 2_000
const MAX_LEVELS = 3
const RULE_FIELDS = [
  'name',
  'description',
  'eventType',
  'source',
  'eventSeverity',
  'severity',
  'windowSeconds',
  'threshold',
  'groupBy',
  'repeatIntervalSeconds',
] as const

/**
 * Creates a template, of the identity's tenant or the one it names; one of an unbound identity that names none is everybody's.
 * Throws BAD_USER_INPUT with everything that is wrong, CONFLICT for a slug that is taken, FORBIDDEN for another's tenant.
 */
export async function createTemplate(
  core: AppContext,
  caller: Caller,
  input: CreateAlertTemplateInput,
): Promise<TemplateShape> {
  const tenantId = writeTenant(caller.identity, input.tenantId)
  const issues: InputIssue[] = []
  const { slug, name, description } = input
  if (!SLUG.test(slug))
    issues.push({
      path: ['input', 'slug'],
      message: `${JSON.stringify(slug.slice(0, 80))} is not a slug; takes 1 to 63 lower-case letters, digits and -`,
    })
  for (const [field, text] of Object.entries({ name, description })) {
    if (text.trim() === '' || text.length > MAX_TEXT || text.includes('\0'))
      issues.push({ path: ['input', field], message: `takes 1 to ${MAX_TEXT} characters` })
  }
  const rule = readTemplateRule(input.rule.read(['input', 'rule'], MAX_LEVELS), ['input', 'rule'], issues)
  await checkTenantExists(core, caller.identity, tenantId, ['input', 'tenantId'], issues)
  if (issues.length > 0) throw badInputs(issues)
  const taken = () => conflict(`there is a template ${slug} already`)
  if (BUILTIN_TEMPLATES.some((template) => template.slug === slug)) throw taken()
  return audited(core, caller, 'alertTemplate.create', async (tx) => {
    const owner = tenantId ?? INSTALLATION
    // Two that take the same slug at once: the second waits, and finds it.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('aetherlink.alert-template.' || ${owner}))`
    if (await tx.alertTemplate.findFirst({ where: { tenantId: owner, slug } })) throw taken()
    const json = rule as unknown as Prisma.InputJsonObject
    const created = await tx.alertTemplate.create({
      data: { id: newId(), tenantId: owner, slug, name, description, rule: json },
    })
    const target = { type: 'alertTemplate', id: publicId('tpl', created.id) }
    return {
      result: templateOf(created),
      target,
      tenantId,
      after: { slug, name, description, rule: JSON.stringify(rule) },
    }
  })
}

/** Deletes a stored template; the rules that it made stay. Throws NOT_FOUND, for built-in ones too. */
export const deleteTemplate = (core: AppContext, caller: Caller, id: string): Promise<void> =>
  audited(core, caller, 'alertTemplate.delete', async (tx) => {
    const { tenantId } = caller.identity
    const own = tenantId === null ? {} : { tenantId }
    const before = await tx.alertTemplate.findFirst({ where: { id, ...own } })
    if (!before) throw notFound('alert template', publicId('tpl', id))
    await tx.alertTemplate.delete({ where: { id } })
    return {
      result: undefined,
      target: { type: 'alertTemplate', id: publicId('tpl', id) },
      tenantId: before.tenantId === INSTALLATION ? null : before.tenantId,
      before: { slug: before.slug, name: before.name },
    }
  })

/** Reads the rule of a template; what is wrong with it is added to `issues`. */
function readTemplateRule(value: unknown, path: readonly string[], issues: InputIssue[]): TemplateRule {
  const rule =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Partial<TemplateRule>) : {}
  const known: readonly string[] = RULE_FIELDS
  for (const field of Object.keys(rule)) {
    if (!known.includes(field))
      issues.push({
        path: [...path, field],
        message: `is nothing that a template says; takes ${RULE_FIELDS.join(', ')}`,
      })
  }
  for (const field of ['name', 'windowSeconds', 'threshold'] as const) {
    if (rule[field] === undefined) issues.push({ path: [...path, field], message: 'is missing; every rule takes one' })
  }
  for (const field of ['severity', 'eventSeverity'] as const) {
    const severity = rule[field]
    if (severity != null && !Object.values(Severity).includes(severity))
      issues.push({ path: [...path, field], message: `takes one of ${Object.values(Severity).join(', ')}` })
  }
  const { name, description, eventType, source, windowSeconds, threshold } = rule
  checkRule(
    {
      name,
      description,
      eventType,
      source,
      windowSeconds,
      threshold,
      groupBy: rule.groupBy == null ? undefined : [...rule.groupBy],
      repeatIntervalSeconds: rule.repeatIntervalSeconds ?? undefined,
    },
    path,
    issues,
  )
  return rule as TemplateRule
}
