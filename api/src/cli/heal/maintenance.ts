import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addEnd, type EndOptions, endFrom } from '../flags/end.ts'
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

interface MaintenanceOptions extends EndOptions {
  end?: boolean
}

export function addHealMaintenance(parent: Command, io: Io): void {
  const command = parent
    .command('maintenance')
    .description('start or end the maintenance of a container, during which it is not restarted')
    .argument('<TARGET>', 'a target (tgt_...) or the name of its container')
  addEnd(command)
    .option('--end', 'end the maintenance now')
    .action(
      withSession(io, async (session, idOrContainer: string, options: MaintenanceOptions) => {
        const given = [options.for, options.until, options.end].filter((value) => value !== undefined)
        if (given.length !== 1) throw usage('give exactly one of --for, --until and --end', '--for')
        const until = options.end ? null : endFrom(options)
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
