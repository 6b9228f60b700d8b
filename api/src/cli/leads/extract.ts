import type { Command } from 'commander'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { text } from '../flags/parsers.ts'
import { details } from '../output/table.ts'
import { readInput } from '../publish/input.ts'
import { usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Extract = graphql(`
  mutation CliExtractLead($input: ExtractLeadInput!) {
    extractLead(input: $input) {
      draft usedProvider
      attempts { provider ok skipped error latencyMs }
      lead { id tenantId name email phone company status }
    }
  }
`)

interface ExtractOptions {
  file?: string
  tenantId?: string
  /** False with --no-save. */
  save: boolean
}

export function addLeadsExtract(parent: Command, io: Io): void {
  parent
    .command('extract')
    .description('extract a lead from free text')
    .argument('[TEXT]', 'the text, such as a mail')
    .option('--file <FILE>', 'the text from a file; - is standard input', text)
    .option('--tenant-id <TENANT>', 'tenant of the lead', text)
    .option('--no-save', 'show the result without saving it')
    .action(
      withSession(io, async ({ api, out }, argument: string | undefined, { file, tenantId, save }: ExtractOptions) => {
        if ((argument === undefined) === (file === undefined)) throw usage('give either TEXT or --file', 'TEXT')
        const body = argument ?? (await readInput(io, file ?? '-', '--file'))
        const { extractLead } = await api.run(Extract, { input: { text: body, tenantId, save } })
        out.result(extractLead, () => {
          const draft = Object.entries(Object(extractLead.draft)).map(([name, value]): [string, string | null] => [
            name,
            value === null ? null : String(value),
          ])
          return details(
            [['lead', extractLead.lead?.id ?? 'not saved'], ...draft, ['found by', extractLead.usedProvider]],
            out.paint,
          )
        })
      }),
    )
}
