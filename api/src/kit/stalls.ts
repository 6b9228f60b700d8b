const LOOK_MS = 100
/** A check that is later than this was delayed because the process was stopped or its event loop was blocked. */
const LATE_MS = 200

let lostMs = 0
let lookedAt = performance.now()

setInterval(() => {
  const now = performance.now()
  const gap = now - lookedAt
  if (gap > LOOK_MS + LATE_MS) lostMs += gap - LOOK_MS
  lookedAt = now
}, LOOK_MS).unref()

/** Total milliseconds since the start in which this process was stalled and could not have read a response. */
export const stalledMs = (): number => lostMs
