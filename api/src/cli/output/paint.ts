const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const
export type Style = keyof typeof CODES

/** Adds a style to a text, or returns the text unchanged if colours are off. */
export type Paint = (text: string, style: Style) => string

export const createPaint =
  (isColoured: boolean): Paint =>
  (text, style) =>
    isColoured && text !== '' ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text

const STYLES: Readonly<Record<string, Style>> = {
  OK: 'green',
  DELIVERED: 'green',
  ENABLED: 'green',
  CLOSED: 'green',
  HEALTHY: 'green',
  SUCCEEDED: 'green',
  RESOLVED: 'green',
  COMPLETED: 'green',
  DEGRADED: 'yellow',
  FAILED: 'yellow',
  PAUSED: 'yellow',
  HALF_OPEN: 'yellow',
  WARNING: 'yellow',
  ACKNOWLEDGED: 'yellow',
  BACKING_OFF: 'yellow',
  MAINTENANCE: 'yellow',
  FLAPPING: 'red',
  DOWN: 'red',
  DEAD_LETTER: 'red',
  DISABLED: 'red',
  OPEN: 'red',
  ERROR: 'red',
  CRITICAL: 'red',
  FIRING: 'red',
  GIVEN_UP: 'red',
  UNHEALTHY: 'red',
  MISSING: 'red',
  RAISED: 'red',
  REPEATED: 'red',
  STILL_FIRING: 'red',
  SILENCED: 'dim',
  CANCELLED: 'dim',
  SUPPRESSED: 'dim',
}

/** The style for a status or severity of the API. */
export const styleOf = (status: string): Style | undefined => STYLES[status]
