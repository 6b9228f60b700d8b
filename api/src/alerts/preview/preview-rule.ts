import type { AppContext } from '../../app-context.ts'
import type { Caller } from '../../audit/entry.ts'
import { snapshot } from '../../db/snapshot.ts'
import { checkBuckets } from '../../db/timeline.ts'
import { type TimeWindow, windowMs } from '../../graphql/types/enums.ts'
import { duration, events } from '../evaluation/words.ts'
import { type HistoryEvent, matchedHistory } from '../matching/history.ts'
import { checkNewRule } from '../rules/create-rule.ts'
import type { CreateAlertRuleInput } from '../rules/input.ts'
import { type Firing, simulate } from './simulate.ts'

/** The result of evaluating a rule against stored events. */
export interface RulePreview {
  matched: number
  wouldFire: number
  sampleIds: string[]
  explanation: string
  timeline(buckets: number): PreviewBucket[]
}

export interface PreviewBucket {
  start: Date
  matched: number
  firing: boolean
}

/**
 * A preview reads at most this many of the newest events, for at most MAX_MS. That is half of the time limit of an
 * operation's statements.
 */
const MAX_EVENTS = 100_000
const MAX_MS = 2_500
const SAMPLED = 20
/** The maximum range of a preview. It equals the longest window that a rule may have. */
const MAX_DAYS_MS = 30 * 86_400_000

/**
 * Applies a rule that is not stored yet to the stored events, and returns how often it would have raised an alert.
 * Changes nothing. Throws the errors that creating the rule would throw.
 */
export async function previewRule(
  core: AppContext,
  caller: Caller,
  input: CreateAlertRuleInput,
  window: TimeWindow,
): Promise<RulePreview> {
  const rule = await checkNewRule(core, caller, input)
  const now = core.clock()
  const from = now - (windowMs(window) ?? MAX_DAYS_MS)
  const ruleMs = rule.windowSeconds * 1_000
  // At its beginning, the range has the events of the rule's window before it.
  const { events: read, cutShort } = await readHistory(
    core,
    { id: null, ...rule },
    { from: from - ruleMs, to: now + 1 },
    now,
  )
  const since = cutShort ? Math.max(from, read[0]?.receivedAt.getTime() ?? from) : from
  const simulated = read.map(({ receivedAt, groupKey }) => ({ at: receivedAt.getTime(), groupKey }))
  const firings = simulate(simulated, { threshold: rule.threshold, windowMs: ruleMs, until: now }).filter(
    ({ to }) => to === null || to > since,
  )
  const events = read.filter(({ receivedAt }) => receivedAt.getTime() >= since)
  const counted = simulated.filter(({ at }) => at >= since)
  const groups = new Set(counted.map(({ groupKey }) => groupKey)).size
  return {
    matched: events.length,
    wouldFire: firings.length,
    sampleIds: events
      .slice(-SAMPLED)
      .reverse()
      .map(({ id }) => id),
    explanation: explanationOf({ rule, matched: events.length, groups, firings, from: since, now, cutShort }),
    timeline: (buckets) => timelineOf(counted, firings, { start: since, end: now, buckets: checkBuckets(buckets) }),
  }
}

/**
 * The events that the rule would have counted, oldest first. If there are too many, only the newest ones (`cutShort`).
 */
async function readHistory(
  core: AppContext,
  rule: Parameters<typeof matchedHistory>[1],
  range: { from: number; to: number },
  now: number,
): Promise<{ events: HistoryEvent[]; cutShort: boolean }> {
  return snapshot(core, async (read) => {
    const began = performance.now()
    const events: HistoryEvent[] = []
    for await (const page of matchedHistory(read, rule, { ...range, order: 'desc' }, now)) {
      for (const event of page) events.push(event)
      if (events.length >= MAX_EVENTS || performance.now() - began > MAX_MS)
        return { events: events.reverse(), cutShort: true }
    }
    return { events: events.reverse(), cutShort: false }
  })
}

function explanationOf(preview: {
  rule: { threshold: number; windowSeconds: number; groupBy: readonly string[] }
  matched: number
  groups: number
  firings: readonly Firing[]
  from: number
  now: number
  cutShort: boolean
}): string {
  const { rule, matched, groups, firings, from, now, cutShort } = preview
  const span = duration(Math.max(1, Math.round((now - from) / 60_000)) * 60)
  const among = rule.groupBy.length > 0 && groups > 0 ? ` in ${groups} ${groups === 1 ? 'group' : 'groups'}` : ''
  const need = `${rule.threshold} within ${duration(rule.windowSeconds)}`
  const sentences = [
    cutShort
      ? `Only the newest ${span} were evaluated, because too many events match: ${events(matched)} matched${among}. Alerts at the beginning may be missing.`
      : `${events(matched)} matched within the last ${span}${among}.`,
  ]
  const earlier = firings.filter((firing) => firing.from < from).length
  if (firings.length === 0) sentences.push(`There were never ${need}, so no alert would have been raised.`)
  else {
    const times =
      firings.length === 1
        ? 'An alert would have been raised once'
        : `Alerts would have been raised ${firings.length} times`
    const open = firings.filter(({ to }) => to === null).length
    const firing = open === 0 ? 'none would fire now' : open === 1 ? '1 would fire now' : `${open} would fire now`
    const before = earlier === 0 ? '' : earlier === 1 ? ', 1 before that time' : `, ${earlier} before that time`
    sentences.push(`${times} (${need})${before}; ${firing}.`)
  }
  return sentences.join(' ')
}

function timelineOf(
  counted: readonly { at: number }[],
  firings: readonly Firing[],
  line: { start: number; end: number; buckets: number },
): PreviewBucket[] {
  const span = Math.max(line.end - line.start, 1)
  const bucketOf = (at: number) =>
    Math.min(line.buckets - 1, Math.max(0, Math.floor(((at - line.start) * line.buckets) / span)))
  const matched = new Array<number>(line.buckets).fill(0)
  for (const { at } of counted) matched[bucketOf(at)]! += 1
  const firing = new Array<boolean>(line.buckets).fill(false)
  for (const { from, to } of firings) firing.fill(true, bucketOf(from), bucketOf(to ?? line.end) + 1)
  const start = (bucket: number) => new Date(Math.round(line.start + (bucket * (line.end - line.start)) / line.buckets))
  return matched.map((count, bucket) => ({ start: start(bucket), matched: count, firing: firing[bucket] ?? false }))
}
