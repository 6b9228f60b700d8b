import type { CliTemplatesQuery } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { notFound, usage } from '../session/failure.ts'
import type { Session } from '../session/session.ts'

const Templates = graphql(`
  query CliTemplates($tenantId: String, $ruleTenantId: String) {
    alertTemplates(tenantId: $tenantId) {
      id slug name description tenantId isBuiltin countsInstallationEvents rule
      warnings(tenantId: $ruleTenantId)
    }
  }
`)

export type Template = CliTemplatesQuery['alertTemplates'][number]

/** The built-in templates, those of the installation, and those of one tenant or of every visible tenant. */
export const readTemplates = async ({ api }: Session, tenantId?: string): Promise<readonly Template[]> =>
  (await api.run(Templates, { tenantId, ruleTenantId: tenantId })).alertTemplates

/**
 * The template with an id or a slug. `ruleTenantId`: the tenant of the rule that its warnings are about. Throws Failure:
 * NOT_FOUND, or USAGE if several tenants use the slug.
 */
export async function findTemplate(
  { api }: Session,
  idOrSlug: string,
  ruleTenantId?: string | null,
): Promise<Template> {
  const templates = (await api.run(Templates, { ruleTenantId })).alertTemplates
  const found = templates.filter(({ id, slug }) => id === idOrSlug || slug === idOrSlug)
  if (found.length > 1) {
    const choices = found.map(({ id, tenantId }) => `${id} (${tenantId ?? 'the installation'})`)
    throw usage(`several templates have the slug ${idOrSlug}; expected one of ${choices.join(', ')}`, 'TEMPLATE')
  }
  if (!found[0]) throw notFound('alert template', idOrSlug)
  return found[0]
}
