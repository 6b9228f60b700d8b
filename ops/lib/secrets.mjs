import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StepError } from './steps.mjs'

/**
 * Secrets that the first start generates and later starts reuse. Programs get them as environment variables. Settings
 * of the same names take precedence.
 * @typedef {object} Secrets
 * @property {string} SECRET_KEY 32 bytes in base64: the key with which secrets in the database are encrypted
 * @property {string} AETHERLINK_ADMIN_KEY the first admin's API key
 * @property {string} DEMO_WEBHOOK_SECRET the demo's webhooks sign with it, and the demo receiver verifies signatures with it
 * @property {string} POSTGRES_PASSWORD
 * @property {string} REDIS_PASSWORD
 */

/** The file with the admin key. */
export const adminKeyFile = (/** @type {string} */ dataDir) => join(dataDir, 'admin-key')

/**
 * Reads the secrets of a data directory, and generates those that are missing.
 * @param {string} dataDir
 * @returns {Secrets}
 */
export function loadSecrets(dataDir) {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const file = join(dataDir, 'secrets.json')
  const stored = existsSync(file) ? parse(file) : {}
  const secrets = {
    SECRET_KEY: stored.SECRET_KEY ?? randomBytes(32).toString('base64'),
    AETHERLINK_ADMIN_KEY: stored.AETHERLINK_ADMIN_KEY ?? `alk_${randomBytes(32).toString('base64url')}`,
    DEMO_WEBHOOK_SECRET: stored.DEMO_WEBHOOK_SECRET ?? `whsec_${randomBytes(32).toString('base64')}`,
    POSTGRES_PASSWORD: stored.POSTGRES_PASSWORD ?? randomBytes(18).toString('base64url'),
    REDIS_PASSWORD: stored.REDIS_PASSWORD ?? randomBytes(18).toString('base64url'),
  }
  if (Object.keys(secrets).some((name) => !(name in stored))) writeSecret(file, `${JSON.stringify(secrets, null, 2)}\n`)
  return secrets
}

/**
 * Writes a file atomically, readable only by its owner.
 * @param {string} file
 * @param {string} content
 */
export function writeSecret(file, content) {
  const draft = `${file}.new`
  writeFileSync(draft, content, { mode: 0o600 })
  chmodSync(draft, 0o600)
  renameSync(draft, file)
}

/**
 * @param {string} file
 * @returns {Partial<Secrets>}
 */
function parse(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new StepError(
      `${file} is not JSON.`,
      'It contains the key that encrypts secrets in the database: restore it from a backup. Without a backup, remove the whole directory to start anew.',
    )
  }
}
