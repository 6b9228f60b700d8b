import { builder } from '../graphql/builder.ts'
import { HealthStatus, Role } from '../graphql/types/enums.ts'

export const RegisterServiceInput = builder.inputType('RegisterServiceInput', {
  description:
    "A service's description of itself. It replaces the earlier one of the same name. Null counts as absent.",
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        'Its name, unique in the installation: 1 to 128 letters, digits, ., _ and -. The same name again updates it.',
    }),
    url: t.string({ required: true, description: 'Its URL, without credentials.' }),
    healthUrl: t.string({
      description:
        'The URL that is requested to check its health; default: `<url>/ping`. "": none, so that only its heartbeats count.',
    }),
    version: t.string({ description: 'Its version.' }),
    rolesRequired: t.field({ description: 'Roles that its users need, for information.', type: [Role] }),
    tags: t.stringList({ description: 'Search terms, at most 50.' }),
    dependsOn: t.stringList({ description: 'Names of the services that it depends on, at most 50.' }),
    owner: t.string({ description: 'Its owner.' }),
    instance: t.string({
      description:
        'The process that registers, such as host:pid, up to 200 characters. Processes with the same service name are listed by it.',
    }),
    ttlSeconds: t.int({
      description:
        'Its time to live in seconds, 5 to 86,400. Without a heartbeat or a registration within this time it is DOWN, and after another day it is removed. Default: unlimited.',
    }),
  }),
})

export const ServiceFilter = builder.inputType('ServiceFilter', {
  description: 'Filters a list of services. An empty list does not filter.',
  fields: (t) => ({
    statuses: t.field({ description: 'Only services with one of these statuses.', type: [HealthStatus] }),
    tags: t.stringList({ description: 'Only services with at least one of these tags.' }),
    search: t.string({ description: 'Only services with this text in the name, the URL or the owner, ignoring case.' }),
  }),
})
