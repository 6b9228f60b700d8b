import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { styleOf } from '../output/paint.ts'
import { details } from '../output/table.ts'
import { percent, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const AutoHeal = graphql(`
  query CliAutoHeal {
    autoHeal {
      enabled mode intervalSeconds lastCheckAt stormBrake
      docker { status message }
      stats { totalAttempts successful failed successRate mostHealed }
      targets {
        id container origin services state consecutiveFailures restartsInWindow nextActionAt maintenanceUntil lastError healthUrl
      }
    }
  }
`)

export function addHealStatus(parent: Command, io: Io): void {
  parent
    .command('status')
    .description('show the watched containers and their state')
    .action(
      withSession(io, async ({ api, out }) => {
        const { autoHeal } = await api.run(AutoHeal, {})
        const { docker, stats } = autoHeal
        out.result(autoHeal, () => {
          const facts = details(
            [
              ['mode', autoHeal.mode],
              ['Docker', docker.message ? `${docker.status}: ${docker.message}` : docker.status],
              ['checked', `every ${autoHeal.intervalSeconds} s, last ${time(autoHeal.lastCheckAt)}`],
              ['storm brake', autoHeal.stormBrake ? 'on: too many containers are down, nothing is restarted' : null],
              ['attempts', `${stats.totalAttempts}, ${percent(stats.successRate)} successful`],
            ],
            out.paint,
          )
          const targets = out.table(
            [
              { title: 'id', value: ({ id }) => id },
              { title: 'container', value: ({ container }) => container },
              { title: 'state', value: ({ state }) => state, style: ({ state }) => styleOf(state) },
              { title: 'restarts', value: ({ restartsInWindow }) => restartsInWindow, align: 'right' },
              { title: 'next', value: (target) => time(target.maintenanceUntil ?? target.nextActionAt) },
              { title: 'from', value: ({ origin }) => origin },
              { title: 'error', value: ({ lastError }) => lastError, flexible: true },
            ],
            autoHeal.targets,
            'no container is watched',
          )
          return `${facts}\n\n${targets}`
        })
      }),
    )
}
