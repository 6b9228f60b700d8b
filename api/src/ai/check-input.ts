import { badInput, badInputs } from '../kit/errors.ts'
import { INTENT_NAMES, INTENTS, type IntentName, type IntentParsed, isIntentName } from './intents.ts'

/** Throws BAD_USER_INPUT at `path` if the input does not fit the intent. */
export function parseInput<Name extends IntentName>(
  name: Name,
  input: unknown,
  path: readonly string[],
): IntentParsed<Name> {
  const parsed = INTENTS[name].input.safeParse(input)
  if (parsed.success) return parsed.data as IntentParsed<Name>
  throw badInputs(
    parsed.error.issues.map((issue) => ({ path: [...path, ...issue.path.map(String)], message: issue.message })),
  )
}

/** Throws BAD_USER_INPUT for an unknown intent. */
export function checkIntent(name: string, path: string): IntentName {
  if (isIntentName(name)) return name
  throw badInput(path, `${JSON.stringify(name.slice(0, 60))} is not an intent; expected ${INTENT_NAMES.join(', ')}`)
}
