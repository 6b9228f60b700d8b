import { HEALING_TYPES } from './healing-types.ts'
import { SERVICE_TYPES } from './service-types.ts'

/**
 * Types whose events AetherLink announces for the installation only, because they are about something that belongs to
 * no tenant: services, containers, the delivery queue.
 */
const INSTALLATION_TYPES: ReadonlySet<string> = new Set([
  ...[...HEALING_TYPES, ...SERVICE_TYPES].map(({ name }) => name),
  'ops.queue.delayed',
  'ops.deliveries.recovered',
])

/**
 * Whether AetherLink announces the events of a type (a name, not a glob) for the installation only. A tenant may still
 * publish events of some of these types itself.
 */
export const isInstallationType = (name: string | null | undefined): boolean =>
  name != null && INSTALLATION_TYPES.has(name)
