import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { plain } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { findTemplate } from './find.ts'

const Delete = graphql(`
  mutation CliDeleteTemplate($id: ID!) {
    deleteAlertTemplate(id: $id) { deletedId }
  }
`)

export function addTemplatesDelete(parent: Command, io: Io): void {
  parent
    .command('delete')
    .description('delete templates, but not built-in ones; rules created from them stay')
    .argument('<TEMPLATE...>', 'templates (tpl_...) or their slugs')
    .action(
      withSession(io, (session, templates: string[]) =>
        actOnEach(session, templates, async (idOrSlug) => {
          const { id, slug } = await findTemplate(session, idOrSlug)
          await session.api.run(Delete, { id })
          return { value: { id, slug, deleted: true }, text: plain(`${id} ${slug}: deleted`) }
        }),
      ),
    )
}
