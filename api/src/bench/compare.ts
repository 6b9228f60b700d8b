import { median } from './figures.ts'
import { hammer } from './load.ts'
import { freshTenant, PUBLISH, sample } from './row.ts'
import type { Stack } from './stack.ts'

const CONNECTIONS = 64
const TURNS = 5

/** Measures all sides in each turn, in alternating order, so that all see the same load of the machine. */
export async function alternate<Side extends string, Result>(
  sides: readonly Side[],
  measure: (side: Side) => Promise<Result>,
  advance: (part: number) => void,
): Promise<Record<Side, Result[]>> {
  const results = bySide(sides, (): Result[] => [])
  for (let turn = 0; turn < TURNS; turn++) {
    for (const side of turn % 2 ? sides.toReversed() : sides) results[side].push(await measure(side))
    advance((turn + 1) / TURNS)
  }
  return results
}

/**
 * The publishEvent mutations/s of several APIs, as medians. `origins` are their URLs, `total` is the number of mutations
 * per turn.
 */
export async function comparePublishing<Side extends string>(
  stack: Stack,
  origins: Record<Side, string>,
  total: number,
  advance: (part: number) => void,
): Promise<Record<Side, number>> {
  const tenantId = freshTenant()
  let sent = 0
  const send = (origin: string, count: number) =>
    hammer({
      origin,
      path: '/graphql',
      headers: stack.headers,
      connections: CONNECTIONS,
      total: count,
      body: () => JSON.stringify({ query: PUBLISH, variables: { input: sample(tenantId, sent++) } }),
      check: (_status, body) => {
        if (!body.includes('"event"')) throw new Error(`publishEvent answered ${body.slice(0, 300)}`)
      },
    })
  // The first mutations open connections and get the code compiled, so they are not measured.
  const sides = Object.keys(origins) as Side[]
  for (const side of sides) await send(origins[side], Math.ceil(total / 2))
  return mediansOf(await alternate(sides, (side) => send(origins[side], total), advance))
}

export const mediansOf = <Side extends string>(results: Record<Side, readonly number[]>): Record<Side, number> =>
  bySide(Object.keys(results) as Side[], (side) => median(results[side]))

/** A record with a value for each side. */
export const bySide = <Side extends string, Value>(
  sides: readonly Side[],
  valueFor: (side: Side) => Value,
): Record<Side, Value> => Object.fromEntries(sides.map((side) => [side, valueFor(side)])) as Record<Side, Value>
