import { requireNode } from './lib/node-version.mjs'

requireNode()
const { main } = await import('./lib/images/images.mjs')
await main(process.argv.slice(2))
