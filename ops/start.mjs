import { requireNode } from './lib/node-version.mjs'

requireNode()
// Imported dynamically, because an old Node.js cannot parse the rest.
const { main } = await import('./lib/start.mjs')
await main(process.argv.slice(2))
