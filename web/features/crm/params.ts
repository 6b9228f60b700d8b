import type { LeadFilter } from '@/lib/graphql.ts'
import type { ListParams } from '@/lib/lists/list-params.ts'
import { STATUS_ORDER } from './states.tsx'

/** The filters of the leads page, with their names in the URL. */
export const LEAD_KEYS = ['status', 'source'] as const

type LeadParams = Pick<ListParams, 'q'> & Record<(typeof LEAD_KEYS)[number], readonly string[]>

const orNull = <T>(values: readonly T[]): T[] | null => (values.length > 0 ? [...values] : null)

/** The API query of the leads page's URL. */
export const leadFilter = ({ status, source, q }: LeadParams, tenantId: string | null): LeadFilter => ({
  tenantId,
  statuses: orNull(STATUS_ORDER.filter((one) => status.includes(one.toLowerCase()))),
  sources: orNull(source),
  search: q || null,
})
