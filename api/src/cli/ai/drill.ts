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

const Configured = graphql(`
  query CliConfiguredProviders {
    aiProviders { name configured }
  }
`)

export function addAiDrill(parent: Command, io: Io): void {
  parent
    .command('drill')
    .description('send a harmless request to each provider, to test the fallback')
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
        // Providers without a key or URL are skipped as fallbacks too, so their drills do not count as failures.
        const { aiProviders } = await api.run(Configured, {})
        const configured = new Set(aiProviders.filter((provider) => provider.configured).map(({ name }) => name))
        const drills = drillProviders.filter(({ provider }) => configured.has(provider))
        const failed = drills.filter(({ ok }) => !ok).length
        if (failed === 0) return EXIT.ok
        return failed < drills.length ? EXIT.partial : EXIT.failure
      }),
    )
}
