import { parseAsArrayOf, parseAsString } from 'nuqs/server'
import { listParsers, openParser, step } from './windows.ts'

const valuesParser = parseAsArrayOf(parseAsString).withDefault([]).withOptions(step)

/** URL parsers of a list page: time range, tenant, search text, open row, and the values of each filter in `keys`. */
export function listPageParsers<Key extends string>(keys: readonly Key[]) {
  const filters = Object.fromEntries(keys.map((key) => [key, valuesParser])) as Record<Key, typeof valuesParser>
  return { ...listParsers, open: openParser, ...filters }
}

/** The URL state that all list pages have, whatever their filters. */
export interface ListParams {
  window: '15m' | '1h' | '24h' | 'all'
  since: Date | null
  until: Date | null
  tenant: string | null
  q: string
  open: string | null
}

/** The time range of a filter. A selected range overrides the window. */
export function timeFilter({ window, since, until }: Pick<ListParams, 'window' | 'since' | 'until'>) {
  if (since || until) return { window: null, since: since?.toISOString() ?? null, until: until?.toISOString() ?? null }
  const names = { '15m': 'LAST_15M', '1h': 'LAST_1H', '24h': 'LAST_24H', all: 'ALL' } as const
  return { window: names[window], since: null, until: null }
}

/** The parameters that a saved view stores: filters, search text, and the time window unless it is the default. */
export function currentView(
  values: Readonly<Record<string, readonly string[]>>,
  { q, window }: Pick<ListParams, 'q' | 'window'>,
): Record<string, string> {
  const view: Record<string, string> = {}
  for (const [key, selected] of Object.entries(values)) if (selected.length > 0) view[key] = selected.join(',')
  if (q) view.q = q
  if (window !== '1h') view.window = window
  return view
}
