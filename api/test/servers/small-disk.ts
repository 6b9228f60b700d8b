import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'

const CHUNK = Buffer.alloc(64 * 1024)

/** Mounts a small file system of `mebibytes`, which requires root. Returns false if this machine does not allow it. */
export function mountSmallDisk(path: string, mebibytes: number, owner = { uid: 0, gid: 0 }): boolean {
  const options = `size=${mebibytes}m,uid=${owner.uid},gid=${owner.gid},mode=700`
  return spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]).status === 0
}

export const unmountSmallDisk = (path: string): void => void spawnSync('umount', ['--lazy', path])

/** Appends to a file until the disk is full. */
export function fillDisk(path: string): void {
  try {
    for (;;) appendFileSync(path, CHUNK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
