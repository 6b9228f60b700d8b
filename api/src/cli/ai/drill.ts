import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { milliseconds } from '../output/text.ts'
import { EXIT } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Drill = graphql(`
  mutation CliDrillProviders {
    drillProviders { provider ok latencyMs error at }
  }
`)

export function addAiDrill(parent: Command, io: Io): void {
  parent
    .command('drill')
    .description('send a harmless request to each provider: would the fallback hold?')
    .action(
      withSession(io, async ({ api, out }) => {
        const { drillProviders } = await api.run(Drill, {})
        out.result(drillProviders, () =>
          out.table(
            [
              { title: 'provider', value: ({ provider }) => provider },
              {
                title: 'holds',
                value: ({ ok }) => (ok ? 'yes' : 'no'),
                style: ({ ok }) => (ok ? 'green' : 'red'),
              },
              { title: 'took', value: ({ latencyMs }) => milliseconds(latencyMs), align: 'right' },
              { title: 'error', value: ({ error }) => error, flexible: true },
            ],
            drillProviders,
            'no provider is configured',
          ),
        )
        const held = drillProviders.filter(({ ok }) => ok).length
        if (held === drillProviders.length) return EXIT.ok
        return held > 0 ? EXIT.partial : EXIT.failure
      }),
    )
}
