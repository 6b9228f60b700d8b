import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * The id of the container that this process runs in, or its first 12 characters; null outside of a container. Docker
 * mounts files from a folder named by the id. If that is hidden, the host name is the short id, unless the user set
 * another.
 */
export function ownContainerId(): string | null {
  try {
    return containerIdIn(readFileSync('/proc/self/mountinfo', 'utf8')) ?? shortId(hostname())
  } catch {
    return null
  }
}

export const containerIdIn = (mounts: string): string | null =>
  /\/containers\/([0-9a-f]{64})\/(?:hostname|hosts|resolv\.conf)\b/.exec(mounts)?.[1] ?? null

const shortId = (name: string): string | null => (/^[0-9a-f]{12}$/.test(name) ? name : null)
