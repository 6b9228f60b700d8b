import type { Container } from 'dockerode'
import type { TestEngine } from '../servers/docker.ts'
import { eventually } from './healing.ts'

/** Scripts for containers of `startTestEngine`, and what tests do to such containers. */

/**
 * Ends on TERM. It crashes, runs out of memory or becomes unhealthy when a file requests it, and is healthy again after
 * a restart.
 */
export const SERVICE = `trap "exit 0" TERM; rm -f /tmp/sick; echo "it is up"
while true; do
  if [ -e /tmp/crash ]; then rm /tmp/crash; echo "it crashes" >&2; exit 3; fi
  if [ -e /tmp/eat ]; then rm /tmp/eat; exec tail /dev/zero; fi
  sleep 0.1
done`
/** SERVICE, except that it ignores TERM. */
export const DEAF = SERVICE.replace('"exit 0"', '""')
export const HEALTH = 'test ! -e /tmp/sick'

/** Fails at its first start, and runs from the second on. */
export const FALLING = 'if [ ! -e /tmp/ran ]; then touch /tmp/ran; exit 3; fi; while true; do sleep 0.1; done'
/** Crashes when a file requests it (`crash`). */
export const CRASHING = 'while [ ! -e /tmp/crash ]; do sleep 0.1; done; rm /tmp/crash; exit 3'

export const startedAt = async (container: Container): Promise<string> => (await container.inspect()).State.StartedAt

export const touch = (container: Container, file: string): Promise<void> => execute(container, `touch ${file}`)

export async function execute(container: Container, command: string): Promise<void> {
  const exec = await container.exec({ Cmd: ['/bin/sh', '-c', command] })
  await exec.start({ Detach: true })
}

/** Resolves when the container has exited. */
export const exited = ({ docker }: TestEngine, name: string): Promise<boolean> =>
  eventually(`${name} has exited`, async () => {
    const { Status } = (await docker.getContainer(name).inspect()).State
    return Status === 'exited'
  })

/** Crashes a container that runs CRASHING or SERVICE. */
export async function crash(engine: TestEngine, name: string): Promise<void> {
  await touch(engine.docker.getContainer(name), '/tmp/crash')
  await exited(engine, name)
}
