import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import { HealthStatus, Role } from '../graphql/enums.ts'
import { costs } from '../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { DeletePayload } from '../graphql/payloads.ts'
import { badInput } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import type { ServiceRow } from './announce.ts'
import { RegisterServiceInput, ServiceFilter } from './graphql-inputs.ts'
import { type HealthBucket, subjectOf } from './health/history.ts'
import { heartbeat } from './heartbeat.ts'
import { listServices } from './list.ts'
import {
  availabilityLoader,
  dependantsLoader,
  hoursLoader,
  monitoredLoader,
  periodKey,
  serviceLoader,
} from './loaders.ts'
import { registerService } from './register.ts'
import { unregisterService } from './unregister.ts'

const DAY_HOURS = 24
const MONTH_HOURS = 30 * DAY_HOURS

const ServiceHealthBucket = builder.objectRef<HealthBucket>('ServiceHealthBucket').implement({
  description: 'The checks of a service within an hour.',
  fields: (t) => ({
    start: t.expose('start', { description: 'The full hour at which it begins.', type: 'DateTime' }),
    ok: t.exposeInt('ok', { description: 'Checks that found it well.' }),
    degraded: t.exposeInt('degraded', { description: 'Checks that found it degraded.' }),
    down: t.exposeInt('down', { description: 'Checks that found it down.' }),
    latencyAvgMs: t.exposeFloat('latencyAvgMs', {
      description: 'Mean time that its answers took, in milliseconds; null without an answer.',
      nullable: true,
    }),
    latencyMaxMs: t.exposeFloat('latencyMaxMs', {
      description: 'The longest time that an answer took, in milliseconds; null without an answer.',
      nullable: true,
    }),
  }),
})

export const Service = builder.objectRef<ServiceRow>('Service').implement({
  description: 'A service that announced itself. Services belong to the installation; a tenant has none.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with svc_.', resolve: idOf('svc') }),
    name: t.exposeString('name', { description: 'Its name, unique in the installation.' }),
    url: t.exposeString('url', { description: 'Where it is reached.' }),
    healthUrl: t.exposeString('healthUrl', {
      description: 'What is asked whether it is well; "": nothing, its heartbeats alone count.',
    }),
    version: t.exposeString('version', { description: 'Its version.', nullable: true }),
    rolesRequired: t.expose('rolesRequired', { description: 'Roles that its users need.', type: [Role] }),
    tags: t.exposeStringList('tags', { description: 'Words to find it by.' }),
    dependsOn: t.exposeStringList('dependsOn', {
      description: 'Names of the services that it does not work without; not all of them need be registered.',
    }),
    dependants: t.field({
      description:
        'Names of the registered services that depend on it, directly or over others: what its failure reaches.',
      type: ['String'],
      extensions: costs({ self: 5 }),
      resolve: async ({ name }, _args, context) => (await dependantsLoader(context).load(name)) ?? [],
    }),
    owner: t.exposeString('owner', { description: 'Its owner.', nullable: true }),
    status: t.expose('status', {
      description:
        'The worst of what its probes, its heartbeats and its time to live say. Probes count once several in a row agree.',
      type: HealthStatus,
    }),
    statusSince: t.expose('statusSince', { description: 'Since when it has this status.', type: 'DateTime' }),
    lastError: t.exposeString('lastError', { description: 'The fault that its last check found.', nullable: true }),
    lastSeen: t.expose('lastSeen', { description: 'When it last registered or sent a heartbeat.', type: 'DateTime' }),
    lastCheckedAt: t.expose('lastCheckedAt', {
      description: 'When its health URL was last asked; null: never.',
      type: 'DateTime',
      nullable: true,
    }),
    latencyMs: t.exposeFloat('latencyMs', {
      description: 'Milliseconds that its last answer took; null when there was none.',
      nullable: true,
    }),
    ttlSeconds: t.exposeInt('ttlSeconds', {
      description: 'It has to be heard of within so many seconds; null: it need not be.',
      nullable: true,
    }),
    monitored: t.boolean({
      description: 'Whether auto-heal watches a container of it.',
      resolve: async ({ name }, _args, context) => (await monitoredLoader(context).load(name)) ?? false,
    }),
    availability24h: t.float({
      description: 'Part of the checks of the last 24 hours that found it OK or DEGRADED, 0 to 1; null without checks.',
      nullable: true,
      resolve: (service, _args, context) => availability(context, service, DAY_HOURS),
    }),
    availability30d: t.float({
      description: 'The same of the last 30 days.',
      nullable: true,
      resolve: (service, _args, context) => availability(context, service, MONTH_HOURS),
    }),
    history: t.field({
      description: 'Its checks by the hour, oldest first, the present hour last.',
      type: [ServiceHealthBucket],
      extensions: costs({ self: 10, rows: { arg: 'hours', max: MONTH_HOURS } }),
      args: { hours: t.arg.int({ description: 'How many hours, 1 to 720.', defaultValue: DAY_HOURS }) },
      resolve: async (service, args, context) => {
        const hours = args.hours ?? DAY_HOURS
        if (hours < 1 || hours > MONTH_HOURS) throw badInput('hours', `is ${hours}; expected 1 to ${MONTH_HOURS}`)
        return (await hoursLoader(context).load(periodKey(hours, subjectOf(service)))) ?? []
      },
    }),
    createdAt: t.expose('createdAt', { description: 'When it first registered.', type: 'DateTime' }),
  }),
})

async function availability(
  context: Parameters<typeof availabilityLoader>[0],
  service: ServiceRow,
  hours: number,
): Promise<number | null> {
  const uptime = await availabilityLoader(context).load(periodKey(hours, subjectOf(service)))
  return uptime ? uptime.available / uptime.checks : null
}

registerNode('svc', Service, async (ids, context) => {
  const rows = await serviceLoader(context).loadMany(ids)
  return new Map(rows.flatMap((row) => (row === null || row instanceof Error ? [] : [[row.id, row]])))
})

const ServiceConnection = connectionType(Service, { totalCount: true })

builder.queryField('services', (t) =>
  t.field({
    description: 'Registered services, the newest first; none for an identity that is bound to a tenant.',
    type: ServiceConnection,
    authScopes: { viewer: true },
    args: {
      filter: t.arg({ description: 'Filter; conditions are combined with AND.', type: ServiceFilter }),
      ...pageArgs(t),
    },
    resolve: (_root, { filter, ...page }, { core, identity }) => {
      const list = listServices(core, identity, filter)
      return connection(page, list.fetch, list.count)
    },
  }),
)

const RegisterServicePayload = builder
  .objectRef<{ service: ServiceRow; created: boolean }>('RegisterServicePayload')
  .implement({
    description: 'The service as it is registered now.',
    fields: (t) => ({
      service: t.expose('service', { description: 'The service.', type: Service }),
      created: t.exposeBoolean('created', { description: 'Whether it was not registered before.' }),
    }),
  })

const ServicePayload = builder.objectRef<{ service: ServiceRow }>('ServicePayload').implement({
  description: 'The service as it is now.',
  fields: (t) => ({ service: t.expose('service', { description: 'The service.', type: Service }) }),
})

builder.mutationFields((t) => ({
  registerService: t.field({
    description:
      'Registers a service, or updates it. It counts as heard of. Only for identities that are bound to no tenant, as all that acts on services.',
    type: RegisterServicePayload,
    authScopes: { operator: true },
    audit: { action: 'service.register', target: 'service' },
    args: { input: t.arg({ required: true, description: 'The service.', type: RegisterServiceInput }) },
    resolve: (_root, { input }, context) => registerService(context.core, context.publisher, context, input),
  }),
  heartbeat: t.field({
    description: 'Says that a service is alive, and how it is doing. NOT_FOUND: it has to register (again).',
    type: ServicePayload,
    authScopes: { operator: true },
    // A measurement: thousands of them a minute would bury what people have done.
    audit: { action: 'service.heartbeat', target: 'service', isOwnRecord: true },
    args: {
      name: t.arg.string({ required: true, description: 'The name under which it is registered.' }),
      status: t.arg({
        description: 'How it is doing by its own account; UNKNOWN takes back what it said before.',
        type: HealthStatus,
        defaultValue: 'OK',
      }),
    },
    resolve: async (_root, { name, status }, { core, publisher, identity }) => ({
      service: await heartbeat(core, publisher, identity, name, status ?? 'OK'),
    }),
  }),
  unregisterService: t.field({
    description: 'Takes a service out of the registry, with its history.',
    type: DeletePayload,
    authScopes: { operator: true },
    audit: { action: 'service.unregister', target: 'service' },
    args: { name: t.arg.string({ required: true, description: 'The name under which it is registered.' }) },
    resolve: async (_root, { name }, context) => {
      const { id } = await unregisterService(context.core, context.publisher, context, name)
      return { deletedId: publicId('svc', id) }
    },
  }),
}))
