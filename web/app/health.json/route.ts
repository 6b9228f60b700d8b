import { version } from '../../package.json'

export const dynamic = 'force-static'

/** Says that the web server is up; nothing behind it is asked. */
export const GET = (): Response => Response.json({ status: 'ok', service: 'aetherlink-ui', version })
