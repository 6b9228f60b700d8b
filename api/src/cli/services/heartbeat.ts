import { type Command, Option } from 'commander'
import { HealthStatus } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { oneOf } from '../flags/parsers.ts'
import { plain } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Heartbeat = graphql(`
  mutation CliHeartbeat($name: String!, $status: HealthStatus) {
    heartbeat(name: $name, status: $status) {
      service { id name status statusSince lastSeen ttlSeconds }
    }
  }
`)

export function addServicesHeartbeat(parent: Command, io: Io): void {
  parent
    .command('heartbeat')
    .description('report that a service is alive; exit code 3 means that it has to register')
    .argument('<NAME>', 'the name under which it is registered')
    .addOption(
      new Option(
        '--status <STATUS>',
        'its status according to itself: OK, DEGRADED or DOWN; UNKNOWN withdraws the earlier one',
      ).argParser(oneOf(HealthStatus)),
    )
    .action(
      withSession(io, async ({ api, out }, name: string, { status }: { status?: HealthStatus }) => {
        const { service } = (await api.run(Heartbeat, { name, status })).heartbeat
        out.result(service, () => plain(`${service.name}: ${service.status}`))
      }),
    )
}
