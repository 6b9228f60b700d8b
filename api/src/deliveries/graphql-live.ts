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
    description: `New or changed visible deliveries in their current state: newest first, at most ${MAX_CHANGED} per batch, at most four batches per second. Nothing is repeated after an interruption: a client that was disconnected or received UNAVAILABLE must read the list again.`,
    type: [Delivery],
    authScopes: { viewer: true },
    extensions: costs({ rows: 50 }),
    args: { filter: t.arg({ description: 'Only deliveries that match after the change.', type: DeliveryFilter }) },
    subscribe: (_root, { filter }, { deliveryChanges, identity }) => deliveryChanges.follow(identity, filter),
    resolve: (rows) => rows,
  }),
  deliveryStats: t.field({
    description: 'Statistics over deliveries: the current ones, and again after each change, at most once per second.',
    type: DeliveryStatsType,
    authScopes: { viewer: true },
    extensions: { distinct: true },
    args: { tenantId: t.arg.string({ description: 'Only this tenant; default: all visible tenants.' }) },
    subscribe: (_root, { tenantId }, { deliveryChanges, identity }) => deliveryChanges.followStats(identity, tenantId),
    resolve: (stats) => stats,
  }),
}))
