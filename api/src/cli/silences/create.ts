import { type Command, InvalidArgumentError, Option } from 'commander'
import { Severity } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addEnd, type EndOptions, endFrom } from '../flags/end.ts'
import { SEVERITIES } from '../flags/filters.ts'
import { later, oneOf, text } from '../flags/parsers.ts'
import { count, plain, time } from '../output/text.ts'
import { usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Create = graphql(`
  mutation CliCreateSilenceOf($input: CreateSilenceInput!) {
    createSilence(input: $input) {
      silence { id matchers tenantId reason startsAt endsAt matching }
    }
  }
`)

interface CreateOptions extends EndOptions {
  rule?: string
  severity?: Severity
  source?: string
  group?: Record<string, string>
  startsAt?: string
  reason: string
  tenantId?: string
}

export function addSilencesCreate(parent: Command, io: Io): void {
  const command = parent
    .command('create')
    .description('suppress the notifications of all alerts that match every given matcher')
    .option('--rule <RULE>', 'matcher: a rule (rul_...), or a glob of names such as Payments*', text)
    .addOption(new Option('--severity <SEVERITY>', `matcher: ${SEVERITIES}`).argParser(oneOf(Severity)))
    .option('--source <GLOB>', 'matcher: source of the events', text)
    .option('--group <FIELD=GLOB>', 'matcher: a value of the group, such as payload.host=db-*; repeatable', groupGlob)
  addEnd(command)
    .option('--starts-at <TIME>', 'begin later: an instant, or a duration from now; --for counts from there', later)
    .requiredOption('--reason <TEXT>', 'why', text)
    .option('--tenant-id <TENANT>', "tenant of the alerts; default: the key's tenant, or all tenants", text)
    .action(
      withSession(io, async ({ api, out }, options: CreateOptions) => {
        const { rule, severity, source, group, startsAt, reason, tenantId } = options
        if ([rule, severity, source, group].every((matcher) => matcher === undefined))
          throw usage('give at least one of --rule, --severity, --source and --group', '--rule')
        const endsAt = endFrom(options, startsAt === undefined ? Date.now() : Date.parse(startsAt))
        const matchers = { rule, severity, source, group }
        const { silence } = (await api.run(Create, { input: { matchers, startsAt, endsAt, reason, tenantId } }))
          .createSilence
        out.result(silence, () =>
          plain(
            `${silence.id} matches ${count(silence.matching)} open alerts, from ${time(silence.startsAt)} until ${time(silence.endsAt)}`,
          ),
        )
      }),
    )
}

function groupGlob(input: string, previous: Record<string, string> = {}): Record<string, string> {
  const at = input.indexOf('=')
  if (at < 1 || at === input.length - 1)
    throw new InvalidArgumentError('Expected a field and a glob, such as source=shop-*.')
  return { ...previous, [input.slice(0, at)]: input.slice(at + 1) }
}
