import { builder } from '../graphql/builder.ts'
import { HealthStatus, Role } from '../graphql/enums.ts'

export const RegisterServiceInput = builder.inputType('RegisterServiceInput', {
  description:
    'What a service says of itself. It replaces what was registered under the name before. Null counts as left out.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        'Its name, unique in the installation: 1 to 128 letters, digits, ., _ and -. The same name again updates it.',
    }),
    url: t.string({ required: true, description: 'Where it is reached, without credentials.' }),
    healthUrl: t.string({
      description:
        'What is asked whether it is well; `<url>/ping` when left out. "": it is not asked, and its heartbeats alone count.',
    }),
    version: t.string({ description: 'Its version.' }),
    rolesRequired: t.field({ description: 'Roles that its users need; to be read by people.', type: [Role] }),
    tags: t.stringList({ description: 'Words to find it by, at most 50.' }),
    dependsOn: t.stringList({ description: 'Names of the services that it does not work without, at most 50.' }),
    owner: t.string({ description: 'Its owner.' }),
    ttlSeconds: t.int({
      description:
        'Seconds, 5 to 86,400, within which it is heard of again (a heartbeat, or a registration): else it is DOWN, and after another day it is removed. It never is when left out.',
    }),
  }),
})

export const ServiceFilter = builder.inputType('ServiceFilter', {
  description: 'What to narrow a list of services to. An empty list does not narrow it.',
  fields: (t) => ({
    statuses: t.field({ description: 'With one of these statuses.', type: [HealthStatus] }),
    tags: t.stringList({ description: 'With at least one of these tags.' }),
    search: t.string({ description: 'With this in the name, the URL or the owner, in whatever case.' }),
  }),
})
