'use client'

import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react'
import { type Connection, RESTING } from './connection.ts'
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

/** How it stands with the page's socket. */
export function useConnection(): Connection {
  const socket = useLiveSocket()
  return useSyncExternalStore(socket?.onChange ?? nothing, socket?.connection ?? resting, resting)
}

/** Whether what is followed comes. */
export function useIsConnected(): boolean {
  const { state } = useConnection()
  return state === 'live' || state === 'catchingUp' || state === 'back'
}
