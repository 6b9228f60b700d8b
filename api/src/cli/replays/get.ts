import { type Command, Option } from 'commander'
import { BulkReplayOutcome } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { oneOf, whole } from '../flags/parsers.ts'
import { summary } from '../replay/state.ts'
import type { Io } from '../session/io.ts'
import { nodeAs } from '../session/node.ts'
import { withSession } from '../session/session.ts'

const BulkReplayItems = graphql(`
  query CliBulkReplayItems($id: ID!, $outcome: BulkReplayOutcome, $first: Int!) {
    node(id: $id) {
      ... on BulkReplay {
        __typename
        id status paused total replayed skipped delivered failed reason createdAt finishedAt filter error
        startedBy { kind id name }
        skips { reason count }
        items(outcome: $outcome, first: $first) {
          pageInfo { hasNextPage endCursor }
          nodes { outcome skipReason original { id eventType webhook { id name } } replay { id status lastError } }
        }
      }
    }
  }
`)

interface GetOptions {
  outcome?: BulkReplayOutcome
  first: number
}

export function addReplaysGet(parent: Command, io: Io): void {
  parent
    .command('get')
    .description('show one bulk replay with its deliveries and their outcomes')
    .argument('<ID>', 'the bulk replay (blk_...)')
    .addOption(
      new Option('--outcome <OUTCOME>', Object.values(BulkReplayOutcome).join(', ')).argParser(
        oneOf(BulkReplayOutcome),
      ),
    )
    .option('--first <NUMBER>', 'maximum number of deliveries', whole(1, 200), 50)
    .action(
      withSession(io, async ({ api, out }, id: string, options: GetOptions) => {
        const { node: result } = await api.run(BulkReplayItems, { id, ...options })
        const node = nodeAs(result, 'BulkReplay', 'bulk replay', id)
        out.result(node, () => {
          const rows = out.table(
            [
              { title: 'original', value: ({ original }) => original.id },
              { title: 'outcome', value: ({ outcome }) => outcome },
              { title: 'replay', value: ({ replay }) => replay?.id },
              { title: 'webhook', value: ({ original }) => original.webhook.name, flexible: true },
              { title: 'why', value: ({ skipReason, replay }) => skipReason ?? replay?.lastError, flexible: true },
            ],
            node.items.nodes,
            'no such deliveries',
          )
          return `${summary(node)}\n\n${rows}`
        })
      }),
    )
}
