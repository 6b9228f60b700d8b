import type { Severity as SeverityName } from '../../../prisma/generated/client/enums.ts'
import { MAX_BUCKETS } from '../db/timeline.ts'
import { builder } from '../graphql/builder.ts'
import { Severity } from '../graphql/enums.ts'
import { costs } from '../graphql/limits/cost.ts'
import { NamedCount } from '../graphql/named-count.ts'
import { EventFilter } from './graphql-inputs.ts'
import { type TimeBucket as Bucket, eventStats, type EventStats as Stats } from './read/stats.ts'

/** Each figure is a statement over many rows. */
const READS_MANY = 1_000

const SeverityCount = builder.objectRef<{ severity: SeverityName; count: number }>('SeverityCount').implement({
  description: 'How many there are of a severity.',
  fields: (t) => ({
    severity: t.expose('severity', { description: 'The severity.', type: Severity }),
    count: t.exposeInt('count', { description: 'How many.' }),
  }),
})

const TimeBucket = builder.objectRef<Bucket>('TimeBucket').implement({
  description: 'The events of one stretch of a timeline.',
  fields: (t) => ({
    start: t.expose('start', { description: 'Where it begins; it ends where the next begins.', type: 'DateTime' }),
    count: t.exposeInt('count', { description: 'How many events were received.' }),
    errors: t.exposeInt('errors', { description: 'How many of those are ERROR or CRITICAL.' }),
  }),
})

const EventStats = builder.objectRef<Stats>('EventStats').implement({
  description: 'Figures over the events that a filter leaves.',
  fields: (t) => ({
    total: t.int({
      description: 'How many.',
      extensions: costs({ self: READS_MANY }),
      resolve: (stats) => stats.total(),
    }),
    last24h: t.int({
      description: 'How many of those were received within the last 24 hours.',
      extensions: costs({ self: READS_MANY }),
      resolve: (stats) => stats.last24h(),
    }),
    bySeverity: t.field({
      description: 'How many of each severity: all four, in ascending order.',
      type: [SeverityCount],
      extensions: costs({ self: READS_MANY, rows: 4 }),
      resolve: (stats) => stats.bySeverity(),
    }),
    byType: t.field({
      description: 'The most frequent types, most frequent first.',
      type: [NamedCount],
      extensions: costs({ self: READS_MANY, rows: { arg: 'first', max: 200 } }),
      args: { first: t.arg.int({ defaultValue: 10, description: 'How many, 1 to 200.' }) },
      resolve: (stats, { first }) => stats.byType(first ?? 10),
    }),
    timeline: t.field({
      description:
        'Equal stretches of time, oldest first, from where the filter begins (or the first event) to where it ends (or now).',
      type: [TimeBucket],
      extensions: costs({ self: READS_MANY, rows: { arg: 'buckets', max: MAX_BUCKETS } }),
      args: { buckets: t.arg.int({ defaultValue: 60, description: 'In how many, 1 to 500.' }) },
      resolve: (stats, { buckets }) => stats.timeline(buckets ?? 60),
    }),
  }),
})

builder.queryField('eventStats', (t) =>
  t.field({
    description: 'Figures over events within reach.',
    type: EventStats,
    authScopes: { viewer: true },
    args: { filter: t.arg({ type: EventFilter, description: 'Which events.' }) },
    resolve: (_root, { filter }, { core, catalogue, identity }) => eventStats(core, catalogue, identity, filter),
  }),
)
