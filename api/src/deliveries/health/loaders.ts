import { createLoader } from '../../graphql/loader.ts'
import { type TimeWindow, windowMs } from '../../graphql/types/enums.ts'
import { type HealthBucket, type HealthNumbers, readHealth, readHealthTimeline } from './health.ts'

/** Health by time window and webhook. One query reads all webhooks of a list. */
export const healthLoader = createLoader<HealthNumbers>(async (keys, { core }) => {
  const numbers = new Map<string, HealthNumbers>()
  await Promise.all(
    [...grouped(keys)].map(async ([window, ids]) => {
      for (const [id, health] of await readHealth(core, ids, since(window as TimeWindow, core.clock()))) {
        numbers.set(`${window}/${id}`, health)
      }
    }),
  )
  return numbers
})

export const healthKey = (window: TimeWindow, webhookId: string) => `${window}/${webhookId}`

export const timelineLoader = createLoader<HealthBucket[]>(async (keys, { core }) => {
  const timelines = new Map<string, HealthBucket[]>()
  await Promise.all(
    [...grouped(keys)].map(async ([group, ids]) => {
      const [window, buckets] = group.split(':') as [TimeWindow, string]
      const from = since(window, core.clock())
      for (const [id, timeline] of await readHealthTimeline(core, ids, from, Number(buckets)))
        timelines.set(`${group}/${id}`, timeline)
    }),
  )
  return timelines
})

export const timelineKey = (window: TimeWindow, buckets: number, webhookId: string) =>
  `${window}:${buckets}/${webhookId}`

/** Webhook ids grouped by the time window, which is the part of the key before the slash. */
function grouped(keys: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const key of keys) {
    const [group = '', id = ''] = key.split('/')
    groups.set(group, [...(groups.get(group) ?? []), id])
  }
  return groups
}

export function since(window: TimeWindow, now: number): number | null {
  const span = windowMs(window)
  return span === null ? null : now - span
}
