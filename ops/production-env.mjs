import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Functions that make a random value for each secret of the template. @type {Record<string, () => string>} */
const SECRETS = {
  POSTGRES_PASSWORD: () => randomBytes(24).toString('hex'),
  REDIS_PASSWORD: () => randomBytes(24).toString('hex'),
  SECRET_KEY: () => randomBytes(32).toString('base64'),
  WEB_SECRET_KEY: () => randomBytes(32).toString('base64'),
  AETHERLINK_ADMIN_KEY: () => `alk_${randomBytes(24).toString('hex')}`,
  AETHERLINK_SERVICE_KEY: () => `alk_${randomBytes(24).toString('hex')}`,
  GRAFANA_PASSWORD: () => randomBytes(24).toString('hex'),
}

/**
 * Replaces every REPLACE_ME in the template by a new secret. Throws for a setting that SECRETS does not contain.
 * @param {string} template
 */
export function fillIn(template) {
  return template.replace(/^(\w+)=REPLACE_ME$/gm, (_line, /** @type {string} */ name) => {
    const make = SECRETS[name]
    if (!make) throw new Error(`${name} has a REPLACE_ME, and no rule generates its value`)
    return `${name}=${make()}`
  })
}

/**
 * CPU limits for the services whose default limit exceeds the machine's number of CPUs: Docker refuses to start those.
 * @param {number} cpus
 */
export const cpuLimits = (cpus) =>
  cpus >= 2 ? '' : ['API', 'WORKER', 'POSTGRES'].map((service) => `${service}_CPUS=${cpus}\n`).join('')

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const template = readFileSync(join(import.meta.dirname, 'env/production.env.template'), 'utf8')
  process.stdout.write(fillIn(template) + cpuLimits(cpus().length))
  // For a smoke test: receivers may be on Docker's networks and on this machine.
  if (process.argv.includes('--local')) process.stdout.write('\nWEBHOOK_ALLOWED_CIDRS=172.16.0.0/12,192.168.0.0/16\n')
}
