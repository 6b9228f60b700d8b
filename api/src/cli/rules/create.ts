import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { text } from '../flags/parsers.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { conditionFlags, notificationFlags } from './fields.ts'
import { runPreview } from './run-preview.ts'
import { writeRule } from './write-rule.ts'

const Create = graphql(`
  mutation CliCreateRule($input: CreateAlertRuleInput!) {
    createAlertRule(input: $input) {
      rule { ...CliWrittenRule }
      warnings
    }
  }
`)

interface CreateOptions {
  threshold: number
  windowSeconds: number
  tenantId?: string
  disabled?: boolean
  dryRun?: boolean
}

export function addRulesCreate(parent: Command, io: Io): void {
  const command = parent
    .command('create')
    .description('create a rule, which also counts the events of its window that are already stored')
    .argument('<NAME>', 'display name')
  addFilter(addFilter(command, conditionFlags, ['threshold', 'windowSeconds']), notificationFlags)
    .option('--tenant-id <TENANT>', "tenant of the events; default: the key's tenant, or all tenants together", text)
    .option('--disabled', 'create it without evaluating it')
    .option('--dry-run', 'create nothing; evaluate it against the stored events of the last 24 h')
    .action(
      withSession(io, async (session, name: string, options: CreateOptions) => {
        const { threshold, windowSeconds, tenantId, disabled = false, dryRun = false } = options
        const input = {
          name,
          ...filterFrom(conditionFlags, { ...options }),
          ...filterFrom(notificationFlags, { ...options }),
          threshold,
          windowSeconds,
          tenantId,
          enabled: !disabled,
        }
        if (dryRun) return runPreview(session, input)
        const { createAlertRule } = await session.api.run(Create, { input })
        const { rule } = createAlertRule
        const state = rule.enabled ? 'enabled' : 'disabled'
        writeRule(session, createAlertRule, `${rule.id} ${rule.name}: created, ${state}`)
      }),
    )
}
