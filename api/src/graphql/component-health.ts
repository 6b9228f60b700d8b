import type { HealthStatus as HealthStatusValue } from '../../../prisma/generated/client/enums.ts'
import { builder } from './builder.ts'
import { HealthStatus } from './enums.ts'

/** A part of the platform. More than one feature answers it. */
export interface ComponentHealthShape {
  name: string
  status: HealthStatusValue
  latencyMs: number | null
  message: string | null
}

export const ComponentHealth = builder.objectRef<ComponentHealthShape>('ComponentHealth').implement({
  description: 'How a part of the platform is doing: PostgreSQL, Redis, a queue, the Docker engine.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'postgres, redis, queue:NAME or docker.' }),
    status: t.expose('status', { description: 'How it is doing.', type: HealthStatus }),
    latencyMs: t.exposeFloat('latencyMs', {
      description: 'Milliseconds that its answer took; null without an answer.',
      nullable: true,
    }),
    message: t.field({
      description:
        'What is wrong, or the depth and age of a queue; null when there is nothing to say, and for an identity that is bound to a tenant.',
      type: 'String',
      nullable: true,
      resolve: ({ message }, _args, { identity }) => (identity.tenantId === null ? message : null),
    }),
  }),
})
