/** Time without a pong after which the page reports an unresponsive API. */
const SILENT_MS = 2_500
/** Timeout of a pong or of opening a socket, after which the socket is replaced. */
const PATIENCE_MS = 12_000

interface SilenceListeners {
  /** The ping sent at `since` (milliseconds since 1970) has no pong yet. */
  onSilent: (since: number) => void
  /** Nothing arrived for PATIENCE_MS, so the socket counts as dead. */
  onGivenUp: () => void
}

export interface SilenceTimer {
  connecting(): void
  connected(): void
  pinged(): void
  /** A message came, or the socket is closed. */
  stop(): void
}

/** Times how long the other side of a socket has been silent. */
export function createSilenceTimer({ onSilent, onGivenUp }: SilenceListeners): SilenceTimer {
  let patience: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  const connecting = () => {
    clearTimeout(patience)
    patience = setTimeout(onGivenUp, PATIENCE_MS)
  }
  return {
    connecting,
    connected: () => clearTimeout(patience),
    pinged() {
      connecting()
      const since = Date.now()
      clearTimeout(silence)
      silence = setTimeout(() => onSilent(since), SILENT_MS)
    },
    stop() {
      clearTimeout(patience)
      clearTimeout(silence)
    },
  }
}
