import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { styleOf } from '../output/paint.ts'
import { milliseconds, percent } from '../output/text.ts'
import { EXIT } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const PlatformHealth = graphql(`
  query CliPlatformHealth {
    platformHealth {
      status checkedAt
      components { name status latencyMs message availability24h }
      services { name status latencyMs lastError availability24h }
    }
  }
`)

export function addHealth(program: Command, io: Io): void {
  program
    .command('health')
    .description('show the health of servers, queues and services; exit code 1 when one of them is DOWN')
    .action(
      withSession(io, async ({ api, out }) => {
        const { platformHealth } = await api.run(PlatformHealth, {})
        const { components, services, status } = platformHealth
        out.result(platformHealth, () => {
          const style = styleOf(status)
          const rows = [
            ...components,
            ...services.map(({ lastError, ...service }) => ({ ...service, message: lastError })),
          ]
          const table = out.table(
            [
              { title: 'part', value: ({ name }) => name },
              { title: 'status', value: (row) => row.status, style: (row) => styleOf(row.status) },
              { title: 'latency', value: ({ latencyMs }) => milliseconds(latencyMs), align: 'right' },
              { title: '24 h', value: ({ availability24h }) => percent(availability24h), align: 'right' },
              { title: 'message', value: ({ message }) => message, flexible: true },
            ],
            rows,
            'nothing is checked',
          )
          return `${style ? out.paint(status, style) : status}\n\n${table}`
        })
        return [...components, ...services].some((part) => part.status === 'DOWN') ? EXIT.failure : EXIT.ok
      }),
    )
}
