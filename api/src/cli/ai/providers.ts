import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { styleOf } from '../output/paint.ts'
import { count, milliseconds, percent, time } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Providers = graphql(`
  query CliAiProviders {
    aiProviders {
      name vendor model tier priority capabilities configured healthy circuit cooldownUntil totalCalls failedCalls successRate
      latencyP95Ms lastError lastCheckedAt lastSuccessAt
    }
  }
`)

export function addAiProviders(parent: Command, io: Io): void {
  parent
    .command('providers')
    .description('list AI providers in the order of their use')
    .action(
      withSession(io, async ({ api, out }) => {
        const { aiProviders } = await api.run(Providers, {})
        out.result(aiProviders, () =>
          out.table(
            [
              { title: 'order', value: ({ priority }) => priority, align: 'right' },
              { title: 'name', value: ({ name }) => name },
              { title: 'model', value: ({ model }) => model, flexible: true },
              { title: 'ready', value: ({ configured }) => (configured ? 'yes' : 'not configured') },
              { title: 'circuit', value: ({ circuit }) => circuit, style: ({ circuit }) => styleOf(circuit) },
              { title: 'calls', value: ({ totalCalls }) => count(totalCalls), align: 'right' },
              { title: 'success', value: ({ successRate }) => percent(successRate), align: 'right' },
              { title: 'p95', value: ({ latencyP95Ms }) => milliseconds(latencyP95Ms), align: 'right' },
              { title: 'until', value: ({ cooldownUntil }) => time(cooldownUntil) },
              { title: 'error', value: ({ lastError }) => lastError, flexible: true },
            ],
            aiProviders,
            'no providers',
          ),
        )
      }),
    )
}
