import { parseAsStringLiteral } from 'nuqs/server'
import type { BulkReplayStatus } from '@/lib/graphql.ts'

/** The views of the operations page, with their names in the URL. */
export const viewParser = parseAsStringLiteral(['all', 'running']).withDefault('all')

const RUNNING: BulkReplayStatus[] = ['RUNNING']

/** The states that a view shows; null for all states. */
export const statusesOf = (view: 'all' | 'running'): BulkReplayStatus[] | null => (view === 'running' ? RUNNING : null)
