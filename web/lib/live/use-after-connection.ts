import { useEffect, useEffectEvent } from 'react'
import { useIsConnected } from './use-connection.tsx'

/** Time that the API gets to start the subscriptions after the connection. */
const SUBSCRIBE_MS = 500

/**
 * Calls `reload` shortly after each connection, and after `key` has changed; never while `key` is null. The API does not
 * signal that a subscription has started, so a reload finds the changes that happened before.
 */
export function useAfterConnection(reload: () => void, key: string | null): void {
  const connected = useIsConnected()
  const onConnected = useEffectEvent(reload)
  useEffect(() => {
    if (!connected || key === null) return
    const timer = setTimeout(() => onConnected(), SUBSCRIBE_MS)
    return () => clearTimeout(timer)
  }, [connected, key])
}
