import { hkdfSync } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { Role } from '../../../prisma/generated/client/enums.ts'
import type { AppContext } from '../app-context.ts'
import type { Identity } from '../identity/identity.ts'
import { TENANT_SLUG } from '../identity/tenant-scope.ts'
import { badInputs } from '../kit/errors.ts'

/**
 * Sign-in as any identity, only with AUTH_MODE=dev. The token is a JWT (HS256) with the chosen role and tenant. Its
 * signing key is derived from SECRET_KEY, so that other installations do not accept the token.
 */
export interface DevSignIn {
  /** Throws BAD_USER_INPUT for each invalid field. */
  signIn(input: unknown): Promise<{ token: string; expiresAt: Date }>
  /** The identity in a token; null when the token is not a development token or has expired. */
  verify(token: string): Promise<Identity | null>
}

const LIFETIME_MS = 12 * 3_600_000
const ISSUER = 'aetherlink:dev'

const signInInput = z.strictObject({
  role: z.enum(Role, `expected one of ${Object.values(Role).join(', ')}`),
  tenantId: z.string().regex(TENANT_SLUG, 'is not a tenant, such as tenant-acme').nullish(),
  name: z
    .string()
    .min(1)
    .max(100)
    .refine((name) => name.isWellFormed(), 'has half a surrogate pair')
    .nullish(),
})
const claims = z.object({
  sub: z.string(),
  role: z.enum(Role),
  tenantId: z.string().nullable(),
  name: z.string(),
  exp: z.number(),
})

export function createDevSignIn({ env, clock }: Pick<AppContext, 'env' | 'clock'>): DevSignIn {
  const key = new Uint8Array(hkdfSync('sha256', Buffer.from(env.SECRET_KEY, 'base64'), '', ISSUER, 32))
  return {
    async signIn(input) {
      const parsed = signInInput.safeParse(input)
      if (!parsed.success) {
        throw badInputs(parsed.error.issues.map(({ path, message }) => ({ path: path.map(String), message })))
      }
      const { role, tenantId = null } = parsed.data
      const name = parsed.data.name ?? `Dev ${role.toLowerCase()}`
      const expiresAt = new Date(clock() + LIFETIME_MS)
      const token = await new SignJWT({ role, tenantId, name })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setSubject(`dev:${role.toLowerCase()}`)
        .setExpirationTime(expiresAt)
        .sign(key)
      return { token, expiresAt }
    },
    async verify(token) {
      const options = { issuer: ISSUER, algorithms: ['HS256'], currentDate: new Date(clock()), requiredClaims: ['exp'] }
      const verified = await jwtVerify(token, key, options).catch(() => null)
      const parsed = claims.safeParse(verified?.payload)
      if (!parsed.success) return null
      const { sub, role, tenantId, name, exp } = parsed.data
      return { kind: 'USER', id: sub, name, roles: [role], tenantId, expiresAt: new Date(exp * 1000) }
    },
  }
}
