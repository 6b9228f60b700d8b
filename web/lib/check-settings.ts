import { apiUrl } from './env.ts'
import { oidcSettings, webOrigin } from './oidc-settings.ts'
import { sealingSecret } from './sealing-secret.ts'

/** Exits on an invalid setting with its name; Next.js would only log the error and continue. */
export function checkSettings(): void {
  try {
    apiUrl('/')
    sealingSecret()
    webOrigin()
    oidcSettings()
  } catch (error) {
    console.error(`Settings that are missing or wrong:\n  ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}
