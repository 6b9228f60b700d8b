#!/usr/bin/env node
import { existsSync } from 'node:fs'

const bundle = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(bundle)) await import(bundle.href)
else {
  console.error('aetherlink has not been built yet: run npm start, or npm run build -- api')
  process.exitCode = 1
}
