import { truncate } from '../../kit/truncate.ts'

/**
 * Known values of `status` in the body of a health response: those of AetherLink (docs/protocols.md), of the
 * health+json draft (draft-inadarei-api-health-check: pass, warn, fail), of Spring and of .NET.
 */
const WORDS: Readonly<Record<string, 'OK' | 'DEGRADED' | 'DOWN'>> = {
  ok: 'OK',
  pass: 'OK',
  up: 'OK',
  healthy: 'OK',
  degraded: 'DEGRADED',
  warn: 'DEGRADED',
  warning: 'DEGRADED',
  down: 'DOWN',
  fail: 'DOWN',
  error: 'DOWN',
  out_of_service: 'DOWN',
  unhealthy: 'DOWN',
}
const MAX_DETAIL = 200

/** The status according to the body of a 2xx response: the known value of `status` in a JSON object, otherwise OK. */
export function statusOfBody(
  body: string,
  place: string,
): { status: 'OK' | 'DEGRADED' | 'DOWN'; error: string | null } {
  const said = parseObject(body)
  const word = typeof said?.status === 'string' ? said.status : ''
  const status = WORDS[word.toLowerCase()] ?? 'OK'
  if (status === 'OK') return { status, error: null }
  const detail = typeof said?.message === 'string' ? said.message : typeof said?.output === 'string' ? said.output : ''
  return { status, error: truncate(`${place} reported the status ${word}${detail && `: ${detail}`}`, MAX_DETAIL) }
}

function parseObject(body: string): Record<string, unknown> | null {
  if (!body.trimStart().startsWith('{')) return null
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null
  } catch {
    return null
  }
}
