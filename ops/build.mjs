import { requireNode } from './lib/node-version.mjs'

requireNode()
const { main } = await import('./lib/build/build-command.mjs')
await main(process.argv.slice(2))
