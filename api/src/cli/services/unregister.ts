import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { plain } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Unregister = graphql(`
  mutation CliUnregisterService($name: String!) {
    unregisterService(name: $name) { deletedId }
  }
`)

export function addServicesUnregister(parent: Command, io: Io): void {
  parent
    .command('unregister')
    .description('remove services and their history from the registry')
    .argument('<NAME...>', 'the names under which they are registered')
    .action(
      withSession(io, (session, names: string[]) =>
        actOnEach(session, names, async (name) => {
          const { deletedId } = (await session.api.run(Unregister, { name })).unregisterService
          return { value: { id: deletedId, name, deleted: true }, text: plain(`${name}: unregistered`) }
        }),
      ),
    )
}
