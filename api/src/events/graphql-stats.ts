import type { Severity as SeverityName } from '../../../prisma/generated/client/enums.ts'
import { MAX_BUCKETS } from '../db/timeline.ts'
import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { Severity } from '../graphql/types/enums.ts'
import { NamedCount } from '../graphql/types/named-count.ts'
import { EventFilter } from './graphql-inputs.ts'
import { type TimeBucket as Bucket, eventStats, type EventStats as Stats } from './read/stats.ts'

/** The cost of a figure that needs a query over many rows. */
const READS_MANY = 1_000

const SeverityCount = builder.objectRef<{ severity: SeverityName; count: number }>('SeverityCount').implement({
  description: 'Number of events of one severity.',
  fields: (t) => ({
    severity: t.expose('severity', { description: 'The severity.', type: Severity }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
})

const TimeBucket = builder.objectRef<Bucket>('TimeBucket').implement({
  description: 'The events of one interval of a timeline.',
  fields: (t) => ({
    start: t.expose('start', {
      description: 'Start of the interval; it ends where the next one starts.',
      type: 'DateTime',
    }),
    count: t.exposeInt('count', { description: 'Number of received events.' }),
    errors: t.exposeInt('errors', { description: 'Number of these events that are ERROR or CRITICAL.' }),
  }),
})

const EventStats = builder.objectRef<Stats>('EventStats').implement({
  description: 'Statistics over the events that match a filter.',
  fields: (t) => ({
    total: t.int({
      description: 'How many.',
      extensions: costs({ self: READS_MANY }),
      resolve: (stats) => stats.total(),
    }),
    last24h: t.int({
      description: 'Number of these events received within the last 24 hours.',
      extensions: costs({ self: READS_MANY }),
      resolve: (stats) => stats.last24h(),
    }),
    bySeverity: t.field({
      description: 'Number of events per severity: all four, in ascending order.',
      type: [SeverityCount],
      extensions: costs({ self: READS_MANY, rows: 4 }),
      resolve: (stats) => stats.bySeverity(),
    }),
    byType: t.field({
      description: 'The most frequent types, most frequent first.',
      type: [NamedCount],
      extensions: costs({ self: READS_MANY, rows: { arg: 'first', max: 200 } }),
      args: { first: t.arg.int({ defaultValue: 10, description: 'Number of entries, 1 to 200.' }) },
      resolve: (stats, { first }) => stats.byType(first ?? 10),
    }),
    timeline: t.field({
      description:
        'Equal intervals, oldest first, from the start of the filter (or the first event) to its end (or now).',
      type: [TimeBucket],
      extensions: costs({ self: READS_MANY, rows: { arg: 'buckets', max: MAX_BUCKETS } }),
      args: { buckets: t.arg.int({ defaultValue: 60, description: 'Number of intervals, 1 to 500.' }) },
      resolve: (stats, { buckets }) => stats.timeline(buckets ?? 60),
    }),
  }),
})

builder.queryField('eventStats', (t) =>
  t.field({
    description: 'Statistics over visible events.',
    type: EventStats,
    authScopes: { viewer: true },
    args: { filter: t.arg({ type: EventFilter, description: 'Which events.' }) },
    resolve: (_root, { filter }, { core, catalogue, identity }) => eventStats(core, catalogue, identity, filter),
  }),
)
