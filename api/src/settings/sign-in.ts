import { z } from 'zod'
import { Role } from '../../../prisma/generated/client/enums.ts'
import { flag, httpUrl, list, whole } from './types.ts'

const ROLES: readonly string[] = Object.values(Role)

/**
 * Group names and the roles that they give: `ops-team:OPERATOR,admins:ADMIN`. The role follows the last colon, because
 * group names may contain colons.
 */
const roleMap = z.string().transform((text, issue) => {
  const roles = new Map<string, Role>()
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    const colon = entry.lastIndexOf(':')
    const name = entry.slice(0, Math.max(colon, 0)).trim()
    const role = entry
      .slice(colon + 1)
      .trim()
      .toUpperCase()
    if (name !== '' && ROLES.includes(role)) roles.set(name, role as Role)
    else
      issue.addIssue(`${JSON.stringify(entry.trim())} is not a name and a role; expected name:${ROLES.join(', name:')}`)
  }
  return roles
})

/** Settings of authentication besides API keys: a gateway, OIDC tokens, dev sign-in. */
export const signInSettings = {
  AUTH_MODE: z
    .enum(['keys', 'headers', 'dev'])
    .default('keys')
    .describe(
      'authentication besides API keys and OIDC tokens: headers: users named by a gateway (GATEWAY_SECRET); dev: anyone in any role, refused in production',
    ),
  GATEWAY_SECRET: z
    .string()
    .min(32, 'expected at least 32 characters (openssl rand -base64 32)')
    .regex(/^[!-~]*$/, 'expected printable ASCII without spaces, as in a header')
    .optional()
    .describe('secret with which a gateway authenticates in X-Gateway-Secret, with AUTH_MODE=headers'),
  OIDC_ISSUER: httpUrl
    .optional()
    .describe('issuer of accepted access tokens, compared exactly; unset: no tokens are accepted'),
  OIDC_AUDIENCE: list
    .refine((audiences) => audiences.length > 0, 'expected at least one audience')
    .optional()
    .describe('accepted values of `aud` in tokens, comma-separated'),
  OIDC_JWKS_URI: httpUrl
    .optional()
    .describe("URL of the issuer's keys; unset: discovered through /.well-known/openid-configuration"),
  OIDC_ROLES_CLAIM: z
    .string()
    .default('realm_access.roles')
    .describe('claim of a token with the roles; dots lead into objects'),
  OIDC_ROLE_MAP: roleMap
    .optional()
    .describe('roles or groups of the provider and their AetherLink roles, such as ops-team:OPERATOR,admins:ADMIN'),
  OIDC_TENANT_CLAIM: z.string().default('tenant_id').describe('claim with the tenant or tenants of a user'),
  OIDC_TENANT_REQUIRED: flag
    .default(false)
    .describe('true: a token without that claim has no rights; false: its roles apply to all tenants'),
  OIDC_NAME_CLAIM: z
    .string()
    .default('preferred_username')
    .describe('claim with the display name of a user; fallback `name`'),
  OIDC_CLOCK_SKEW_SECONDS: whole(0, 300)
    .default(30)
    .describe('accepted clock difference of the provider when checking the lifetime of tokens'),
}
