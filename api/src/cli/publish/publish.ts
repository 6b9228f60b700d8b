import { type Command, Option } from 'commander'
import { type PublishEventInput, Severity } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { SEVERITIES } from '../flags/filters.ts'
import { instant, jsonValue, later, oneOf, text } from '../flags/parsers.ts'
import { plain } from '../output/text.ts'
import { usage } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'
import { openInput, readInput } from './input.ts'
import { publishLines } from './publish-lines.ts'

const Publish = graphql(`
  mutation CliPublish($input: PublishEventInput!) {
    publishEvent(input: $input) {
      deduplicated
      event { id cursor type source severity tenantId receivedAt }
    }
  }
`)

interface PublishOptions extends Partial<Omit<PublishEventInput, 'type' | 'payload'>> {
  payload?: unknown
  payloadFile?: string
  ndjson?: string
}

export function addPublish(program: Command, io: Io): void {
  program
    .command('publish')
    .description('publish an event, or many from NDJSON')
    .argument('[TYPE]', 'event type, such as order.created')
    .option('--source <SOURCE>', 'name of the publishing service', text)
    .option('--payload <JSON>', 'the data of the event', jsonValue)
    .option('--payload-file <FILE>', 'the same from a file; - is standard input', text)
    .option('--subject <TEXT>', 'object of the event', text)
    .addOption(new Option('--severity <SEVERITY>', SEVERITIES).argParser(oneOf(Severity)))
    .option('--tenant-id <TENANT>', 'its tenant', text)
    .option('--correlation-id <ID>', 'id that all events of one operation share', text)
    .option('--causation-id <ID>', 'cause of the event', text)
    .option('--occurred-at <TIME>', 'when it happened; default: now', instant)
    .option(
      '--expires-at <TIME>',
      'time after which open deliveries are cancelled: an instant, or a duration such as 10m',
      later,
    )
    .option('--idempotency-key <KEY>', 'a repetition with the same key returns the first event', text)
    .option(
      '--ndjson <FILE>',
      'a file with one event per line, with the fields of PublishEventInput; - is standard input',
      text,
    )
    .action(
      withSession(io, async (session, type: string | undefined, options: PublishOptions) => {
        const { payload, payloadFile, ndjson, ...fields } = options
        if (ndjson !== undefined) {
          if (type !== undefined || payload !== undefined || payloadFile !== undefined)
            throw usage('expected no TYPE and no payload: each line has its own', '--ndjson')
          if (fields.idempotencyKey !== undefined)
            throw usage('is for one event; put a key into each line instead', '--idempotency-key')
          return publishLines(session, await openInput(io, ndjson, '--ndjson'), fields)
        }
        if (type === undefined) throw usage('give the TYPE of the event, or --ndjson FILE', 'TYPE')
        const { source } = fields
        if (source === undefined) throw usage('is missing; expected the name of the service', '--source')
        if (payload !== undefined && payloadFile !== undefined)
          throw usage('give either --payload or --payload-file', '--payload')
        const body = payloadFile === undefined ? payload : parse(await readInput(io, payloadFile, '--payload-file'))
        const { publishEvent } = await session.api.run(Publish, {
          input: { ...fields, source, type, ...(body !== undefined && { payload: body }) },
        })
        const { event, deduplicated } = publishEvent
        session.out.result(publishEvent, () =>
          plain(`${event.id} ${event.type} ${deduplicated ? 'was published before' : 'published'}`),
        )
      }),
    )
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch (error) {
    throw usage(`expected JSON: ${error instanceof Error ? error.message : String(error)}`, '--payload-file')
  }
}
