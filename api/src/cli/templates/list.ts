import type { Command } from 'commander'
import { text } from '../flags/parsers.ts'
import { styleOf } from '../output/paint.ts'
import { count } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { readTemplates } from './find.ts'
import { ruleOf } from './rule.ts'

export function addTemplatesList(parent: Command, io: Io): void {
  parent
    .command('list')
    .description('list the templates: built-in ones, those of the installation, and those of visible tenants')
    .option('--tenant-id <TENANT>', "of the tenants' templates, only those of this tenant", text)
    .action(
      withSession(io, async (session, { tenantId }: { tenantId?: string }) => {
        const { out } = session
        const templates = (await readTemplates(session, tenantId)).map((template) => ({
          ...template,
          rule: ruleOf(template),
        }))
        out.result(templates, () =>
          out.table(
            [
              { title: 'id', value: ({ id }) => id },
              { title: 'slug', value: ({ slug }) => slug },
              { title: 'owner', value: (row) => (row.isBuiltin ? 'built-in' : (row.tenantId ?? 'installation')) },
              {
                title: 'severity',
                value: ({ rule }) => rule.severity ?? 'CRITICAL',
                style: ({ rule }) => styleOf(rule.severity ?? 'CRITICAL'),
              },
              { title: 'counts', value: ({ rule }) => rule.eventType ?? 'any type', flexible: true },
              { title: 'fires at', value: ({ rule }) => `${count(rule.threshold)} in ${rule.windowSeconds} s` },
              { title: 'name', value: ({ name }) => name, flexible: true },
              { title: 'description', value: ({ description }) => description, flexible: true },
            ],
            templates,
            'no templates',
          ),
        )
      }),
    )
}
