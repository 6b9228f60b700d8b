import { unsupportedClaim } from './incidents/check-claims.ts'
import { INTENTS, type IntentName, type IntentOutput, type IntentParsed } from './intents.ts'
import { invalidAnswer, issuesOf } from './providers/failure.ts'

/**
 * Checks that a schema cannot express, by intent. A check returns what is wrong with an answer; null if it is right.
 */
const RULES: { [Name in IntentName]?: (input: IntentParsed<Name>, output: IntentOutput<Name>) => string | null } = {
  'classify-intent': ({ labels }, { label }) => (labels.includes(label) ? null : 'names a label that was not offered'),
  'explain-incident': ({ facts }, { lines }) => unsupportedClaim(facts, lines),
}

/**
 * Checks the answer of a provider. Throws ProviderFailure if the answer does not fit the question: that is the
 * provider's fault.
 */
export function checkAnswer<Name extends IntentName>(
  name: Name,
  input: IntentParsed<Name>,
  answer: unknown,
): IntentOutput<Name> {
  const parsed = INTENTS[name].output.safeParse(answer)
  if (!parsed.success) throw invalidAnswer(`does not fit: ${issuesOf(parsed.error)}`)
  const output = parsed.data as IntentOutput<Name>
  const problem = RULES[name]?.(input, output) ?? null
  if (problem !== null) throw invalidAnswer(problem)
  return output
}
