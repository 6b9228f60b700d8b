import { parseEnv, SettingsError } from './env.ts'

// Deployments run this before they start the other services. Otherwise a service such as PostgreSQL would be created
// with a placeholder as its password, and keep it.
try {
  parseEnv()
  console.log('the settings are complete')
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  console.error(error.message)
  process.exit(1)
}
