import { asFailure, EXIT, type ExitCode } from './failure.ts'
import type { Session } from './session.ts'

/**
 * Applies an action to each id and writes a line for each result. A refusal does not stop the others. Returns exit code
 * 6 if some failed. If all failed, returns the code of the first failure.
 */
export async function actOnEach(
  { out, io }: Session,
  ids: readonly string[],
  act: (id: string) => Promise<{ value: unknown; text: string }>,
): Promise<ExitCode> {
  const failures: ExitCode[] = []
  const interrupted = io.interruptible()
  for (const id of ids) {
    if (interrupted.aborted) return EXIT.interrupted
    try {
      const { value, text } = await act(id)
      await out.item(value, () => text)
    } catch (error) {
      const { message, details } = asFailure(error)
      failures.push(details.exitCode)
      // If there is only one id, its failure is reported like that of any other command.
      if (ids.length === 1) throw error
      const { code, hint } = details
      await out.item({ id, error: { code, message, hint } }, () => `${id} ${code}: ${message}`)
    }
  }
  if (failures.length === 0) return EXIT.ok
  return failures.length < ids.length ? EXIT.partial : failures[0]!
}
