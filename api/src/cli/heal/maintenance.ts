import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { durationMs } from '../flags/parsers.ts'
import { plain, time } from '../output/text.ts'
import { usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { targetId } from './target.ts'

const SetMaintenance = graphql(`
  mutation CliSetMaintenance($targetId: ID!, $until: DateTime) {
    setHealMaintenance(targetId: $targetId, until: $until) {
      target { id container state maintenanceUntil }
    }
  }
`)

export function addHealMaintenance(parent: Command, io: Io): void {
  parent
    .command('maintenance')
    .description('start or end the maintenance of a container, during which it is not restarted')
    .argument('<TARGET>', 'a target (tgt_...) or the name of its container')
    .option('--for <DURATION>', 'duration, such as 30m or 2h', durationMs)
    .option('--end', 'end the maintenance now')
    .action(
      withSession(io, async (session, idOrContainer: string, options: { for?: number; end?: boolean }) => {
        if ((options.for === undefined) === (options.end === undefined))
          throw usage('give either --for or --end', '--for')
        const until = options.for === undefined ? null : new Date(Date.now() + options.for).toISOString()
        const { target } = (
          await session.api.run(SetMaintenance, { targetId: await targetId(session, idOrContainer), until })
        ).setHealMaintenance
        session.out.result(target, () =>
          plain(
            target.maintenanceUntil
              ? `${target.container} is in maintenance until ${time(target.maintenanceUntil)}`
              : `${target.container} is watched again: ${target.state}`,
          ),
        )
      }),
    )
}
