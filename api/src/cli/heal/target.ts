import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { notFound } from '../session/failure.ts'
import type { Session } from '../session/session.ts'

const Targets = graphql(`
  query CliHealTargets {
    autoHeal {
      targets { id container }
    }
  }
`)

/** The id of a heal target, given its id or the name of its container. Throws Failure (NOT_FOUND). */
export async function targetId({ api }: Session, idOrContainer: string): Promise<string> {
  const { targets } = (await api.run(Targets, {})).autoHeal
  const target = targets.find(({ id, container }) => id === idOrContainer || container === idOrContainer)
  if (!target) throw notFound('watched container', idOrContainer)
  return target.id
}
