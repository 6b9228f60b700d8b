import type { HealthStatus as HealthStatusValue } from '../../../../prisma/generated/client/enums.ts'
import { builder } from '../builder.ts'
import { HealthStatus } from './enums.ts'

/** The health of a component of the platform. Several features use this type. */
export interface ComponentHealthShape {
  name: string
  status: HealthStatusValue
  latencyMs: number | null
  message: string | null
}

export const ComponentHealth = builder.objectRef<ComponentHealthShape>('ComponentHealth').implement({
  description: 'Health of a component of the platform: PostgreSQL, Redis, a queue, the Docker engine, the web console.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'postgres, redis, queue:NAME, docker or web (with UI_HEALTH_URL).' }),
    status: t.expose('status', { description: 'Current health.', type: HealthStatus }),
    latencyMs: t.exposeFloat('latencyMs', {
      description: 'Response time in milliseconds; null without a response.',
      nullable: true,
    }),
    message: t.field({
      description:
        'The problem, or the depth and age of a queue; null if there is none, and for an identity of a tenant.',
      type: 'String',
      nullable: true,
      resolve: ({ message }, _args, { identity }) => (identity.tenantId === null ? message : null),
    }),
  }),
})
