import type { HealthStatus, ServiceItemFragment } from '@/lib/graphql.ts'

/** From the worst to the best. */
export const HEALTH_ORDER: readonly HealthStatus[] = ['DOWN', 'DEGRADED', 'UNKNOWN', 'OK']

/** Services by status, worst first, then by name, so that rows keep their places. */
export const worstServicesFirst = <Row extends Pick<ServiceItemFragment, 'name' | 'status'>>(
  services: readonly Row[],
): Row[] =>
  [...services].sort(
    (a, b) => HEALTH_ORDER.indexOf(a.status) - HEALTH_ORDER.indexOf(b.status) || (a.name < b.name ? -1 : 1),
  )
