import type { Severity } from '../../../../prisma/generated/client/enums.ts'
import { type CountedEvent, groupKeyOf } from './group-key.ts'
import { PatternIndex } from './pattern-index.ts'

/** The conditions that select the events that a rule counts. A condition that is null matches any event. */
export interface Conditions {
  /** Glob. */
  eventType: string | null
  /** Glob. */
  source: string | null
  /** Exactly this severity. */
  eventSeverity: Severity | null
}

export interface IndexedRule extends Conditions {
  id: string
  version: number
  /** Null: the rule counts events of every tenant and system events. */
  tenantId: string | null
  groupBy: readonly string[]
}

/** A rule that counts an event, and the group that the event belongs to. */
export interface RuleMatch {
  ruleId: string
  version: number
  groupKey: string
}

const NONE: readonly RuleMatch[] = []

type BySeverity = Map<Severity | null, IndexedRule[]>
type BySource = PatternIndex<BySeverity>
type ByType = PatternIndex<BySource>

/**
 * The enabled rules, indexed by tenant, event type, source and severity. A search for the rules that count an event
 * need not test all rules.
 */
export class RuleIndex {
  private readonly tenants = new Map<string | null, ByType>()

  constructor(rules: Iterable<IndexedRule>) {
    for (const rule of rules) {
      let byType = this.tenants.get(rule.tenantId)
      if (!byType) {
        byType = new PatternIndex()
        this.tenants.set(rule.tenantId, byType)
      }
      const bySource = byType.at(rule.eventType, () => new PatternIndex<BySeverity>())
      const bySeverity = bySource.at(rule.source, () => new Map())
      const rules = bySeverity.get(rule.eventSeverity) ?? []
      rules.push(rule)
      bySeverity.set(rule.eventSeverity, rules)
    }
  }

  /**
   * The rules that count an event. `alertOfRule` is the rule whose alert the event is about: this rule does not count
   * the event, or it would trigger itself.
   */
  matching(event: CountedEvent, alertOfRule: string | null): readonly RuleMatch[] {
    if (this.tenants.size === 0) return NONE
    const matches: RuleMatch[] = []
    this.collect(null, event, alertOfRule, matches)
    if (event.tenantId !== null) this.collect(event.tenantId, event, alertOfRule, matches)
    return matches
  }

  private collect(
    tenantId: string | null,
    event: CountedEvent,
    alertOfRule: string | null,
    matches: RuleMatch[],
  ): void {
    const byType = this.tenants.get(tenantId)
    if (!byType) return
    for (const bySource of byType.matching(event.type)) {
      for (const bySeverity of bySource.matching(event.source)) {
        for (const severity of [null, event.severity]) {
          for (const { id, version, groupBy } of bySeverity.get(severity) ?? []) {
            if (id !== alertOfRule) matches.push({ ruleId: id, version, groupKey: groupKeyOf(groupBy, event) })
          }
        }
      }
    }
  }
}
