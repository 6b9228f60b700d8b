import { requireNode } from './lib/node-version.mjs'

requireNode()
// Imported late, because an older Node.js cannot parse the rest.
const { main } = await import('./lib/start.mjs')
await main(process.argv.slice(2))
