import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../../app-context.ts'
import type { RuleMatcher } from '../../events/publish/append-hooks.ts'
import { createSingleFlight } from '../../kit/async/single-flight.ts'
import { CHANNELS } from '../../kit/pubsub.ts'
import { RuleIndex } from './rule-index.ts'

interface Row {
  epoch: string
  id: string | null
  version: number
  tenantId: string | null
  eventType: string | null
  source: string | null
  eventSeverity: Severity | null
  groupBy: string[]
}

/** Reads rules and epoch in one statement, so that both are from the same instant. */
const LOAD = `SELECT f.epoch, r.id, r.version, r.tenant_id AS "tenantId", r.event_type AS "eventType", r.source,
    r.event_severity AS "eventSeverity", r.group_by AS "groupBy"
  FROM fanout_epoch f LEFT JOIN alert_rules r ON r.enabled AND r.deleted_at IS NULL WHERE f.id = 1`

/**
 * Keeps the enabled rules in the memory of this process. A message about a change reloads them. An append with an
 * outdated epoch is refused and repeated with reloaded rules. So a lost message costs one more round trip, but no
 * match.
 */
export function createRuleMatcher(core: AppContext): RuleMatcher & { close(): void } {
  let epoch: bigint | undefined
  let index = new RuleIndex([])

  const load = async () => {
    const rows = await core.db.query<Row>(LOAD, [], 'alert_rules_load')
    const [first] = rows
    if (!first) throw new Error('fanout_epoch is empty')
    index = new RuleIndex(rows.flatMap(({ id, ...rule }) => (id === null ? [] : [{ id, ...rule }])))
    epoch = BigInt(first.epoch)
  }
  // Appends that notice an outdated epoch at the same time share one reload.
  const refresh = createSingleFlight(load).run
  const unsubscribe = core.pubsub.subscribe(CHANNELS.alertRules, () => {
    refresh().catch((error: unknown) =>
      core.log.debug({ err: error }, 'alert rules were not reloaded; the next append retries'),
    )
  })

  return {
    async epoch() {
      if (epoch === undefined) await refresh()
      return epoch!
    },
    refresh,
    matchesOf: (event) => index.matching(event, event.route?.ruleId ?? null),
    close: unsubscribe,
  }
}
