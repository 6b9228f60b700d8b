import { version } from '../../package.json'

export const dynamic = 'force-static'

/** Reports that the web server runs. It does not check the servers that it depends on. */
export const GET = (): Response => Response.json({ status: 'ok', service: 'aetherlink-ui', version })
