import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Bytes that a function of WebAssembly executes before V8 compiles it again with its optimising compiler. V8's default (13 MB, 1.8 MB on
 * Node.js 20) makes it compile most of Prisma's query compiler during the start, which leaves 25 to 50 MB behind in each process. The
 * parser of HTTP answers is WebAssembly too: it reaches this value after some minutes of load.
 */
const TIERING_BUDGET = 500_000_000

/** What a start leaves behind is garbage when the first periodic work has run. */
const COLLECT_AFTER_MS = 10_000

/** Keeps the memory of an idle server small. To be called before the first query. */
export function saveMemory(): void {
  setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  setTimeout(collect, COLLECT_AFTER_MS).unref()
}
