/** The roles of the API, least first; each holds the rights of those before it. */
export const ROLES = ['VIEWER', 'AGENT', 'OPERATOR', 'ADMIN'] as const
export type RoleName = (typeof ROLES)[number]

/** What the sign-in page sends to /session: a role of one's choice where the API's dev mode offers it, or an API key. */
export type SignIn =
  | { kind: 'dev'; role: RoleName; tenantId: string | null; name: string | null }
  | { kind: 'key'; key: string }

const isRole = (value: unknown): value is RoleName => ROLES.some((role) => role === value)

/** A trimmed text, null when it is left out or empty, undefined when it is none or too long. */
function optionalText(value: unknown, longest: number): string | null | undefined {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string' || value.length > longest) return undefined
  return value.trim() || null
}

/** The request to sign in that a body makes, or what is wrong with it, naming the field. */
export function parseSignIn(body: unknown): SignIn | { problem: string } {
  if (typeof body !== 'object' || body === null) return { problem: 'the body is no JSON object' }
  const { kind, key, role, tenantId, name } = Object.fromEntries(Object.entries(body))
  if (kind === 'key') {
    const text = optionalText(key, 300)
    if (!text || !/^alk_[\w-]+$/.test(text)) return { problem: 'key: takes an API key, which begins with alk_' }
    return { kind, key: text }
  }
  if (kind !== 'dev') return { problem: 'kind: takes dev or key' }
  if (!isRole(role)) return { problem: `role: takes one of ${ROLES.join(', ')}` }
  const tenant = optionalText(tenantId, 63)
  if (tenant === undefined) return { problem: 'tenantId: takes a tenant of at most 63 characters, or nothing' }
  const called = optionalText(name, 100)
  if (called === undefined) return { problem: 'name: takes at most 100 characters, or nothing' }
  return { kind, role, tenantId: tenant, name: called }
}
