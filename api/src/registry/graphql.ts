import { builder } from '../graphql/builder.ts'
import { connection, connectionType, pageArgs } from '../graphql/connection.ts'
import { costs } from '../graphql/limits/cost.ts'
import { idOf, Node, registerNode } from '../graphql/node.ts'
import { DeletePayload } from '../graphql/payloads.ts'
import { HealthStatus, Role } from '../graphql/types/enums.ts'
import { badInput } from '../kit/errors.ts'
import { publicId } from '../kit/ids.ts'
import type { ServiceRow } from './announce.ts'
import { RegisterServiceInput, ServiceFilter } from './graphql-inputs.ts'
import { type HealthBucket, subjectOf } from './health/history.ts'
import { heartbeat } from './heartbeat.ts'
import { instancesLoader, type ServiceInstance } from './instances.ts'
import { listServices } from './list.ts'
import { errorOf } from './load.ts'
import {
  availabilityLoader,
  dependantsLoader,
  hoursLoader,
  monitoredLoader,
  periodKey,
  serviceLoader,
} from './loaders.ts'
import { isOverdue } from './monitor/health-state.ts'
import { registerService } from './register.ts'
import { unregisterService } from './unregister.ts'

const DAY_HOURS = 24
const MONTH_HOURS = 30 * DAY_HOURS

const ServiceHealthBucket = builder.objectRef<HealthBucket>('ServiceHealthBucket').implement({
  description: 'The checks of a service within an hour.',
  fields: (t) => ({
    start: t.expose('start', { description: 'The beginning of the hour.', type: 'DateTime' }),
    ok: t.exposeInt('ok', { description: 'Number of checks after which its status was OK.' }),
    degraded: t.exposeInt('degraded', { description: 'Number of checks after which its status was DEGRADED.' }),
    down: t.exposeInt('down', { description: 'Number of checks after which its status was DOWN.' }),
    latencyAvgMs: t.exposeFloat('latencyAvgMs', {
      description: 'Mean response time in milliseconds; null without a response.',
      nullable: true,
    }),
    latencyMaxMs: t.exposeFloat('latencyMaxMs', {
      description: 'Maximum response time in milliseconds; null without a response.',
      nullable: true,
    }),
  }),
})

const ServiceInstanceType = builder
  .objectRef<ServiceInstance & { ttlSeconds: number | null }>('ServiceInstance')
  .implement({
    description: 'A process of a service.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Its name, unique within the service, such as host:pid.' }),
      version: t.exposeString('version', { description: 'The version with which it registered.', nullable: true }),
      lastSeen: t.expose('lastSeen', {
        description: 'When it last registered or sent a heartbeat.',
        type: 'DateTime',
      }),
      isSilent: t.boolean({
        description: "Whether its last heartbeat is older than the service's time to live.",
        resolve: ({ lastSeen, ttlSeconds }, _args, { core }) =>
          isOverdue({ lastSeen: lastSeen.getTime(), ttlSeconds }, core.clock()),
      }),
    }),
  })

export const Service = builder.objectRef<ServiceRow>('Service').implement({
  description: 'A registered service. Services belong to the installation; a tenant has none.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.id({ description: 'Begins with svc_.', resolve: idOf('svc') }),
    name: t.exposeString('name', { description: 'Its name, unique in the installation.' }),
    url: t.exposeString('url', { description: 'Its URL.' }),
    healthUrl: t.exposeString('healthUrl', {
      description: 'The URL that is requested to check its health; "": none, only its heartbeats count.',
    }),
    version: t.exposeString('version', { description: 'Its version.', nullable: true }),
    rolesRequired: t.expose('rolesRequired', { description: 'Roles that its users need.', type: [Role] }),
    tags: t.exposeStringList('tags', { description: 'Search terms.' }),
    dependsOn: t.exposeStringList('dependsOn', {
      description: 'Names of the services that it depends on; they need not be registered.',
    }),
    dependants: t.field({
      description: 'Names of the registered services that depend on it, directly or through others.',
      type: ['String'],
      extensions: costs({ self: 5 }),
      resolve: async ({ name }, _args, context) => (await dependantsLoader(context).load(name)) ?? [],
    }),
    owner: t.exposeString('owner', { description: 'Its owner.', nullable: true }),
    status: t.expose('status', {
      description:
        'The worst of the results of its probes, its heartbeats and its time to live. Probes count after several equal results in a row.',
      type: HealthStatus,
    }),
    statusSince: t.expose('statusSince', { description: 'Since when it has had this status.', type: 'DateTime' }),
    lastError: t.string({
      description: 'The fault that the last check found, or else the one that its last heartbeat reported.',
      nullable: true,
      resolve: errorOf,
    }),
    instances: t.field({
      description:
        'Its processes by name, if they name themselves when they register and send heartbeats. One that is silent is listed for an hour.',
      type: [ServiceInstanceType],
      extensions: costs({ self: 5, rows: 10 }),
      resolve: async ({ id, ttlSeconds }, _args, context) =>
        ((await instancesLoader(context).load(id)) ?? []).map((instance) => ({ ...instance, ttlSeconds })),
    }),
    lastSeen: t.expose('lastSeen', { description: 'When it last registered or sent a heartbeat.', type: 'DateTime' }),
    lastCheckedAt: t.expose('lastCheckedAt', {
      description: 'When its health URL was last requested; null: never.',
      type: 'DateTime',
      nullable: true,
    }),
    latencyMs: t.exposeFloat('latencyMs', {
      description: 'Milliseconds of its last response; null when there was none.',
      nullable: true,
    }),
    ttlSeconds: t.exposeInt('ttlSeconds', {
      description: 'Its time to live: the maximum number of seconds between two heartbeats; null: unlimited.',
      nullable: true,
    }),
    monitored: t.boolean({
      description: 'Whether auto-heal watches one of its containers.',
      resolve: async ({ name }, _args, context) => (await monitoredLoader(context).load(name)) ?? false,
    }),
    availability24h: t.float({
      description:
        'Share of the checks of the last 24 hours after which its status was OK or DEGRADED, 0 to 1; null without checks. Failed checks count once there were enough of them for the status to change.',
      nullable: true,
      resolve: (service, _args, context) => availability(context, service, DAY_HOURS),
    }),
    availability30d: t.float({
      description: 'The same for the last 30 days.',
      nullable: true,
      resolve: (service, _args, context) => availability(context, service, MONTH_HOURS),
    }),
    history: t.field({
      description: 'Its checks by hour, oldest first, including the present hour.',
      type: [ServiceHealthBucket],
      extensions: costs({ self: 10, rows: { arg: 'hours', max: MONTH_HOURS } }),
      args: { hours: t.arg.int({ description: 'The number of hours, 1 to 720.', defaultValue: DAY_HOURS }) },
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
    description: 'Registered services, newest first; none for an identity that is bound to a tenant.',
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
    description: 'The service after the registration.',
    fields: (t) => ({
      service: t.expose('service', { description: 'The service.', type: Service }),
      created: t.exposeBoolean('created', { description: 'Whether it was not registered before.' }),
    }),
  })

const ServicePayload = builder.objectRef<{ service: ServiceRow }>('ServicePayload').implement({
  description: 'The service after the heartbeat.',
  fields: (t) => ({ service: t.expose('service', { description: 'The service.', type: Service }) }),
})

builder.mutationFields((t) => ({
  registerService: t.field({
    description:
      'Registers or updates a service and renews its time to live. Only for identities without a tenant, as for all changes of services.',
    type: RegisterServicePayload,
    authScopes: { operator: true },
    audit: { action: 'service.register', target: 'service' },
    args: { input: t.arg({ required: true, description: 'The service.', type: RegisterServiceInput }) },
    resolve: (_root, { input }, context) => registerService(context.core, context.publisher, context, input),
  }),
  heartbeat: t.field({
    description: 'Reports that a service is alive, and its status. NOT_FOUND: it has to register (again).',
    type: ServicePayload,
    authScopes: { operator: true },
    // Not audited: thousands of heartbeats a minute would hide the actions of users.
    audit: { action: 'service.heartbeat', target: 'service', isOwnRecord: true },
    args: {
      name: t.arg.string({ required: true, description: 'The name under which it is registered.' }),
      status: t.arg({
        description: 'Its status according to itself; UNKNOWN withdraws the earlier one.',
        type: HealthStatus,
        defaultValue: 'OK',
      }),
      message: t.arg.string({
        description: 'Why it is not OK: part of `lastError`. More than 500 characters are cut off.',
      }),
      instance: t.arg.string({ description: 'The process that sends the heartbeat, as at its registration.' }),
    },
    resolve: async (_root, { name, status, ...beat }, { core, publisher, identity }) => ({
      service: await heartbeat(core, publisher, identity, name, { status: status ?? 'OK', ...beat }),
    }),
  }),
  unregisterService: t.field({
    description: 'Removes a service from the registry, with its history.',
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
