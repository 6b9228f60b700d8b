'use client'

import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { createStore, type Store, useStore } from '../store.ts'
import type { ListState } from './live-mark.ts'

/** State of a list, with the actions that the top bar offers for it. */
export interface ShownList extends ListState {
  setPaused: ((paused: boolean) => void) | null
  refresh: () => void
  refreshing: boolean
}

const ListContext = createContext<Store<ShownList | null> | null>(null)

/** Passes the state of the page's list to the top bar. */
export function ListStateProvider({ children }: { children: ReactNode }) {
  const [store] = useState(() => createStore<ShownList | null>(null))
  return <ListContext value={store}>{children}</ListContext>
}

function useListStore(): Store<ShownList | null> {
  const store = useContext(ListContext)
  if (!store) throw new Error('ListStateProvider is missing')
  return store
}

/** The list of the open page; null if the page has none. */
export const useShownList = (): ShownList | null => useStore(useListStore())

/** Publishes the list of this page to the top bar. */
export function useReportList(list: ShownList): void {
  const store = useListStore()
  useEffect(() => store.set(list))
  useEffect(() => () => store.set(null), [store])
}
