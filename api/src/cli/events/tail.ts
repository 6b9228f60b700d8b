import type { Command } from 'commander'
import type { CliTailFromSubscription, EventFilter } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, type FilterFlags, filterFrom } from '../flags/filter.ts'
import { eventFlags } from '../flags/filters.ts'
import { text, whole } from '../flags/parsers.ts'
import { styleOf } from '../output/paint.ts'
import { plain, time } from '../output/text.ts'
import { EXIT } from '../session/failure.ts'
import type { Io } from '../session/io.ts'
import { type Session, withSession } from '../session/session.ts'
import { subscribe } from '../session/subscribe.ts'

const Tail = graphql(`
  subscription CliTailFrom($filter: EventFilter, $after: String) {
    events(filter: $filter, after: $after) {
      cursor
      event { id cursor type source severity subject tenantId correlationId receivedAt payload }
    }
  }
`)

const Latest = graphql(`
  query CliLatestEvents($filter: EventFilter, $first: Int, $last: Int) {
    events(filter: $filter, first: $first, last: $last) {
      nodes { id cursor type source severity subject tenantId correlationId receivedAt payload }
    }
  }
`)

type TailedEvent = CliTailFromSubscription['events']['event']

/** The filter fields of events, without those about the past, which a stream does not have. */
const { window: _window, since: _since, until: _until, ...flags } = eventFlags
const tailFlags: FilterFlags<Omit<EventFilter, 'window' | 'since' | 'until'>> = flags

interface TailOptions {
  after?: string
  last?: number
  max?: number
}

export function addEventsTail(parent: Command, io: Io): void {
  const command = parent
    .command('tail')
    .description('follow events as they arrive; after a lost connection it continues without a gap')
    .option('--after <CURSOR>', 'begin after the event with this `cursor`', text)
    .option('--last <NUMBER>', 'begin with this number of the newest matching events', whole(1, 200))
    .option('--max <NUMBER>', 'end after this number of events', whole(1))
  addFilter(command, tailFlags).action(
    withSession(io, async (session, options: TailOptions) => {
      const { api, out } = session
      const filter = filterFrom(tailFlags, { ...options })
      const place = await Place.find(session, filter, options)
      const write = async (event: TailedEvent) => {
        await out.item(event, () => line(session, event))
        return options.max !== undefined && ++place.written >= options.max
      }
      for (const event of place.first) if (await write(event)) return EXIT.ok
      const results = subscribe(api, {
        document: Tail,
        variables: async () => {
          const missed = await place.beforeConnecting(filter)
          if (missed) await write(missed)
          return { filter, after: place.cursor }
        },
        signal: io.interruptible(),
        onBreak: (reason) => out.note(`${reason}; reconnecting`),
        onOpen: (isResumed) => isResumed && out.note('connected again'),
      })
      for await (const { events } of results) {
        place.cursor = events.cursor
        if (await write(events.event)) break
      }
      return EXIT.ok
    }),
  )
}

/** Where in the feed a tail is. */
class Place {
  cursor: string | undefined
  written = 0
  /** Stored events, which are written before the live ones. */
  first: TailedEvent[] = []
  #connections = 0
  readonly #session: Session

  private constructor(session: Session) {
    this.#session = session
  }

  static async find(session: Session, filter: EventFilter | undefined, { after, last }: TailOptions) {
    const place = new Place(session)
    place.cursor = after
    if (after !== undefined) return place
    if (last !== undefined) place.first = (await place.#read({ filter, first: last })).toReversed()
    // If no event matches, begins after the newest event of any kind.
    place.cursor = place.first.at(-1)?.cursor ?? (await place.#read({ first: 1 }))[0]?.cursor
    return place
  }

  /**
   * If there was no event at the first connection, there is no cursor. Before a second connection, all existing events
   * have arrived during the break, so the tail begins at the oldest one. The stream does not repeat that event, so it
   * is returned if it matches the filter.
   */
  async beforeConnecting(filter: EventFilter | undefined): Promise<TailedEvent | undefined> {
    this.#connections += 1
    if (this.cursor !== undefined || this.#connections === 1) return undefined
    const [oldest] = await this.#read({ last: 1 })
    const [match] = await this.#read({ filter, last: 1 })
    this.cursor = oldest?.cursor
    return match?.id === oldest?.id ? match : undefined
  }

  async #read(variables: { filter?: EventFilter | undefined; first?: number; last?: number }) {
    return (await this.#session.api.run(Latest, variables)).events.nodes
  }
}

function line({ out }: Session, event: TailedEvent): string {
  const severity = event.severity.padEnd(8)
  const style = styleOf(event.severity)
  return [
    out.paint(time(event.receivedAt), 'dim'),
    style ? out.paint(severity, style) : severity,
    out.paint(plain(event.type), 'bold'),
    plain(event.source),
    ...(event.subject ? [plain(event.subject)] : []),
    out.paint(plain(JSON.stringify(event.payload)), 'dim'),
  ].join('  ')
}
