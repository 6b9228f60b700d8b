import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { plain } from '../output/text.ts'
import { actOnEach } from '../session/each.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const SetEnabled = graphql(`
  mutation CliSetRuleEnabled($id: ID!, $enabled: Boolean!) {
    setAlertRuleEnabled(id: $id, enabled: $enabled) {
      rule { id name enabled }
      warnings
    }
  }
`)

/** The action that the commands enable and disable share. */
export const setEnabled = (io: Io, enabled: boolean) =>
  withSession(io, (session, ids: string[]) =>
    actOnEach(session, ids, async (id) => {
      const { rule, warnings } = (await session.api.run(SetEnabled, { id, enabled })).setAlertRuleEnabled
      if (rule.enabled) for (const warning of warnings) session.out.note(`${id}: ${plain(warning)}`)
      return { value: rule, text: plain(`${id} ${rule.name}: ${rule.enabled ? 'enabled' : 'disabled'}`) }
    }),
  )
