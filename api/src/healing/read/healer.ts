import type { AppContext } from '../../app-context.ts'
import type { ComponentHealthShape } from '../../graphql/types/component-health.ts'

/** The state of healing at the last check. */
export interface HealerView {
  /** Whether any worker watches containers, even if it does not restart them. */
  enabled: boolean
  mode: string
  docker: ComponentHealthShape
  /** Seconds between regular checks; 0 before the first one. */
  intervalSeconds: number
  lastCheckAt: Date | null
  /** Whether more than half of all targets are down at once, so that nothing is restarted. */
  stormBrake: boolean
}

/** If this many regular checks are missing, plus the time that a check may take, the state is unknown. */
const MISSED_CHECKS = 3
const CHECK_MS = 30_000

export async function readHealer({ db, clock }: Pick<AppContext, 'db' | 'clock'>): Promise<HealerView> {
  const row = await db.prisma.healer.findUniqueOrThrow({ where: { id: 1 } })
  const { mode, intervalSeconds, lastCheckAt } = row
  const isFresh =
    lastCheckAt !== null && clock() - lastCheckAt.getTime() < MISSED_CHECKS * intervalSeconds * 1_000 + CHECK_MS
  const enabled = mode !== 'off' && isFresh
  return {
    enabled,
    mode,
    docker: {
      name: 'docker',
      status: enabled ? row.dockerStatus : 'UNKNOWN',
      latencyMs: enabled ? row.dockerLatencyMs : null,
      message: enabled ? row.dockerMessage : silence(lastCheckAt),
    },
    intervalSeconds,
    lastCheckAt,
    stormBrake: enabled && row.stormSince !== null,
  }
}

const silence = (lastCheckAt: Date | null) =>
  lastCheckAt
    ? 'no worker has checked Docker for some time'
    : 'no worker watches containers: see AUTOHEAL_MODE and DOCKER_HOST in docs/settings.md'
