import type { IntentName, IntentOutput, IntentParsed } from '../intents.ts'
import type { Ask } from '../providers/ask.ts'
import { classifyIntent } from './classify-intent.ts'
import { explainIncident } from './explain-incident.ts'
import { extractLead } from './extract-lead.ts'
import { summarize } from './summarize.ts'

export type LocalIntents = {
  [Name in IntentName]: (input: IntentParsed<Name>) => IntentOutput<Name> | Promise<IntentOutput<Name>>
}

/** Answers without a network and without randomness: the same input always gets the same answer. */
export const LOCAL: LocalIntents = {
  'extract-lead': ({ text }) => extractLead(text),
  'summarize-activity': ({ text }) => ({ summary: summarize(text) }),
  'classify-intent': ({ text, labels }) => classifyIntent(text, labels),
  'explain-incident': ({ facts }) => explainIncident(facts),
}

/** The provider `local`. It waits for no other machine, so there is nothing to abort. */
export const askLocal: Ask = async (name, input) => LOCAL[name](input)
