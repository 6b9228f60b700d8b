import type { PoolClient } from 'pg'
import type { HealTarget } from '../../../../prisma/generated/client/client.ts'
import type { AppContext } from '../../app-context.ts'
import { newId } from '../../kit/ids.ts'
import type { TargetState } from '../decide/state.ts'
import { NEW_TARGET } from '../decide/state.ts'
import { type Memory, NEW_RUN, readMemory } from './memory.ts'
import type { Target } from './merge.ts'

/** A target as it is stored. */
export interface StoredTarget {
  id: string
  container: string
  version: number
  /** Whether no source named the target at the last check. */
  isGone: boolean
  /** The last known configuration of the target from its sources; null if nothing is stored yet. */
  about: Pick<Target, 'origin' | 'services' | 'healthUrl' | 'dependsOn'> | null
  memory: Memory
}

export async function loadTargets({ db }: Pick<AppContext, 'db'>): Promise<Map<string, StoredTarget>> {
  const rows = await db.prisma.healTarget.findMany()
  return new Map(
    rows.map(({ id, container, version, memory, goneSince, origin, services, healthUrl, dependsOn }) => {
      const about = { origin, services, healthUrl, dependsOn }
      return [container, { id, container, version, isGone: goneSince !== null, about, memory: readMemory(memory) }]
    }),
  )
}

/** A target that is checked for the first time. */
export const newTarget = (container: string): StoredTarget => ({
  id: newId(),
  container,
  version: 0,
  isGone: false,
  about: null,
  memory: { state: NEW_TARGET, run: NEW_RUN },
})

/** The values of the columns that the API shows, and the whole memory as JSON. */
const columnsOf = ({ state, run }: Memory) => [
  state.state,
  state.reason,
  state.consecutiveFailures,
  state.restarts.length,
  shownNextAction(state),
  state.maintenanceUntil === null ? null : new Date(state.maintenanceUntil).toISOString(),
  JSON.stringify({ state, run }),
]

/** When the next restart may follow; null unless the target is backing off. */
function shownNextAction({ state, nextActionAt }: TargetState): string | null {
  return state === 'BACKING_OFF' && nextActionAt !== null ? new Date(nextActionAt).toISOString() : null
}

const INSERT = `INSERT INTO heal_targets (id, container, origin, services, health_url, depends_on, state, reason, consecutive_failures,
    restarts_in_window, next_action_at, maintenance_until, memory)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (container) DO NOTHING`

const UPDATE = `UPDATE heal_targets SET origin = $3, services = $4, health_url = $5, depends_on = $6, state = $7, reason = $8,
    consecutive_failures = $9, restarts_in_window = $10, next_action_at = $11, maintenance_until = $12, memory = $13,
    version = version + 1
  WHERE id = $1 AND version = $2`

/**
 * Stores a target after a check. False if the target was changed meanwhile, by a maintenance or a release: the decision
 * is then void.
 */
export async function saveTarget(
  client: PoolClient,
  stored: StoredTarget,
  target: Target,
  memory: Memory,
): Promise<boolean> {
  const about = [target.origin, target.services, target.healthUrl, target.dependsOn]
  const { rowCount } =
    stored.version === 0
      ? await client.query(INSERT, [stored.id, stored.container, ...about, ...columnsOf(memory)])
      : await client.query(UPDATE, [stored.id, stored.version, ...about, ...columnsOf(memory)])
  return rowCount === 1
}

/**
 * How long a target is kept when no source names it any more. A container that is created again usually returns sooner.
 */
const GONE_MS = 86_400_000

/**
 * Records which targets a source names, and removes those that no source has named for a day. Returns how many it
 * removed.
 */
export async function markGone(client: PoolClient, named: readonly string[], now: Date): Promise<number> {
  await client.query(
    `UPDATE heal_targets SET gone_since = CASE WHEN container = ANY ($1::text[]) THEN NULL ELSE $2::timestamptz END
     WHERE (gone_since IS NULL) <> (container = ANY ($1::text[]))`,
    [named, now.toISOString()],
  )
  const { rowCount } = await client.query('DELETE FROM heal_targets WHERE gone_since < $1', [
    new Date(now.getTime() - GONE_MS).toISOString(),
  ])
  return rowCount ?? 0
}

/**
 * Changes the memory of one target while its row is locked. `change` returns the new memory, or null for no change.
 * Returns the memory before and after; null if the target does not exist.
 */
export async function changeMemory(
  client: PoolClient,
  id: string,
  change: (memory: Memory, row: Pick<HealTarget, 'container' | 'state'>) => Memory | null,
): Promise<{ before: Memory; after: Memory; container: string } | null> {
  const { rows } = await client.query<Pick<HealTarget, 'container' | 'state'> & { memory: unknown }>(
    'SELECT container, state, memory FROM heal_targets WHERE id = $1 FOR UPDATE',
    [id],
  )
  const [row] = rows
  if (!row) return null
  const before = readMemory(row.memory)
  const after = change(before, row)
  if (after)
    await client.query(
      `UPDATE heal_targets SET state = $2, reason = $3, consecutive_failures = $4, restarts_in_window = $5, next_action_at = $6,
         maintenance_until = $7, memory = $8, version = version + 1 WHERE id = $1`,
      [id, ...columnsOf(after)],
    )
  return { before, after: after ?? before, container: row.container }
}
