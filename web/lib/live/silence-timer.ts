/** If a pong takes longer than this, the page reports that the API does not respond. */
const SILENT_MS = 2_500
/** If a pong or the opening of a socket takes longer than this, the socket is replaced. */
const PATIENCE_MS = 12_000

interface SilenceListeners {
  /** The ping sent at `since` (milliseconds since 1970) has not been answered within SILENT_MS. */
  onSilent: (since: number) => void
  /** Nothing arrived for PATIENCE_MS, so the socket is considered dead. */
  onGivenUp: () => void
}

export interface SilenceTimer {
  connecting(): void
  connected(): void
  pinged(): void
  /** To be called when a message arrives or the socket is closed. */
  stop(): void
}

/** Measures how long the other side of a socket has sent nothing. */
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
