import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { summary } from '../replay/state.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const SetPaused = graphql(`
  mutation CliPauseBulkReplay($id: ID!, $paused: Boolean!) {
    pauseBulkReplay(id: $id, paused: $paused) {
      bulkReplay { id status paused total replayed skipped delivered failed reason createdAt finishedAt }
    }
  }
`)

/** The action that the commands pause and resume share. */
export const setPaused = (io: Io, paused: boolean) =>
  withSession(io, (session, ids: string[]) =>
    actOnEach(session, ids, async (id) => {
      const { bulkReplay } = (await session.api.run(SetPaused, { id, paused })).pauseBulkReplay
      return { value: bulkReplay, text: `${summary(bulkReplay)}${bulkReplay.paused ? ', paused' : ''}` }
    }),
  )
