import { builder } from '../graphql/builder.ts'
import { costs } from '../graphql/limits/cost.ts'
import { ComponentHealth } from '../graphql/types/component-health.ts'
import { HealthStatus } from '../graphql/types/enums.ts'
import { Service } from './graphql.ts'
import { componentSubject } from './health/history.ts'
import type { PlatformHealth, PlatformHealthReader } from './health/platform-health.ts'
import { seesServices } from './load.ts'
import { availabilityLoader, periodKey } from './loaders.ts'

declare module '../graphql/context.ts' {
  interface Services {
    platformHealth: PlatformHealthReader
  }
}

const PlatformHealthType = builder.objectRef<PlatformHealth>('PlatformHealth').implement({
  description: 'The health of the platform.',
  fields: (t) => ({
    status: t.expose('status', {
      description: 'DOWN: PostgreSQL is down. DEGRADED: a service or another component is DOWN or DEGRADED.',
      type: HealthStatus,
    }),
    checkedAt: t.expose('checkedAt', { description: 'The time of this result.', type: 'DateTime' }),
    services: t.field({
      description: 'The registered services by name; none for an identity that is bound to a tenant.',
      type: [Service],
      extensions: costs({ rows: 50 }),
      resolve: ({ services }, _args, { identity }) => (seesServices(identity) ? services : []),
    }),
    components: t.field({
      description: 'PostgreSQL, Redis, each queue, the Docker engine and, with UI_HEALTH_URL, the web console.',
      type: [ComponentHealth],
      extensions: costs({ rows: 10 }),
      resolve: ({ components }) => components,
    }),
  }),
})

const part =
  (hours: number) =>
  async ({ name }: { name: string }, _args: object, context: Parameters<typeof availabilityLoader>[0]) => {
    const availability = await availabilityLoader(context).load(periodKey(hours, componentSubject(name)))
    return availability ? availability.available / availability.checks : null
  }

builder.objectFields(ComponentHealth, (t) => ({
  availability24h: t.float({
    description:
      'Share of the checks of the last 24 hours with the result OK or DEGRADED, 0 to 1; null without checks.',
    nullable: true,
    resolve: part(24),
  }),
  availability30d: t.float({ description: 'The same for the last 30 days.', nullable: true, resolve: part(720) }),
}))

builder.queryField('platformHealth', (t) =>
  t.field({
    description: "The health of services and of AetherLink's own components, at most a second old.",
    type: PlatformHealthType,
    authScopes: { viewer: true },
    resolve: (_root, _args, { platformHealth }) => platformHealth.read(),
  }),
)

builder.subscriptionField('platformHealth', (t) =>
  t.field({
    description: 'The present health, then each change, at most once a second.',
    type: PlatformHealthType,
    authScopes: { viewer: true },
    subscribe: (_root, _args, { platformHealth }) => platformHealth.follow(),
    resolve: (health) => health,
  }),
)
