import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * The id of the container in which this process runs, or its first 12 characters; null outside of a container. Docker
 * mounts files from a folder that is named after the id. If that is not visible, the host name is used, which is the
 * short id unless the user has set another.
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
