import { apiUrl } from './env.ts'
import { oidcSettings, webOrigin } from './oidc-settings.ts'
import { sealingSecret } from './sealing-secret.ts'

/** Exits with an error that names the invalid setting. Next.js alone would only log the error and continue. */
export function checkSettings(): void {
  try {
    refusePlaceholders()
    apiUrl('/')
    sealingSecret()
    webOrigin()
    oidcSettings()
  } catch (error) {
    console.error(`Missing or invalid settings:\n  ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}

/** Throws for variables that still have the placeholder of ops/env/production.env.template. */
function refusePlaceholders(): void {
  const names = Object.keys(process.env).filter((name) => process.env[name]?.includes('REPLACE_ME'))
  if (names.length > 0)
    throw new Error(`${names.join(', ')}: still REPLACE_ME, the placeholder of the template; choose a value`)
}
