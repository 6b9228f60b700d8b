/** Minimum distance between two points, as a share of the axis. */
const APART = 0.075

/**
 * Positions of times on an axis from `start` to `end`, as numbers from 0 to 1. `instants` is ascending. Points keep
 * their order, and points that would overlap are moved apart.
 */
export function axisPlaces(instants: readonly number[], start: number, end: number): number[] {
  const apart = Math.min(APART, 1 / Math.max(1, instants.length))
  const length = Math.max(1, end - start)
  const places = instants.map((at) => Math.max(0, Math.min(1, (at - start) / length)))
  // Points are first moved to the right, and then back from the end, so that no point leaves the axis.
  for (let index = 1; index < places.length; index += 1)
    places[index] = Math.max(places[index] ?? 0, (places[index - 1] ?? 0) + apart)
  let limit = 1
  for (let index = places.length - 1; index >= 0; index -= 1) {
    places[index] = Math.min(places[index] ?? 0, limit)
    limit = (places[index] ?? 0) - apart
  }
  return places
}
