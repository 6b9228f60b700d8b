import type { IncomingHttpHeaders } from 'node:http'
import { Webhook } from 'standardwebhooks'

/** The result of a signature check. `valid` is null if nothing was checked. */
export interface Signature {
  valid: boolean | null
  says: string
}

/** Verifies requests against all known secrets, with the package of the Standard Webhooks specification. */
export interface Verifier {
  add(secret: string): void
  verify(headers: IncomingHttpHeaders, body: string): Signature
}

export function createVerifier(secrets: readonly string[]): Verifier {
  const webhooks = new Map<string, Webhook>()
  const add = (secret: string) => void webhooks.set(secret, new Webhook(secret))
  secrets.forEach(add)
  return {
    add,
    verify(headers, body) {
      if (headers['webhook-signature'] === undefined) return { valid: null, says: 'not signed' }
      if (webhooks.size === 0) return { valid: null, says: 'signed; no secret is known here to verify it with' }
      const reasons = new Set<string>()
      for (const webhook of webhooks.values()) {
        try {
          webhook.verify(body, headers as Record<string, string>, { jsonParse: false })
          return { valid: true, says: 'verified' }
        } catch (error) {
          reasons.add(error instanceof Error ? error.message : String(error))
        }
      }
      return {
        valid: false,
        says: `not verified with the ${webhooks.size} secret(s) known here: ${[...reasons].join('; ')}`,
      }
    },
  }
}
