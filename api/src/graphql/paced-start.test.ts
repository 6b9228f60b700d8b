import { type DocumentNode, parse } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../schema.ts'
import { createPacedStart } from './paced-start.ts'

const documents = new Map<string, DocumentNode>()
let waits = 0
const start = createPacedStart(schema, documents, async () => void waits++)

const cached = (text: string) => {
  documents.set(text, parse(text))
  return text
}

test.each([
  'mutation ($input: OrchestrateInput!) { __typename asked: orchestrate(input: $input) { usedProvider } }',
  'mutation ($input: ExtractLeadInput!) { extractLead(input: $input) { usedProvider } }',
  'mutation ($input: SummarizeActivityInput!) { summarizeActivity(input: $input) { usedProvider } }',
  'mutation ($input: ExplainIncidentInput!) { explainIncident(input: $input) { usedProvider } }',
])('%s waits for its turn each time', async (text) => {
  const before = waits
  await start(cached(text))
  await start(text)
  expect(waits - before).toBe(2)
})

test.each([
  'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }',
  '{ __typename }',
  'subscription { eventReceived { id } }',
])('%s starts at once', (text) => {
  expect(start(cached(text))).toBeNull()
})

test.each([undefined, null, '', 'mutation { orchestrate }'])(
  '%s, which is no known document, starts at once',
  (text) => {
    expect(start(text)).toBeNull()
  },
)
