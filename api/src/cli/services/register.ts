import type { Command } from 'commander'
import { type RegisterServiceInput, Role } from '../../../../codegen/gql-cli/graphql.ts'
import { graphql } from '../../../../codegen/gql-cli/index.ts'
import { addFilter, type FilterFlags, filterFrom, several, single } from '../flags/filter.ts'
import { oneOf, text, whole } from '../flags/parsers.ts'
import { plain } from '../output/text.ts'
import type { Io } from '../session/io.ts'
import { withSession } from '../session/session.ts'

const Register = graphql(`
  mutation CliRegisterService($input: RegisterServiceInput!) {
    registerService(input: $input) {
      created
      service {
        id name url healthUrl version status statusSince lastSeen ttlSeconds owner tags dependsOn rolesRequired
      }
    }
  }
`)

/** `url` is an argument and `version` is --service-version, because --url and --version belong to the program. */
type Particulars = Omit<RegisterServiceInput, 'name' | 'url' | 'version'> & {
  serviceVersion?: RegisterServiceInput['version']
}

const flags: FilterFlags<Particulars> = {
  healthUrl: single('URL', 'URL that is probed; default: the URL of the service with /ping', text),
  ttlSeconds: single(
    'NUMBER',
    'without a heartbeat within this time the service is DOWN, 5 to 86400; default: unlimited',
    whole(1),
  ),
  serviceVersion: single('VERSION', 'its version', text),
  owner: single('OWNER', 'its owner', text),
  instance: single(
    'NAME',
    'the process that registers, such as host:pid, if several share the name of the service',
    text,
  ),
  tags: several('TAG', 'search terms', text),
  dependsOn: several('NAME', 'services that it depends on; auto-heal restarts them first', text),
  rolesRequired: several('ROLE', 'roles that its users need: VIEWER, AGENT, OPERATOR, ADMIN', oneOf(Role)),
}

export function addServicesRegister(parent: Command, io: Io): void {
  const command = parent
    .command('register')
    .description('register a service, or replace its whole registration, and renew its time to live')
    .argument('<NAME>', 'unique in the installation; auto-heal looks for a container with this name')
    .argument('<URL>', 'URL of the service, without credentials')
  addFilter(command, flags)
    .option('--no-health-url', 'no probes: only its heartbeats count, so --ttl-seconds is required')
    .action(
      withSession(io, async ({ api, out }, name: string, url: string, options: { healthUrl?: string | false }) => {
        const { healthUrl, serviceVersion, ...particulars } = filterFrom(flags, { ...options }) ?? {}
        const { registerService } = await api.run(Register, {
          input: {
            ...particulars,
            name,
            url,
            healthUrl: options.healthUrl === false ? '' : healthUrl,
            version: serviceVersion,
          },
        })
        const { service, created } = registerService
        out.result(registerService, () =>
          plain(`${service.name}: ${created ? 'registered' : 'registered before, now updated'}; ${service.status}`),
        )
      }),
    )
}
