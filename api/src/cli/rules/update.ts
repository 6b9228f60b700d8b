import type { Command } from 'commander'
import type { UpdateAlertRuleInput } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { text } from '../flags/parsers.ts'
import { usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { type Session, withSession } from '../session/session.ts'
import { conditionFlags, notificationFlags, settingsOf } from './fields.ts'
import { runPreview } from './run-preview.ts'
import { writeRule } from './write-rule.ts'

const Update = graphql(`
  mutation CliUpdateRule($id: ID!, $input: UpdateAlertRuleInput!) {
    updateAlertRule(id: $id, input: $input) {
      rule { ...CliWrittenRule }
      warnings
    }
  }
`)

/** The values of fields whose option is negated, such as --no-source. */
const CLEARED = {
  description: null,
  eventType: null,
  source: null,
  eventSeverity: null,
  groupBy: [],
  webhookIds: [],
} satisfies Partial<UpdateAlertRuleInput>

interface UpdateOptions {
  name?: string
  dryRun?: boolean
}

export function addRulesUpdate(parent: Command, io: Io): void {
  const command = parent
    .command('update')
    .description('change the given fields of a rule; its open alerts follow the changed rule')
    .argument('<ID>', 'the rule (rul_...)')
    .option('--name <NAME>', 'display name', text)
  addFilter(addFilter(command, conditionFlags), notificationFlags)
    .option('--no-event-type', 'count every event type')
    .option('--no-source', 'count every source')
    .option('--no-event-severity', 'count every severity')
    .option('--no-group-by', 'count all events together')
    .option('--no-description', 'remove the description')
    .option('--no-webhook-ids', 'notify every webhook that subscribes to ops.alert.*')
    .option('--dry-run', 'change nothing; evaluate the changed rule against the stored events of the last 24 h')
    .action(
      withSession(io, async (session, id: string, { name, dryRun = false, ...options }: UpdateOptions) => {
        const input = { ...changesFrom({ ...options }), ...(name !== undefined && { name }) }
        if (Object.keys(input).length === 0) throw usage('give at least one option with a change', 'ID')
        if (dryRun) return previewOf(session, id, input)
        const { updateAlertRule } = await session.api.run(Update, { id, input })
        const { rule } = updateAlertRule
        writeRule(session, updateAlertRule, `${rule.id} ${rule.name}: changed ${Object.keys(input).join(', ')}`)
      }),
    )
}

function changesFrom(options: Readonly<Record<string, unknown>>): UpdateAlertRuleInput {
  const given = { ...filterFrom(conditionFlags, options), ...filterFrom(notificationFlags, options) }
  const cleared = Object.entries(CLEARED).filter(([field]) => options[field] === false)
  return { ...given, ...Object.fromEntries(cleared) }
}

async function previewOf(session: Session, id: string, changes: UpdateAlertRuleInput): Promise<void> {
  const settings = await settingsOf(session, id)
  const { name, threshold, windowSeconds } = settings
  const changed = { ...settings, ...changes }
  await runPreview(session, {
    ...changed,
    name: changed.name ?? name,
    threshold: changed.threshold ?? threshold,
    windowSeconds: changed.windowSeconds ?? windowSeconds,
  })
}
