import { CommanderError } from 'commander'
import { createProgram } from './program.ts'
import { asFailure, EXIT, type Failure } from './session/failure.ts'
import type { Io } from './session/io.ts'

const interrupt = new AbortController()
let isInterruptible = false
process.on('SIGINT', () => {
  if (!isInterruptible || interrupt.signal.aborted) process.exit(EXIT.interrupted)
  interrupt.abort()
})
// The program that reads the output, such as `| head`, has closed the pipe. This is no failure, and nothing more can be
// written.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failure),
)
process.stderr.on('error', () => {})

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  interruptible() {
    isInterruptible = true
    return interrupt.signal
  },
  exitCode: EXIT.ok,
}

try {
  await createProgram(io).parseAsync(process.argv)
  process.exitCode = io.exitCode
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
  else if (interrupt.signal.aborted) process.exitCode = EXIT.interrupted
  else {
    const failure = asFailure(error)
    process.stderr.write(`${process.argv.includes('--json') ? asJson(failure) : asText(failure)}\n`)
    process.exitCode = failure.details.exitCode
  }
}

function asText({ message, details: { code, field, hint, requestId } }: Failure): string {
  // The API's messages already begin with the name of the field.
  const at = field && !message.startsWith(field) ? `${field}: ` : ''
  return [
    `error: ${code}: ${at}${message}`,
    ...(hint ? [`hint:  ${hint}`] : []),
    ...(requestId ? [`request id: ${requestId}`] : []),
  ].join('\n')
}

function asJson({ message, details: { code, exitCode, field, hint, requestId, extensions } }: Failure): string {
  return JSON.stringify(
    { error: { code, message, field, hint, requestId, exitCode, issues: extensions?.issues } },
    null,
    2,
  )
}
