import { type Command, Option } from 'commander'
import { TimeWindow } from '../../../../codegen/gql-cli/graphql.ts'
import { addFilter, filterFrom } from '../flags/filter.ts'
import { oneOf, text } from '../flags/parsers.ts'
import { usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { conditionFlags, settingsOf } from './fields.ts'
import { runPreview } from './run-preview.ts'

interface PreviewOptions {
  window: TimeWindow
  tenantId?: string
}

export function addRulesPreview(parent: Command, io: Io): void {
  const command = parent
    .command('preview')
    .description('evaluate a rule against stored events and show how often it would have raised an alert')
    .argument('[ID]', 'a rule (rul_...) to begin with; the options change it for the preview only')
  addFilter(command, conditionFlags)
    .option('--tenant-id <TENANT>', 'tenant of the events', text)
    .addOption(
      new Option('--window <WINDOW>', `time range: ${Object.values(TimeWindow).join(', ')}`)
        .argParser(oneOf(TimeWindow))
        .default(TimeWindow.Last_24H, 'LAST_24H'),
    )
    .action(
      withSession(io, async (session, id: string | undefined, { window, tenantId, ...options }: PreviewOptions) => {
        const base = id === undefined ? { name: 'preview' } : await settingsOf(session, id)
        const { threshold, windowSeconds, ...input } = {
          ...base,
          ...filterFrom(conditionFlags, { ...options }),
          ...(tenantId !== undefined && { tenantId }),
        }
        if (threshold == null) throw usage('is missing; expected how many events raise an alert', '--threshold')
        if (windowSeconds == null) throw usage('is missing; expected a number of seconds', '--window-seconds')
        await runPreview(session, { ...input, threshold, windowSeconds }, window)
      }),
    )
}
