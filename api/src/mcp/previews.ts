import type { Context } from '../graphql/context.ts'
import { hasRole } from '../identity/identity.ts'
import { ToolError } from './tool-error.ts'

/** How long a replay may be started after its preview. A preview describes the state at its own time only. */
export const PREVIEW_MINUTES = 30
/** Previews are stored for longer than PREVIEW_MINUTES, so that the refusal of a late start has the right reason. */
const KEPT_SECONDS = 4 * PREVIEW_MINUTES * 60

/**
 * Stores the filters of previewed bulk replays. A start needs the previewed filter, and the API does not store dry
 * runs.
 */
export interface Previews {
  /** Whether the caller may start replays. */
  readonly mayReplay: boolean
  /** Milliseconds since the epoch. */
  now(): number
  /**
   * Stores the filter of a preview under the preview's public id. Throws ToolError (UNAVAILABLE) while Redis is
   * unavailable.
   */
  keep(previewId: string, filter: unknown): Promise<void>
  /**
   * The filter of a preview. Throws ToolError: NOT_FOUND; CONFLICT if the preview is another caller's or has expired;
   * UNAVAILABLE.
   */
  filterOf(previewId: string): Promise<unknown>
}

interface Kept {
  filter: unknown
  /** Kind and id of the caller who made the preview. */
  by: string
  /** Milliseconds since the epoch. */
  at: number
}

/** Stores previews in Redis, which every API process can read. If one is lost, the assistant has to preview again. */
export function createPreviews({ core, identity }: Pick<Context, 'core' | 'identity'>): Previews {
  const { redis, clock, env } = core
  const keyOf = (previewId: string) => `${env.REDIS_PREFIX}:mcp-preview:${previewId}`
  const by = `${identity.kind}:${identity.id}`
  return {
    mayReplay: hasRole(identity, 'OPERATOR'),
    now: clock,
    async keep(previewId, filter) {
      const kept: Kept = { filter, by, at: clock() }
      await available(redis.set(keyOf(previewId), JSON.stringify(kept), 'EX', KEPT_SECONDS))
    },
    async filterOf(previewId) {
      const text = await available(redis.get(keyOf(previewId)))
      if (text === null)
        throw new ToolError(
          `NOT_FOUND: ${previewId} is not a preview; call preview_bulk_replay and pass on the id that it returns`,
        )
      const kept = JSON.parse(text) as Kept
      if (kept.by !== by)
        throw new ToolError(`CONFLICT: ${previewId} was created by another identity; call preview_bulk_replay yourself`)
      if (clock() - kept.at > PREVIEW_MINUTES * 60_000)
        throw new ToolError(
          `CONFLICT: the preview is older than ${PREVIEW_MINUTES} minutes; call preview_bulk_replay again`,
        )
      return kept.filter
    },
  }
}

async function available<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch {
    throw new ToolError('UNAVAILABLE: previews are kept in Redis, which cannot be reached; try again in a moment')
  }
}
