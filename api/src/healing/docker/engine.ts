import type Docker from 'dockerode'
import type { ContainerInspectInfo } from 'dockerode'
import type { Observation } from '../decide/assess.ts'
import { demultiplex } from './log-stream.ts'
import { tlsFault } from './tls-errors.ts'

/** A container in the engine's list. */
export interface ContainerSummary {
  id: string
  /** The name without the leading slash that Docker writes. */
  name: string
  labels: Readonly<Record<string, string>>
}

/** The present or last run of a container, as Docker describes it. */
export interface ContainerState extends Pick<Observation, 'status' | 'health' | 'exitCode' | 'oomKilled'> {
  /** The start time as Docker writes it. Each start has a different one. */
  startedAt: string
  /** Milliseconds since the epoch, by the engine's clock; 0 while the container runs. */
  finishedAt: number
  isTty: boolean
}

/** The evidence about a container that is stored before its restart. */
export interface Evidence {
  exitCode: number | null
  oomKilled: boolean
  /** The end of the container's log. If the log could not be read, the reason. */
  logTail: string
}

/** The calls to Docker that healing needs. Every call has a time limit. Errors contain the engine's message. */
export interface Engine {
  list(): Promise<ContainerSummary[]>
  /** Null if the container no longer exists. */
  inspect(id: string): Promise<ContainerState | null>
  /** Never rejects, because an unreadable log must not prevent a restart. */
  evidence(id: string, state: ContainerState): Promise<Evidence>
  /**
   * Stops a container and starts it again. If it has not stopped after `stopSeconds`, or else after its own stop
   * timeout, it is killed.
   */
  restart(id: string, stopSeconds: number | undefined, limitMs: number): Promise<void>
  start(id: string, limitMs: number): Promise<void>
}

const ANSWER_MS = 5_000
const LOG_MS = 2_000
const LOG_LINES = 200
/** Maximum size of the log that is stored with an attempt, in bytes. */
const MAX_LOG_BYTES = 16 * 1024

export function createEngine(docker: Docker): Engine {
  return {
    async list() {
      const containers = await docker.listContainers({ all: true, abortSignal: AbortSignal.timeout(ANSWER_MS) })
      return containers.map(({ Id, Names, Labels }) => {
        // Docker's legacy links add names with more than one slash.
        const name = Names.find((one) => one.lastIndexOf('/') === 0) ?? Names[0] ?? Id
        return { id: Id, name: name.replace(/^\//, ''), labels: Labels ?? {} }
      })
    },
    async inspect(id) {
      try {
        return stateOf(await docker.getContainer(id).inspect({ abortSignal: AbortSignal.timeout(ANSWER_MS) }))
      } catch (error) {
        if (statusOf(error) === 404) return null
        throw error
      }
    },
    async evidence(id, { exitCode, oomKilled, status, isTty }) {
      const hasEnded = status === 'exited' || status === 'dead'
      return { exitCode: hasEnded ? exitCode : null, oomKilled, logTail: await tailOf(docker, id, isTty) }
    },
    async restart(id, stopSeconds, limitMs) {
      const options = {
        ...(stopSeconds !== undefined && { t: stopSeconds }),
        abortSignal: AbortSignal.timeout(limitMs),
      }
      await docker.getContainer(id).restart(options)
    },
    async start(id, limitMs) {
      try {
        await docker.getContainer(id).start({ abortSignal: AbortSignal.timeout(limitMs) })
      } catch (error) {
        if (statusOf(error) !== NOT_MODIFIED) throw error // 304: the container runs already
      }
    },
  }
}

const NOT_MODIFIED = 304

/** The HTTP status with which the engine refused a call; undefined for other errors. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined
}

/** An error of a call to the engine in one line: the cause if it is a wrong TLS setting, else the engine's message. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'AbortError' || error.name === 'TimeoutError') return 'Docker did not answer in time'
  const said =
    'json' in error && typeof error.json === 'object' && error.json !== null ? Reflect.get(error.json, 'message') : null
  return (tlsFault(error) ?? (typeof said === 'string' ? said : error.message)).replaceAll(/\s+/g, ' ').slice(0, 300)
}

function stateOf({ State, Config }: ContainerInspectInfo): ContainerState {
  const finished = Date.parse(State.FinishedAt)
  return {
    status: State.Status as ContainerState['status'],
    health: healthOf(State.Health?.Status),
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    startedAt: State.StartedAt,
    // Docker writes a time in the year 1 if the container has never ended.
    finishedAt: finished > 0 ? finished : 0,
    isTty: Config.Tty,
  }
}

function healthOf(status: string | undefined): ContainerState['health'] {
  return status === 'healthy' || status === 'unhealthy' || status === 'starting' ? status : null
}

async function tailOf(docker: Docker, id: string, isTty: boolean): Promise<string> {
  try {
    const log: unknown = await docker
      .getContainer(id)
      .logs({ stdout: true, stderr: true, tail: LOG_LINES, follow: false, abortSignal: AbortSignal.timeout(LOG_MS) })
    const bytes = Buffer.isBuffer(log) ? log : Buffer.from(String(log), 'latin1')
    const text = (isTty ? bytes : demultiplex(bytes)).toString('utf8').replaceAll('\0', '\ufffd')
    return Buffer.from(text).length <= MAX_LOG_BYTES
      ? text
      : Buffer.from(text)
          .subarray(-MAX_LOG_BYTES)
          .toString('utf8')
          .replace(/^\ufffd+/, '')
  } catch (error) {
    return `(the log could not be read: ${messageOf(error)})`
  }
}
