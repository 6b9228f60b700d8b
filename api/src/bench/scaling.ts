/**
 * The part of the work that processes cannot share, by Amdahl's law: with n processes, throughput is n / (1 + part * (n - 1)) of that of
 * one. docs/scale.md says what the part consists of. 0: they share everything; 1: more processes add nothing; above 1: they are in
 * each other's way.
 */
export const serialPart = (one: number, many: number, n: number): number => (n * one - many) / (many * (n - 1))

/** The throughput of n processes from that of one. */
export const throughputOf = (one: number, part: number, n: number): number => (one * n) / (1 + part * (n - 1))

/** Least-squares slope of points [x, y]; NaN for fewer than two. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  if (points.length < 2) return Number.NaN
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return over / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
}
