import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Parsed source maps by the path of their bundle; null if a file has none. `--enable-source-maps` is not used, because
 * it keeps every map in memory (about 35 MB) as long as the process runs, even if no error is logged.
 */
const maps = new Map<string, SourceMap | null>()

/** How long parsed maps are kept. Errors often come in groups, and parsing a map takes about 0.1 s. */
const KEPT_MS = 60_000

/** Matches a position in a bundle, as stack traces contain it. */
const POSITION = /((?:file:\/\/)?\/[^\s():]+\.js):(\d+):(\d+)/g

/** Replaces the positions in a stack trace: positions in bundles become positions in the TypeScript sources. */
export function sourceStack(stack: string): string {
  return stack.replace(POSITION, (position: string, file: string, line: string, column: string) => {
    const origin = mapOf(file.startsWith('file:') ? fileURLToPath(file) : file)?.findOrigin(
      Number(line),
      Number(column),
    )
    return origin && 'fileName' in origin ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}` : position
  })
}

function mapOf(path: string): SourceMap | null {
  const known = maps.get(path)
  if (known !== undefined) return known
  if (maps.size === 0) setTimeout(() => maps.clear(), KEPT_MS).unref()
  const map = read(`${path}.map`)
  maps.set(path, map)
  return map
}

/** Reads a source map. Never throws, because a map that cannot be read must not hide the error that is being logged. */
function read(path: string): SourceMap | null {
  try {
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : null
  } catch {
    return null
  }
}
