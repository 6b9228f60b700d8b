import { version } from '../../package.json'

export const dynamic = 'force-static'

/** Reports that the web server runs; servers behind it are not checked. */
export const GET = (): Response => Response.json({ status: 'ok', service: 'aetherlink-ui', version })
