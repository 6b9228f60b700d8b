import { requireNode } from './lib/node-version.mjs'

requireNode()
// Only now: an older Node does not even parse the rest.
const { main } = await import('./lib/start.mjs')
await main(process.argv.slice(2))
