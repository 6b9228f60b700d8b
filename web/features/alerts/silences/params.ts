import type { SilenceFilter } from '@/lib/graphql.ts'
import type { ListParams } from '@/lib/lists/list-params.ts'

/** The filters of the silences page, with their names in the URL. */
export const SILENCE_KEYS = ['is'] as const

type SilenceParams = ListParams & Record<(typeof SILENCE_KEYS)[number], readonly string[]>

/** The API query of the silences page's URL. Without a filter it lists active and future silences. */
export const silenceFilter = ({ is }: SilenceParams, tenantId: string | null): SilenceFilter => ({
  tenantId,
  active: is[0] === 'ended' ? false : is[0] === 'all' ? null : true,
})
