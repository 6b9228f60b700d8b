import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { which } from '../processes/processes.mjs'
import { installPackage } from '../services/system-packages.mjs'

export const BUSYBOX_IMAGE = 'busybox:test'

/**
 * Imports an image that contains only busybox into an engine, for machines that cannot reach a registry.
 * @param {import('dockerode')} docker
 * @param {string} home a directory for its files
 */
export async function importBusybox(docker, home) {
  if (!which('busybox'))
    await installPackage({ apt: 'busybox-static', apk: 'busybox-static', dnf: 'busybox' }, 'busybox', '')
  const program = which('busybox')
  if (!program) throw new Error('busybox is not installed')
  const tree = join(home, 'image')
  mkdirSync(join(tree, 'bin'), { recursive: true })
  mkdirSync(join(tree, 'tmp'))
  copyFileSync(program, join(tree, 'bin/busybox'))
  chmodSync(join(tree, 'bin/busybox'), 0o755)
  for (const name of ['sh', 'sleep', 'test', 'touch', 'rm', 'echo', 'tail', 'kill', 'httpd', 'cat', 'true'])
    symlinkSync('busybox', join(tree, 'bin', name))
  const archive = join(home, 'image.tar')
  await promisify(execFile)('tar', ['-C', tree, '-cf', archive, '.'])
  const [repo, tag] = BUSYBOX_IMAGE.split(':')
  const stream = await docker.importImage(archive, { repo, tag })
  await new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve(undefined)))
  })
}
