import { type Command, Option } from 'commander'
import { HealthStatus } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { oneOf, text } from '../flags/parsers.ts'
import { plain } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Heartbeat = graphql(`
  mutation CliHeartbeat($name: String!, $status: HealthStatus, $message: String, $instance: String) {
    heartbeat(name: $name, status: $status, message: $message, instance: $instance) {
      service { id name status statusSince lastError lastSeen ttlSeconds }
    }
  }
`)

interface Beat {
  status?: HealthStatus
  message?: string
  instance?: string
}

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
    .option('--message <TEXT>', 'why it is not OK', text)
    .option('--instance <NAME>', 'the process that sends the heartbeat, as at its registration', text)
    .action(
      withSession(io, async ({ api, out }, name: string, beat: Beat) => {
        const { service } = (await api.run(Heartbeat, { name, ...beat })).heartbeat
        const fault = service.lastError ? `; ${service.lastError}` : ''
        out.result(service, () => plain(`${service.name}: ${service.status}${fault}`))
      }),
    )
}
