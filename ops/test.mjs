import { requireNode } from './lib/node-version.mjs'

requireNode()
const { main } = await import('./lib/test.mjs')
await main(process.argv.slice(2))
