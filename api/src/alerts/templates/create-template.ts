import { checkTenantExists } from '../../access/tenants/check-tenant-exists.ts'
import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { audited } from '../../audit/record.ts'
import { writeTenant } from '../../identity/tenant-scope.ts'
import { badInputs, conflict, type InputIssue, notFound } from '../../kit/errors.ts'
import { newId, publicId } from '../../kit/ids.ts'
import type { JsonText } from '../../kit/json/json-text.ts'
import { BUILTIN_TEMPLATES } from './builtin-templates.ts'
import { INSTALLATION, type TemplateShape, templateOf } from './template.ts'
import { checkTemplateRule, type TemplateRule } from './template-rule.ts'

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
/**
 * Creates a template for the caller's tenant or for the tenant that the input names. If an unbound caller names no
 * tenant, the template is installation-wide, and every tenant may use it.
 *
 * Throws BAD_USER_INPUT with every problem, CONFLICT for a slug that is in use, FORBIDDEN for another tenant.
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
      message: `${JSON.stringify(slug.slice(0, 80))} is not a slug; expected 1 to 63 lower-case letters, digits and -`,
    })
  for (const [field, text] of Object.entries({ name, description })) {
    if (text.trim() === '' || text.length > MAX_TEXT || text.includes('\0'))
      issues.push({ path: ['input', field], message: `expected 1 to ${MAX_TEXT} characters` })
  }
  const rule = checkTemplateRule(input.rule.read(['input', 'rule'], MAX_LEVELS), ['input', 'rule'], issues)
  await checkTenantExists(core, caller.identity, tenantId, ['input', 'tenantId'], issues)
  if (rule === null || issues.length > 0) throw badInputs(issues)
  const taken = () => conflict(`template ${slug} already exists`)
  if (BUILTIN_TEMPLATES.some((template) => template.slug === slug)) throw taken()
  return audited(core, caller, 'alertTemplate.create', async (tx) => {
    const owner = tenantId ?? INSTALLATION
    // Serialises calls with the same owner, so that the second of two with the same slug finds the row of the first.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('aetherlink.alert-template.' || ${owner}))`
    if (await tx.alertTemplate.findFirst({ where: { tenantId: owner, slug } })) throw taken()
    const created = await tx.alertTemplate.create({
      data: { id: newId(), tenantId: owner, slug, name, description, rule: storedForm(rule) },
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

/** Deletes a stored template. The rules that were made from it stay. Throws NOT_FOUND, also for a built-in template. */
export const deleteTemplate = (core: AppContext, caller: Caller, id: string): Promise<void> =>
  audited(core, caller, 'alertTemplate.delete', async (tx) => {
    const { tenantId } = caller.identity
    const ofTenant = tenantId === null ? {} : { tenantId }
    const before = await tx.alertTemplate.findFirst({ where: { id, ...ofTenant } })
    if (!before) throw notFound('alert template', publicId('tpl', id))
    await tx.alertTemplate.delete({ where: { id } })
    return {
      result: undefined,
      target: { type: 'alertTemplate', id: publicId('tpl', id) },
      tenantId: before.tenantId === INSTALLATION ? null : before.tenantId,
      before: { slug: before.slug, name: before.name },
    }
  })

/** The rule as it is stored: without fields that have no value. */
const storedForm = (rule: TemplateRule) =>
  Object.fromEntries(Object.entries(rule).flatMap(([field, value]) => (value == null ? [] : [[field, value]])))
