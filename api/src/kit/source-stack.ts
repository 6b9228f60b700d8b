import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Parsed source maps by the path of their bundle; null if a file has none. `--enable-source-maps` would keep every map for as long
 * as the process runs, about 35 MB, and a server that logs no error needs none.
 */
const maps = new Map<string, SourceMap | null>()

/** Errors come in groups; parsing a map takes about 0.1 s. */
const KEPT_MS = 60_000

/** A position of a bundle in a stack trace. */
const POSITION = /((?:file:\/\/)?\/[^\s():]+\.js):(\d+):(\d+)/g

/** A stack trace with the positions of bundles replaced by those of their sources. */
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

/** Never throws: an unreadable map must not hide the error whose stack is wanted. */
function read(path: string): SourceMap | null {
  try {
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8'))) : null
  } catch {
    return null
  }
}
