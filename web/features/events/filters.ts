'use client'

import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { useMemo } from 'react'
import { useTenantFilter } from '@/features/access/TenantSelect.tsx'
import { openParser, searchParser, WINDOWS, windowParser } from '@/lib/filters.ts'
import type { EventFilter, Severity } from '@/lib/graphql.ts'
import { SEVERITIES } from './severity.tsx'

/** Severities under the names they have in the URL. */
export const SEVERITY_NAMES = ['info', 'warning', 'error', 'critical'] as const
export type SeverityName = (typeof SEVERITY_NAMES)[number]

const SEVERITY_OF = {
  info: 'INFO',
  warning: 'WARNING',
  error: 'ERROR',
  critical: 'CRITICAL',
} as const satisfies Record<SeverityName, Severity>

export const severityOf = (name: SeverityName): Severity => SEVERITY_OF[name]

const parsers = {
  window: windowParser,
  severity: parseAsStringLiteral(SEVERITY_NAMES).withOptions({ history: 'push' }),
  /** A type, or a glob such as autoheal.* */
  type: parseAsString.withDefault('').withOptions({ history: 'replace' }),
  q: searchParser,
  event: openParser,
}

/** What the events page is asked to show; all of it is in the URL. */
export function useEventFilters() {
  const [params, setParams] = useQueryStates(parsers)
  const tenantId = useTenantFilter()
  const { window, severity, type, q } = params
  // The same object while it asks for the same: it is what is followed.
  const filter = useMemo<EventFilter>(
    () => ({
      window: WINDOWS[window].value,
      tenantId,
      severities: severity ? [severityOf(severity)] : null,
      types: type ? [type] : null,
      search: q || null,
    }),
    [window, tenantId, severity, type, q],
  )
  return { params, setParams, tenantId, filter }
}

/** "No critical events of type autoheal.* for tenant-1 in the last hour." */
export function nothingFound({
  params,
  tenantId,
}: Pick<ReturnType<typeof useEventFilters>, 'params' | 'tenantId'>): string {
  const severity = params.severity ? ` ${SEVERITIES[severityOf(params.severity)].label.toLowerCase()}` : ''
  const type = params.type ? ` of type ${params.type}` : ''
  const tenant = tenantId ? ` for ${tenantId}` : ''
  const search = params.q ? ` matching “${params.q}”` : ''
  return `No${severity} events${type}${tenant} ${WINDOWS[params.window].phrase}${search}.`
}
