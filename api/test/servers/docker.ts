import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker, { type Container, type ContainerCreateOptions } from 'dockerode'
import { BUSYBOX_IMAGE, importBusybox } from '../../../ops/lib/images/busybox-image.mjs'
import { type DockerEngine, startDockerEngine } from '../../../ops/lib/images/docker-engine.mjs'

/** A real Docker engine for tests. It contains one small image. */
export interface TestEngine {
  docker: Docker
  /** The engine's address, in the format of DOCKER_HOST. */
  host: string
  engine: DockerEngine
  /** Starts a container. By default it does nothing, ends on TERM, and has the label by which auto-heal watches it. */
  run(name: string, options?: RunOptions): Promise<Container>
  /** Removes all containers. */
  clear(): Promise<void>
  close(): Promise<void>
}

export interface RunOptions {
  /** The shell script that the container runs. The default script ends on TERM. */
  script?: string
  /** Command of the health check. It runs once per second; one failure makes the container unhealthy. */
  health?: string
  labels?: Record<string, string>
  /** Whether the container has the label by which auto-heal watches it; default true. */
  watched?: boolean
  memoryMiB?: number
  restartPolicy?: string
  /** Whether the container uses the host network, so that tests can reach it. Otherwise it has no network. */
  hostNetwork?: boolean
}

/** Does nothing, and ends as soon as it gets TERM. */
const IDLE = 'trap "exit 0" TERM; while :; do sleep 1 & wait $!; done'
const NANOSECONDS = 1_000_000_000

/**
 * Starts an engine on a separate socket; `args` are further arguments of dockerd. If no engine can run here, returns the reason: the tests are then skipped, and
 * the summary of `npm test` reports them.
 */
export async function startTestEngine(args: readonly string[] = []): Promise<TestEngine | { reason: string }> {
  const home = mkdtempSync(join(tmpdir(), 'al-dk-'))
  try {
    const engine = await startDockerEngine({ home, args })
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
    // `npm test` prints this file at its end.
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
        // Otherwise the engine's own stop waits 10 s for each script that ignores TERM.
        StopTimeout: 1,
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
