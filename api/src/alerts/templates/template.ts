import type { AlertTemplate } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import type { Identity } from '../../identity/identity.ts'
import { readScope } from '../../identity/tenant-scope.ts'
import { notFound } from '../../kit/errors.ts'
import { publicId } from '../../kit/ids.ts'
import { BUILTIN_TEMPLATES } from './builtin-templates.ts'
import { storedTemplateRule, type TemplateRule } from './template-rule.ts'

/** A template, built-in or stored. */
export interface TemplateShape {
  id: string
  slug: string
  name: string
  description: string
  /** Null: the template is installation-wide, and every tenant may use it. */
  tenantId: string | null
  rule: TemplateRule
  isBuiltin: boolean
}

/** The tenant_id of installation-wide templates. */
export const INSTALLATION = ''

export const templateOf = ({ tenantId, rule, createdAt: _createdAt, ...row }: AlertTemplate): TemplateShape => ({
  ...row,
  tenantId: tenantId === INSTALLATION ? null : tenantId,
  rule: storedTemplateRule(rule),
  isBuiltin: false,
})

const BUILTIN: readonly TemplateShape[] = BUILTIN_TEMPLATES.map((template) => ({
  ...template,
  tenantId: null,
  isBuiltin: true,
}))

/**
 * The templates that an identity may use: built-in ones, installation-wide ones, and those of its tenant. An unbound
 * identity may use those of every tenant, or of one tenant if `tenantId` is given.
 */
export async function listTemplates(
  core: AppContext,
  identity: Identity,
  tenantId?: string | null,
): Promise<TemplateShape[]> {
  const scope = readScope(identity, tenantId, 'tenantId')
  if (scope === null) return [...BUILTIN]
  const tenants = scope === 'all' ? {} : { tenantId: { in: [INSTALLATION, scope.tenantId] } }
  const rows = await core.db.prisma.alertTemplate.findMany({ where: tenants, orderBy: { id: 'asc' } })
  return [...BUILTIN, ...rows.map(templateOf)]
}

/** The templates with these ids that the identity may use. */
export async function templatesById(
  core: AppContext,
  identity: Identity,
  ids: readonly string[],
): Promise<Map<string, TemplateShape>> {
  const reach = identity.tenantId === null ? {} : { tenantId: { in: [INSTALLATION, identity.tenantId] } }
  const rows = await core.db.prisma.alertTemplate.findMany({ where: { AND: [{ id: { in: [...ids] } }, reach] } })
  const builtin = BUILTIN.filter(({ id }) => ids.includes(id))
  return new Map([...builtin, ...rows.map(templateOf)].map((template) => [template.id, template]))
}

/** Throws NOT_FOUND. */
export async function loadTemplate(core: AppContext, identity: Identity, id: string): Promise<TemplateShape> {
  const template = (await templatesById(core, identity, [id])).get(id)
  if (!template) throw notFound('alert template', publicId('tpl', id))
  return template
}
