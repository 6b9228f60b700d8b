import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker, { type Container, type ContainerCreateOptions } from 'dockerode'
import { BUSYBOX_IMAGE, importBusybox } from '../../ops/lib/images/busybox-image.mjs'
import { type DockerEngine, startDockerEngine } from '../../ops/lib/images/docker-engine.mjs'

/** A real Docker engine for tests with one small image. */
export interface TestEngine {
  docker: Docker
  /** In the format of DOCKER_HOST. */
  host: string
  engine: DockerEngine
  /** Starts a container; by default it does nothing, ends on TERM, and has the label for monitoring. */
  run(name: string, options?: RunOptions): Promise<Container>
  /** Removes all containers. */
  clear(): Promise<void>
  close(): Promise<void>
}

export interface RunOptions {
  /** Command; the default one ends on TERM. */
  script?: string
  /** Health check, once per second, unhealthy after one failure. */
  health?: string
  labels?: Record<string, string>
  /** Whether it has the label for monitoring; default true. */
  watched?: boolean
  memoryMiB?: number
  restartPolicy?: string
  /** Uses the host network, so that tests can reach it; otherwise none. */
  hostNetwork?: boolean
}

/** Ends immediately on request. */
const IDLE = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done'
const NANOSECONDS = 1_000_000_000

/**
 * Starts an engine on a separate socket. If none can run, returns the reason; the tests are then skipped, and the
 * summary of `npm test` reports it.
 */
export async function startTestEngine(): Promise<TestEngine | { reason: string }> {
  const home = mkdtempSync(join(tmpdir(), 'al-dk-'))
  try {
    const engine = await startDockerEngine({ home })
    const docker = new Docker({ socketPath: engine.socket })
    await importBusybox(docker, home)
    return {
      docker,
      engine,
      host: `unix://${engine.socket}`,
      ...containersOf(docker),
      close: () => close(engine, home),
    }
  } catch (error) {
    rmSync(home, { recursive: true, force: true })
    const reason = error instanceof Error ? error.message : String(error)
    // npm test prints it at its end.
    if (process.env.AETHERLINK_NOT_TESTED)
      appendFileSync(process.env.AETHERLINK_NOT_TESTED, `auto-heal on a Docker engine: ${reason}\n`)
    return { reason }
  }
}

async function close(engine: DockerEngine, home: string): Promise<void> {
  await engine.stop()
  rmSync(home, { recursive: true, force: true })
}

function containersOf(docker: Docker): Pick<TestEngine, 'run' | 'clear'> {
  return {
    async run(name, { script = IDLE, health, labels, watched = true, memoryMiB, restartPolicy, hostNetwork } = {}) {
      const options: ContainerCreateOptions = {
        name,
        Image: BUSYBOX_IMAGE,
        Cmd: ['/bin/sh', '-c', script],
        Labels: { ...(watched && { 'aetherlink.autoheal': 'true' }), ...labels },
        ...(health && {
          Healthcheck: { Test: ['CMD-SHELL', health], Interval: NANOSECONDS, Timeout: 5 * NANOSECONDS, Retries: 1 },
        }),
        HostConfig: {
          NetworkMode: hostNetwork ? 'host' : 'none',
          ...(memoryMiB && { Memory: memoryMiB * 2 ** 20, MemorySwap: memoryMiB * 2 ** 20 }),
          ...(restartPolicy && { RestartPolicy: { Name: restartPolicy } }),
        },
      }
      const container = await docker.createContainer(options)
      await container.start()
      return container
    },
    async clear() {
      const containers = await docker.listContainers({ all: true })
      await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true })))
    },
  }
}
