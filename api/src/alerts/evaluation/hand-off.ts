import { z } from 'zod'
import type { AppContext } from '../../app-context.ts'
import type { NewMatch } from '../../events/publish/append-hooks.ts'
import type { JobKind } from '../../kit/jobs/jobs.ts'

/** A rule and one of its groups. */
export interface RuleGroup {
  ruleId: string
  groupKey: string
}

/** Asks a worker to evaluate these groups now. */
export const EVALUATE: JobKind<{ groups: [ruleId: string, groupKey: string][] }> = {
  name: 'evaluate-alert-rules',
  payload: z.object({ groups: z.array(z.tuple([z.string(), z.string()])) }),
}

/** A group that matches continuously is handed over once per this interval. */
const DEBOUNCE_MS = 50
const GROUPS_PER_JOB = 100

/**
 * Hands the groups that new events match to the workers: the first match immediately, further matches of the same group
 * together after DEBOUNCE_MS. If a hand-over is lost, the periodic evaluation finds the matches later.
 */
export interface EvaluationHandOff {
  hand(matches: Iterable<NewMatch>): void
  close(): void
}

export function createEvaluationHandOff({ jobs }: Pick<AppContext, 'jobs'>): EvaluationHandOff {
  /** Keys of the groups that were handed over within the last DEBOUNCE_MS. */
  let recent = new Set<string>()
  let waiting = new Map<string, RuleGroup>()
  let timer: NodeJS.Timeout | undefined

  const send = (groups: readonly RuleGroup[]) => {
    const payloads: { groups: [string, string][] }[] = []
    for (let i = 0; i < groups.length; i += GROUPS_PER_JOB) {
      payloads.push({ groups: groups.slice(i, i + GROUPS_PER_JOB).map(({ ruleId, groupKey }) => [ruleId, groupKey]) })
    }
    void jobs.add(EVALUATE, payloads)
  }
  const next = () => {
    send([...waiting.values()])
    recent = new Set(waiting.keys())
    waiting = new Map()
    timer = recent.size > 0 ? setTimeout(next, DEBOUNCE_MS) : undefined
  }

  return {
    hand(matches) {
      const fresh: RuleGroup[] = []
      for (const { ruleId, groupKey } of matches) {
        const key = `${ruleId} ${groupKey}`
        if (recent.has(key)) waiting.set(key, { ruleId, groupKey })
        else {
          recent.add(key)
          fresh.push({ ruleId, groupKey })
        }
      }
      if (fresh.length > 0) send(fresh)
      if (recent.size > 0) timer ??= setTimeout(next, DEBOUNCE_MS)
    },
    close: () => clearTimeout(timer),
  }
}
