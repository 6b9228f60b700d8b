import type { Command } from 'commander'
import type { MaterializeAlertTemplateInput } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, type FilterFlags, filterFrom, several, single } from '../flags/filter.ts'
import { text, whole } from '../flags/parsers.ts'
import { plain } from '../output/text.ts'
import { runPreview } from '../rules/run-preview.ts'
import { writeRule } from '../rules/write-rule.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { findTemplate } from './find.ts'
import { ruleOf } from './rule.ts'

const Materialize = graphql(`
  mutation CliMaterializeTemplate($id: ID!, $input: MaterializeAlertTemplateInput) {
    materializeAlertTemplate(id: $id, input: $input) {
      rule { ...CliWrittenRule }
      warnings
    }
  }
`)

const flags: FilterFlags<MaterializeAlertTemplateInput> = {
  name: single('NAME', 'display name of the rule', text),
  threshold: single('NUMBER', 'number of events within the window that raises an alert', whole(1)),
  windowSeconds: single('NUMBER', 'length of the window in seconds', whole(1)),
  webhookIds: several('ID', 'webhooks to notify (whk_...), instead of all that subscribe to ops.alert.*', text),
  tenantId: single(
    'TENANT',
    "tenant of the events; default: the template's tenant, then the key's, or all tenants together",
    text,
  ),
}

export function addTemplatesMaterialize(parent: Command, io: Io): void {
  const command = parent
    .command('materialize')
    .description('create an enabled rule from a template; the options replace values of the template')
    .argument('<TEMPLATE>', 'a template (tpl_...) or its slug')
  addFilter(command, flags)
    .option('--dry-run', 'create nothing; evaluate the rule against the stored events of the last 24 h')
    .action(
      withSession(io, async (session, idOrSlug: string, { dryRun = false, ...options }: { dryRun?: boolean }) => {
        const input = filterFrom(flags, { ...options })
        const template = await findTemplate(session, idOrSlug, input?.tenantId)
        if (dryRun) {
          for (const warning of template.warnings) session.out.note(`${template.slug}: ${plain(warning)}`)
          const { name, threshold, windowSeconds, ...rest } = ruleOf(template)
          return runPreview(session, {
            ...rest,
            name: input?.name ?? name,
            threshold: input?.threshold ?? threshold,
            windowSeconds: input?.windowSeconds ?? windowSeconds,
            webhookIds: input?.webhookIds,
            tenantId: input?.tenantId ?? template.tenantId,
          })
        }
        const { materializeAlertTemplate } = await session.api.run(Materialize, { id: template.id, input })
        const { rule } = materializeAlertTemplate
        writeRule(session, materializeAlertTemplate, `${rule.id} ${rule.name}: created, enabled`)
      }),
    )
}
