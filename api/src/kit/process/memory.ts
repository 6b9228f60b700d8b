import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * How many bytes of code a WebAssembly function executes before V8 compiles it again with its optimising compiler. With
 * V8's default (13 MB; 1.8 MB on Node.js 20), most of Prisma's query compiler would be optimised while the process
 * starts, which leaves 25 to 50 MB of memory in use. The parser of HTTP responses is WebAssembly too. It reaches this
 * number after some minutes of load.
 */
const TIERING_BUDGET = 500_000_000

/**
 * When to collect garbage after the start. By then the first periodic work has run, so the memory that the start needed
 * can be freed.
 */
const COLLECT_AFTER_MS = 10_000

/** Reduces the memory of an idle process. Must be called before the first query. */
export function saveMemory(): void {
  setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setTimeout(collect, COLLECT_AFTER_MS).unref()
}
