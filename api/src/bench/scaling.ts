/**
 * The part of the work that processes cannot share, by Amdahl's law: the throughput of n processes is n / (1 + part *
 * (n - 1)) times that of one. docs/scale.md says what this part consists of. If it is 0, processes share everything; if
 * it is 1, more processes add nothing; above 1, they slow each other down.
 */
export const serialPart = (one: number, many: number, n: number): number => (n * one - many) / (many * (n - 1))

/** The throughput of n processes, computed from the throughput of one. */
export const throughputOf = (one: number, part: number, n: number): number => (one * n) / (1 + part * (n - 1))

/** The least-squares slope of points [x, y]; NaN for fewer than two points. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  if (points.length < 2) return Number.NaN
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return over / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
}
