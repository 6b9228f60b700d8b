import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { Delivery } from './graphql.ts'
import { DeliveryFilter } from './graphql-inputs.ts'
import { DeliveryStatsType } from './graphql-stats.ts'
import type { DeliveryChanges } from './live/changes.ts'
import { MAX_CHANGED } from './live/subscription-hub.ts'

declare module '../graphql/context.ts' {
  interface Services {
    deliveryChanges: DeliveryChanges
  }
}

builder.subscriptionFields((t) => ({
  deliveries: t.field({
    description: `Deliveries within reach that are new or changed, as they are now: newest first, at most ${MAX_CHANGED} together, at most four times a second. Nothing is repeated after a break: who was cut off, or is told UNAVAILABLE, reads the list anew.`,
    type: [Delivery],
    authScopes: { viewer: true },
    extensions: costs({ rows: 50 }),
    args: { filter: t.arg({ description: 'Those that it takes after the change.', type: DeliveryFilter }) },
    subscribe: (_root, { filter }, { deliveryChanges, identity }) => deliveryChanges.follow(identity, filter),
    resolve: (rows) => rows,
  }),
  deliveryStats: t.field({
    description: 'Figures over deliveries: now, and again when they changed, at most once a second.',
    type: DeliveryStatsType,
    authScopes: { viewer: true },
    extensions: { distinct: true },
    args: { tenantId: t.arg.string({ description: 'Those of this tenant; of all within reach when left out.' }) },
    subscribe: (_root, { tenantId }, { deliveryChanges, identity }) => deliveryChanges.followStats(identity, tenantId),
    resolve: (stats) => stats,
  }),
}))
