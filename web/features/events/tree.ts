/** The fields of an event that determine its position in the tree. */
interface Caused {
  id: string
  receivedAt: string
  causationId?: string | null
}

export interface Branch<Event> {
  event: Event
  effects: readonly Branch<Event>[]
}

/**
 * Builds a tree of events. Each event is a child of the event whose id is its causationId. Siblings are sorted oldest
 * first. An event without a known cause is a root. In a cycle, which a publisher's mistake can create, the oldest event
 * is the root.
 */
export function causeTree<Event extends Caused>(events: readonly Event[]): Branch<Event>[] {
  const oldestFirst = [...events].sort((a, b) => (a.receivedAt + a.id < b.receivedAt + b.id ? -1 : 1))
  const ids = new Set(oldestFirst.map(({ id }) => id))
  const effectsOf = new Map<string, Event[]>()
  for (const event of oldestFirst)
    if (event.causationId) effectsOf.set(event.causationId, [...(effectsOf.get(event.causationId) ?? []), event])
  const placed = new Set<string>()
  const branch = (event: Event): Branch<Event> => {
    placed.add(event.id)
    const effects = (effectsOf.get(event.id) ?? []).filter(({ id }) => !placed.has(id))
    return { event, effects: effects.map(branch) }
  }
  const roots = oldestFirst.filter(({ causationId }) => !causationId || !ids.has(causationId)).map(branch)
  for (const event of oldestFirst) if (!placed.has(event.id)) roots.push(branch(event))
  return roots
}
