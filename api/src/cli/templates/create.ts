import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { jsonValue, text } from '../flags/parsers.ts'
import { plain } from '../output/text.ts'
import { settingsOf } from '../rules/fields.ts'
import { usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { type Session, withSession } from '../session/session.ts'

const Create = graphql(`
  mutation CliCreateTemplate($input: CreateAlertTemplateInput!) {
    createAlertTemplate(input: $input) {
      template { id slug name description tenantId isBuiltin countsInstallationEvents rule }
    }
  }
`)

interface CreateOptions {
  ruleId?: string
  rule?: unknown
  name?: string
  description?: string
  tenantId?: string
}

export function addTemplatesCreate(parent: Command, io: Io): void {
  parent
    .command('create')
    .description('create a template from a rule')
    .argument('<SLUG>', 'name for programs: lower-case letters, digits and -')
    .option('--rule-id <ID>', 'rule to copy (rul_...), without its webhooks', text)
    .option('--rule <JSON>', 'instead, the rule with the field names of CreateAlertRuleInput', jsonValue)
    .option('--name <NAME>', 'display name; default: the name of the rule', text)
    .option('--description <TEXT>', 'what the rule detects; default: the description of the rule', text)
    .option(
      '--tenant-id <TENANT>',
      "tenant that owns the template; default: the tenant of --rule-id, then the key's, or the installation",
      text,
    )
    .action(
      withSession(io, async (session, slug: string, options: CreateOptions) => {
        const { rule, tenantId } = await ruleFrom(session, options)
        const name = options.name ?? textIn(rule, 'name')
        const description = options.description ?? textIn(rule, 'description')
        if (name === undefined) throw usage('is missing, and the rule has no name', '--name')
        if (description === undefined) throw usage('is missing, and the rule has no description', '--description')
        const input = { slug, name, description, rule, tenantId: options.tenantId ?? tenantId }
        const { template } = (await session.api.run(Create, { input })).createAlertTemplate
        session.out.result(template, () => plain(`${template.id} ${template.slug}: created`))
      }),
    )
}

/** The rule of the new template, and the tenant of the rule that it copies. Throws Failure. */
async function ruleFrom(
  session: Session,
  { ruleId, rule }: CreateOptions,
): Promise<{ rule: unknown; tenantId?: string | null | undefined }> {
  if ((ruleId === undefined) === (rule === undefined)) throw usage('give either --rule-id or --rule', '--rule-id')
  if (ruleId === undefined) return { rule }
  const { tenantId, ...settings } = await settingsOf(session, ruleId)
  return { rule: Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null)), tenantId }
}

function textIn(rule: unknown, field: string): string | undefined {
  const value: unknown = Object(rule)[field]
  return typeof value === 'string' && value !== '' ? value : undefined
}
