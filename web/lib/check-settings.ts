import { apiUrl } from './env.ts'
import { oidcSettings, webOrigin } from './oidc-settings.ts'
import { sealingSecret } from './sealing-secret.ts'

/** Ends the process on a wrong setting, saying which; Next.js would only log an error and go on answering with it. */
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
