import { parseEnv, SettingsError } from './env.ts'

// Deployments run this first: otherwise a server such as PostgreSQL would keep a placeholder as its password.
try {
  parseEnv()
  console.log('the settings are complete')
} catch (error) {
  if (!(error instanceof SettingsError)) throw error
  console.error(error.message)
  process.exit(1)
}
