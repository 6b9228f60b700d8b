import type { ApolloCache, Reference } from '@apollo/client'
import type { DeliveryRowFragment } from '@/lib/graphql.ts'
import { DeliveryRow } from './documents.ts'

/**
 * Writes what became of deliveries to wherever the cache has them; a new replay also to the delivery that it is one of.
 * Returns the ids of those that looked otherwise before.
 */
export function writeChanges(cache: ApolloCache, rows: readonly DeliveryRowFragment[]): string[] {
  const changed: string[] = []
  cache.batch({
    update() {
      for (const row of rows) {
        const id = cache.identify({ __typename: 'Delivery', id: row.id })
        const target = { fragment: DeliveryRow, fragmentName: 'DeliveryRow', id }
        const before = JSON.stringify(cache.readFragment(target))
        cache.writeFragment({ ...target, data: row })
        if (JSON.stringify(cache.readFragment(target)) !== before) changed.push(row.id)
        if (row.replayOf) addReplay(cache, row.replayOf.id, row.id)
      }
    },
  })
  return changed
}

function addReplay(cache: ApolloCache, originalId: string, replayId: string): void {
  cache.modify<{ replays: readonly Reference[] }>({
    id: cache.identify({ __typename: 'Delivery', id: originalId }),
    fields: {
      replays(known, { readField, toReference }) {
        const replay = toReference({ __typename: 'Delivery', id: replayId })
        return replay && !known.some((one) => readField('id', one) === replayId) ? [...known, replay] : known
      },
    },
  })
}
