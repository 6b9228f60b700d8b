import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { EXIT } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Reconciliation = graphql(`
  query CliReconciliation {
    autoHeal {
      enabled
      reconciliation { registered monitored registeredOnly monitoredOnly }
    }
  }
`)

export function addServicesReconcile(parent: Command, io: Io): void {
  parent
    .command('reconcile')
    .description('compare the registered services with the containers that auto-heal watches, differences first')
    .option('--strict', 'end with exit code 1 if they differ')
    .action(
      withSession(io, async ({ api, out }, { strict = false }: { strict?: boolean }) => {
        const { enabled, reconciliation } = (await api.run(Reconciliation, {})).autoHeal
        const { registered, registeredOnly, monitoredOnly } = reconciliation
        const both = registered.filter((name) => !registeredOnly.includes(name))
        const rows = [
          ...registeredOnly.map((name) => ({ name, registered: true, watched: false })),
          ...monitoredOnly.map((name) => ({ name, registered: false, watched: true })),
          ...both.map((name) => ({ name, registered: true, watched: true })),
        ]
        const shown = (is: boolean) => (is ? 'yes' : 'no')
        const style = (is: boolean) => (is ? undefined : 'yellow')
        out.result({ enabled, ...reconciliation }, () =>
          out.table(
            [
              { title: 'name', value: ({ name }) => name, flexible: true },
              { title: 'registered', value: (row) => shown(row.registered), style: (row) => style(row.registered) },
              { title: 'watched', value: (row) => shown(row.watched), style: (row) => style(row.watched) },
            ],
            rows,
            'nothing is registered and nothing is watched',
          ),
        )
        if (!enabled) out.note('auto-heal is off: no worker watches containers')
        return strict && registeredOnly.length + monitoredOnly.length > 0 ? EXIT.failure : EXIT.ok
      }),
    )
}
