'use client'

import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react'
import { type Connection, isOpen, RESTING } from './connection.ts'
import type { LiveSocket } from './socket.ts'

const LiveContext = createContext<LiveSocket | null>(null)

/** `socket`: null on the server. */
export function LiveProvider({ socket, children }: { socket: LiveSocket | null; children: ReactNode }) {
  return <LiveContext value={socket}>{children}</LiveContext>
}

/** The page's socket; null on the server. */
export const useLiveSocket = (): LiveSocket | null => useContext(LiveContext)

const nothing = () => () => {}
const resting = () => RESTING

/** The state of the page's socket. */
export function useConnection(): Connection {
  const socket = useLiveSocket()
  return useSyncExternalStore(socket?.onChange ?? nothing, socket?.connection ?? resting, resting)
}

/** Whether live updates arrive. */
export function useIsConnected(): boolean {
  return isOpen(useConnection())
}
