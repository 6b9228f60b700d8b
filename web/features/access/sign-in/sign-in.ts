/** The roles of the API in ascending order. Each role includes the rights of the previous ones. */
export const ROLES = ['VIEWER', 'AGENT', 'OPERATOR', 'ADMIN'] as const
export type RoleName = (typeof ROLES)[number]

/** Body of a sign-in: a role (if the API's dev mode is on) or an API key. */
export type SignIn =
  | { kind: 'dev'; role: RoleName; tenantId: string | null; name: string | null }
  | { kind: 'key'; key: string }

const isRole = (value: unknown): value is RoleName => ROLES.some((role) => role === value)

/** A trimmed text; null if it is absent or empty, undefined if it is invalid or too long. */
function optionalText(value: unknown, longest: number): string | null | undefined {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string' || value.length > longest) return undefined
  return value.trim() || null
}

/** Parses a sign-in request. If it is invalid, returns an error that names the field. */
export function parseSignIn(body: unknown): SignIn | { problem: string } {
  if (typeof body !== 'object' || body === null) return { problem: 'the body is not a JSON object' }
  const { kind, key, role, tenantId, name } = Object.fromEntries(Object.entries(body))
  if (kind === 'key') {
    const text = optionalText(key, 300)
    if (!text || !/^alk_[\w-]+$/.test(text)) return { problem: 'key: expected an API key, which starts with alk_' }
    return { kind, key: text }
  }
  if (kind !== 'dev') return { problem: 'kind: expected dev or key' }
  if (!isRole(role)) return { problem: `role: expected one of ${ROLES.join(', ')}` }
  const tenant = optionalText(tenantId, 63)
  if (tenant === undefined) return { problem: 'tenantId: expected a tenant of at most 63 characters, or nothing' }
  const called = optionalText(name, 100)
  if (called === undefined) return { problem: 'name: expected at most 100 characters, or nothing' }
  return { kind, role, tenantId: tenant, name: called }
}
