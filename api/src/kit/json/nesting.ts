/** Whether a JSON value has more than `levels` levels. Deeper levels are not visited, so any value is safe. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some((item) => isDeeper(item, levels - 1))
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key]
    if (typeof item === 'object' && item !== null && isDeeper(item, levels - 1)) return true
  }
  return false
}
