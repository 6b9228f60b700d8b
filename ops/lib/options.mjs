import { parseArgs } from 'node:util'
import { canonical, DATA_DIR } from './paths.mjs'
import { parsePort } from './processes/ports.mjs'
import { StepError } from './steps.mjs'

/** The optional parts of an installation in start order. */
export const PARTS = ['api', 'worker', 'receiver', 'web']

const USAGE = `npm start -- [options]
  --data-dir DIR        keep state in DIR instead of .aetherlink
  --only api,worker     start these parts alone (${PARTS.join(', ')})
  --no-seed             leave a new database empty: no demo tenants, webhooks and history
  --watch               for development: restart on changes, log to the terminal (npm run dev)
  --verbose             log to the terminal as well
Settings come from the environment: PORT, WEB_PORT, DATABASE_URL, REDIS_URL and the others of docs/settings.md.`

/**
 * @typedef {object} Options
 * @property {string} dataDir canonical path
 * @property {string[]} parts
 * @property {boolean} seed
 * @property {boolean} watch
 * @property {boolean} verbose
 * @property {{ api: number, web: number, receiver: number }} ports
 * @property {string} host address that the API and the web server listen on
 */

/**
 * Parses the command line. Throws a StepError for unknown arguments.
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Options | undefined} undefined if the user asked for help, which has been printed
 */
export function parseOptions(args, env) {
  const { values } = parse(args)
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return undefined
  }
  const parts = values.only === undefined ? PARTS : values.only.split(',').map((part) => part.trim())
  const unknown = parts.find((part) => !PARTS.includes(part))
  if (unknown !== undefined) {
    throw new StepError(
      `--only names "${unknown}", which is not a part of AetherLink.`,
      `Expected ${PARTS.join(', ')}, separated by commas.`,
    )
  }
  return {
    dataDir: canonical(values['data-dir'] ?? DATA_DIR),
    parts,
    seed: !values['no-seed'],
    watch: values.watch ?? false,
    verbose: values.verbose ?? false,
    ports: {
      api: parsePort('PORT', env.PORT, 8010),
      web: parsePort('WEB_PORT', env.WEB_PORT, 3000),
      receiver: parsePort('DEMO_RECEIVER_PORT', env.DEMO_RECEIVER_PORT, 8099),
    },
    host: env.HOST || '127.0.0.1',
  }
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        'data-dir': { type: 'string' },
        only: { type: 'string' },
        'no-seed': { type: 'boolean' },
        watch: { type: 'boolean' },
        verbose: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new StepError(error instanceof Error ? error.message : String(error), USAGE)
  }
}
